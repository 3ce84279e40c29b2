"""What holds for every test: its database leg, no network, and no skip that nobody sees."""

import ipaddress
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import timezone, translation

LEGS = ("sqlite", "postgresql")
OPEN_TO_LOOPBACK = ("browser", "peer", "slow", "load")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that means something on one database only is left out of the other leg, not skipped."""
    leg = os.environ.get("EMBUDO_TEST_DB", "sqlite")
    other = {name for name in LEGS if name != leg}
    foreign = [item for item in items if any(item.get_closest_marker(name) for name in other)]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        items[:] = [item for item in items if item not in foreign]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In the full run a skipped test is a failure: what is missing has to be said."""
    if not os.environ.get("EMBUDO_NO_SKIPS") or hasattr(session.config, "workerinput"):
        return
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and exitstatus == 0:
        reporter.write_line("Skipped tests are not allowed in this run (see the list above).", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def is_allowed(address: object, *, loopback: bool) -> bool:
    """Unix sockets always, loopback for tests that talk to a peer, other machines never."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return loopback and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _network_is_closed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = any(request.node.get_closest_marker(name) for name in OPEN_TO_LOOPBACK)
    for verb in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, verb, _guarded(getattr(socket.socket, verb), loopback=loopback))


def _guarded(original: Any, *, loopback: bool) -> Any:
    def call(self: socket.socket, address: object, *rest: object) -> Any:
        if not is_allowed(address, loopback=loopback):
            message = f"a test may not reach {address!r}; mark it `peer` if it talks to loopback"
            raise RuntimeError(message)
        return original(self, address, *rest)

    return call


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied() -> Iterator[None]:
    """Tests with real transactions end by emptying the tables; the guards of the log step aside for that moment."""
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        from embudo.kernel.append_only import append_only_tables, lifted

        with lifted(append_only_tables()):
            original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(autouse=True)
def _kept_for_nobody() -> Iterator[None]:
    """The language and time zone of the last request are not those of the next test, nor what it keeps in memory."""
    yield
    cache.clear()
    translation.deactivate()
    timezone.deactivate()


# --- several at once ---


@pytest.fixture
def together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Runs functions at once, each in a thread; gives what each returned, or the error it raised."""

    def run(*jobs: Callable[[], Any]) -> list[Any]:
        if connection.vendor == "sqlite" and not (tmp_path / "db.sqlite3").exists():
            into_file(tmp_path / "db.sqlite3", monkeypatch)
        results: list[Any] = [None] * len(jobs)
        threads = [
            threading.Thread(target=work, args=(job, results, number)) for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run


def into_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's database in memory, copied to a file that new connections open."""
    connection.ensure_connection()
    target = sqlite3.connect(file)
    connection.connection.backup(target)
    target.execute(
        "PRAGMA journal_mode=WAL"
    )  # once, here: threads that all switched it at once would hinder each other
    target.close()
    monkeypatch.setitem(connections.settings["default"], "NAME", str(file))


def work(job: Callable[[], Any], results: list[Any], number: int) -> None:
    try:
        results[number] = job()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        results[number] = error
    finally:
        connection.close()
