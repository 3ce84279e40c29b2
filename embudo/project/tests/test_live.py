import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import psycopg
import pytest

from embudo.project.live_reading import WATCHED, position_from, targets_from

QUIET = 1.5  # seconds after which what has not come will not come
IDS = [f"00000000-0000-7000-8000-{number:012d}" for number in range(WATCHED + 1)]


def test_targets_from_leaves_out_what_cannot_be_read() -> None:
    assert targets_from(f"sales.lead:{IDS[0]},sales.lead:nonsense,:x") == {("sales.lead", UUID(IDS[0]))}


def test_targets_from_stops_at_the_limit() -> None:
    assert len(targets_from(",".join(f"a.b:{one}" for one in IDS))) == WATCHED


def test_targets_from_takes_a_whole_kind() -> None:
    assert targets_from("sales.lead,sales.lead:") == {("sales.lead", None)}


def test_position_from_reads_last_event_id() -> None:
    assert [position_from(text) for text in ("12.34", "", "x.1", "1", "1." + "9" * 60)] == [
        (12, 34),
        None,
        None,
        None,
        None,
    ]


class World:
    """The database, who is in it, and the server in front of it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.program = subprocess.Popen(
            [sys.executable, "-m", "embudo.project.tests.live_world"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert self.answer() == "ready"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "embudo.project.asgi:application", "--port", str(self.port),
             "--log-level", "warning"], env=self.environment,
        )  # fmt: skip
        for _attempt in range(200):
            sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        pytest.fail("the server did not start")

    def answer(self) -> str:
        assert self.program.stdout
        return str(json.loads(self.program.stdout.readline()))

    def do(self, *words: str) -> str:
        assert self.program.stdin
        self.program.stdin.write(" ".join(words) + "\n")
        self.program.stdin.flush()
        return self.answer()

    def stop(self) -> None:
        self.server.terminate()
        self.program.terminate()
        self.server.wait(10)
        self.program.communicate(timeout=10)


class Tab:
    """A browser's stream."""

    def __init__(self, world: World, cookie: str, watch: str = "", last: str = "") -> None:
        self.connection = HTTPConnection("127.0.0.1", world.port, timeout=10)
        headers = {"Cookie": cookie} | ({"Last-Event-ID": last} if last else {})
        self.connection.request("GET", f"/events/?watch={watch}", headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last = ""
        if self.status == 200:
            self.next("ready")

    def events(self, patience: float) -> Iterator[tuple[str, Any]]:
        """What comes until nothing has come for `patience` seconds, or the stream ends."""
        assert self.connection.sock
        self.connection.sock.settimeout(patience)
        name = ""
        try:
            while line := self.response.readline():
                word, _colon, rest = line.decode().strip().partition(": ")
                if word == "id":
                    self.last = rest
                elif word == "event":
                    name = rest
                elif word == "data":
                    yield name, json.loads(rest)
        except TimeoutError:
            return

    def next(self, wanted: str) -> Any:
        return next(data for name, data in self.events(10) if name == wanted)

    def rest(self) -> list[tuple[str, Any]]:
        return list(self.events(QUIET))

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    data = tmp_path_factory.mktemp("live")
    (data / "static").mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "SMTP_URL", "BASE_URL")
    }
    chosen = kept | {
        "DATA": str(data), "DJANGO_SETTINGS_MODULE": "embudo.project.settings",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }  # fmt: skip
    if os.environ.get("EMBUDO_TEST_DB") != "postgresql":
        yield chosen
        return
    url = os.environ["DATABASE_URL"]
    head, _slash, tail = url.rpartition("/")
    name = f"live_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    yield chosen | {"DATABASE_URL": f"{head}/{name}" + ("?" + tail.partition("?")[2] if "?" in tail else "")}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def world(environment: dict[str, str]) -> Iterator[World]:
    found = World(environment)
    yield found
    found.stop()


Open = Callable[..., Tab]


@pytest.fixture
def tab(world: World) -> Iterator[Open]:
    """Opens tabs, and closes them in the end."""
    opened: list[Tab] = []

    def enter(cookie: str, watch: str = "", last: str = "") -> Tab:
        opened.append(Tab(world, cookie, watch, last))
        return opened[-1]

    yield enter
    for one in opened:
        one.close()


@pytest.mark.peer
def test_events_refuse_strangers(tab: Open) -> None:
    assert tab("sessionid=unknown").status == 401


@pytest.mark.peer
def test_events_reach_who_may_know_and_nobody_else(world: World, tab: Open) -> None:
    ann, bob = world.do("enter", "ann"), world.do("enter", "bob")
    told = world.do("tell", "ann")
    hers, his = (tab(cookie, f"notify.notification:{told}") for cookie in (ann, bob))
    world.do("read", "ann", told)
    heard = hers.rest()
    assert [data["id"] for name, data in heard if name == "changed"] == [told]
    assert [data for name, data in heard if name == "notification"] == [{"count": 1}, {"count": 0}]
    assert his.rest() == [("notification", {"count": 0})]


@pytest.mark.peer
def test_events_of_a_whole_kind_name_only_what_one_may_see(world: World, tab: Open) -> None:
    ann, bob = world.do("enter", "ann"), world.do("enter", "bob")
    hers, his = (tab(cookie, "notify.notification") for cookie in (ann, bob))
    told = world.do("tell", "ann")
    assert hers.next("changed")["id"] == told
    assert [name for name, _data in his.rest()] == ["notification"]


@pytest.mark.peer
def test_events_are_caught_up_after_a_break(world: World, tab: Open) -> None:
    cookie = world.do("enter", "ann")
    told = world.do("tell", "ann")
    watch = f"notify.notification:{told}"
    first = tab(cookie, watch)
    first.close()
    world.do("read", "ann", told)
    assert tab(cookie, watch, first.last).next("changed")["id"] == told


@pytest.mark.peer
def test_events_are_not_repeated_to_who_has_them(world: World, tab: Open) -> None:
    cookie = world.do("enter", "ann")
    told = world.do("tell", "ann")
    again = tab(cookie, f"notify.notification:{told}", tab(cookie).last)
    assert again.rest() == [("notification", {"count": 1})]


@pytest.mark.peer
def test_events_have_the_headers_proxies_need(world: World, tab: Open) -> None:
    headers = tab(world.do("enter", "ann")).response.headers
    assert headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert headers["X-Accel-Buffering"] == "no"


@pytest.mark.peer
def test_events_refuse_more_tabs_than_a_person_has_use_for(world: World, tab: Open) -> None:
    cookie = world.do("enter", "collector")
    assert [tab(cookie).status for _number in range(21)] == [200] * 20 + [429]


@pytest.mark.peer
def test_events_end_with_the_persons_leave(world: World, tab: Open) -> None:
    hers = tab(world.do("enter", "leaver"))
    started = monotonic()
    world.do("leave", "leaver")
    assert [name for name, _data in hers.events(20)] == ["notification"]
    assert monotonic() - started < 5


@pytest.mark.peer
def test_server_stops_at_once_with_streams_open(world: World, tab: Open) -> None:
    cookie = world.do("enter", "ann")
    for _number in range(3):
        tab(cookie)
    started = monotonic()
    world.server.send_signal(signal.SIGTERM)
    world.server.wait(10)
    assert monotonic() - started < 2
    world.start()
