import tomllib
from itertools import pairwise
from pathlib import Path
from socket import create_server, socket
from threading import Thread

import pytest
from django.db.models import Count, Sum

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry, Round, Tally
from embudo.business.intake.tests.builders import an_assignment, an_entry, olga
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.access.tests.builders import a_client, with_roles
from embudo.kernel import clock
from embudo.kernel.record import new_id
from embudo.project.bench import assigned, entries, figures, main
from embudo.project.bench.assigned import Assigned
from embudo.project.bench.browser import Browser
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.operators import Book, lost, turns
from embudo.project.bench.pages import later_parts
from embudo.project.main import parser
from embudo.project.version import VERSION

SLOW = Control("plain page, ms", 20.0, 10.0)


@pytest.mark.parametrize(("value", "ok"), [(30.0, True), (50.0, False)])
def test_row_is_judged_as_on_an_idle_machine(value: float, *, ok: bool) -> None:
    assert Row("page", value, "ms", 18, SLOW).ok is ok


def test_factor_is_never_below_one() -> None:
    assert Control("fast", 5.0, 10.0).factor == Control("fast", 20.0, 10.0, is_rate=True).factor == 1.0


def test_rate_is_judged_upwards() -> None:
    several = Control("creations", 400.0, 800.0, is_rate=True)
    assert [Row("create", rate, "/s", 240, several, is_rate=True).ok for rate in (121.0, 119.0)] == [
        True,
        False,
    ]


def test_rows_survive_their_file(tmp_path: Path) -> None:
    rows = [Row("page", 30.0, "ms", 18, SLOW), Row("memory", 200.0, "MB", 300)]
    figures.save(rows, str(tmp_path / "rows"))
    assert figures.load(str(tmp_path / "rows")) == rows


def test_json_has_the_agreed_keys() -> None:
    assert list(Row("page", 30.0, "ms", 18, SLOW).as_json()) == [
        "what", "value", "unit", "control", "ratio", "reach", "ok",
    ]  # fmt: skip


def test_later_parts_finds_what_a_page_loads_by_itself() -> None:
    page = (
        b'<div hx-get="/a/?b=1&amp;c=2" hx-trigger="load"></div><a hx-get="/never/" hx-trigger="click"></a>'
    )
    assert later_parts(page) == ["/a/?b=1&c=2"]


def test_version_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_operators_are_saved_every_five_seconds_and_finish_once_in_a_record() -> None:
    people = [list(turns(number, 30, 90)) for number in range(30)]
    assert {len(one) for one in people} == {18}
    assert {sum(is_last for _at, is_last in one) for one in people} == {1}
    assert {round(b[0] - a[0], 6) for one in people for a, b in pairwise(one)} == {5}
    finished = sorted(at for one in people for at, is_last in one if is_last)
    assert max(b - a for a, b in pairwise(finished)) < 10  # not all at once


def test_operators_enter_a_record_in_a_short_run_too() -> None:
    assert {sum(is_last for _at, is_last in turns(number, 4, 10)) for number in range(4)} == {1}


def answer_and_close(listening: socket, times: int) -> None:
    """One answer on each connection, which then ends without a word."""
    for _number in range(times):
        connection, _address = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.peer
def test_browser_connects_anew_when_the_server_has_closed_the_connection() -> None:
    with create_server(("127.0.0.1", 0)) as listening:
        server = Thread(target=answer_and_close, args=(listening, 3))
        server.start()
        browser = Browser(listening.getsockname()[1])
        assert [browser.ask("GET", "/").text for _number in range(3)] == ["ok"] * 3
        server.join()
        browser.close()
    assert browser.reconnected == 2


@pytest.mark.django_db
def test_lost_tells_what_was_acknowledged_and_is_not_there() -> None:
    assignment = an_assignment()
    entry = an_entry(assignment)
    draft = commands.save_draft(
        olga(), assignment=assignment.pk, draft=new_id(), values={"name": "M"}, sequence=2
    )
    kept = Book(entered={entry.name}, typed={str(draft.pk): 2})
    gone = Book(entered={entry.name, "Nobody"}, typed={str(draft.pk): 3, str(new_id()): 1})
    assert (lost(kept), lost(gone)) == ((0, 0), (1, 2))


@pytest.mark.django_db
def test_bench_of_entries_fills_an_assignment_that_everybody_looks_at() -> None:
    with_roles()
    filled = Assigned(600, lambda _text: None)
    filled.plant()
    assert Entry.objects.count() == Tally.objects.aggregate(n=Sum("n"))["n"] == 600
    for one in entries.asked(filled):
        page = a_client(actor_of(User.objects.get(email=f"{one.who}0@example.com"))).get(one.path)
        assert page.status_code == 200, one
        assert one.bare.milliseconds() > 0
    counted = {
        who: Entry.objects.extra(where=[sight]).count() for who, sight in entries.sights(filled).items()
    }
    for who, n in counted.items():
        actor = actor_of(User.objects.get(email=f"{who}0@example.com"))
        assert queries.entries(actor, assignment=filled.assignment.pk).count() == n


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [1, 15])
def test_bench_of_entries_copies_a_day_for_each_before(hour: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigned, "A_DAY", 40)
    with_roles()
    filled = Assigned(400, lambda _text: None)
    with clock.at(clock.now().replace(hour=hour)):
        filled.plant()
    days = Entry.objects.values_list("day").annotate(n=Count("pk"))
    assert (Entry.objects.count(), len(days)) == (400, 10)
    undone = Entry.objects.filter(state__in=assigned.UNDONE).dates("day", "day")
    assert len(undone) <= assigned.LAST_DAYS
    assert Entry.objects.filter(owner=filled.operators[0].person_id).count() == 200
    assert Round.objects.count() == Entry.objects.filter(state__in=assigned.DECIDED).count()


def test_operators_may_be_fewer_and_shorter() -> None:
    options = parser().parse_args(["bench", "operators", "--people", "4", "--seconds", "10"])
    assert (main.sized("operators", options), main.sized("list", options)) == ("operators:4:10:0", "list")
