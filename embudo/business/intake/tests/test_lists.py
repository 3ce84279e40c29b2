"""The list of assignments as a board, as a file, and from the search box."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
)
from embudo.foundation.access.tests.builders import a_client, an_admin
from embudo.foundation.search.queries import found
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
LIST = "/assignments/"
BOARD = {"face": "board", "by": "state"}


def exported(client: Client, **given: str) -> list[dict[str, str]]:
    answer: Any = client.get(LIST, {"export": "csv", **given})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def worked_on(target: int = 5) -> None:
    assignment = an_assignment(target=target)
    an_entry(assignment)
    an_entry(assignment, state="accepted")


def statements(client: Client, **given: str) -> int:
    for _warm in range(2):
        with CaptureQueriesContext(connection) as seen:
            answer: Any = client.get(LIST, given)
            list(answer) if answer.streaming else answer.content
    return len(seen)


def test_exported_assignments_say_how_much_is_entered_and_accepted() -> None:
    worked_on()
    [row] = exported(a_client(cora()))
    assert (row["Entered"], row["Accepted"]) == ("2", "1 of 5")


def test_exported_assignments_tell_a_reader_only_what_they_follow() -> None:
    worked_on()
    mine = an_assignment(title="Own", principal=None, coordinator=None, is_bound=False)
    bound(mine, otto())
    an_entry(mine, otto())
    rows = {row["Assignment"]: row["Entered"] for row in exported(a_client(an_admin()))}
    assert sorted(rows.values()) == ["1", "2"]


def test_assignments_as_a_board_say_how_much_is_entered_and_accepted() -> None:
    worked_on()
    html = a_client(cora()).get(LIST, BOARD).content.decode()
    assert re.findall(r'class="deal-amount muted">(\d+)<', html) == ["2"]
    assert "1 of 5" in html


@pytest.mark.parametrize("given", [{"export": "csv"}, BOARD, {}], ids=["file", "board", "table"])
def test_figures_of_three_assignments_take_as_many_queries_as_of_one(given: dict[str, str]) -> None:
    client = a_client(cora())
    worked_on()
    one = statements(client, **given)
    worked_on()
    worked_on()
    assert statements(client, **given) == one


def titles(actor: Actor, words: str) -> set[str]:
    return {hit.title for hit in found(actor, words)}


def test_search_box_finds_the_assignments_one_is_bound_to() -> None:
    """Each of them by its title; nobody learns of another's, however nearly they write it."""
    an_assignment(title="Dairies in Podlasie")
    other = an_assignment(
        title="Dairies in Warmia", principal=None, coordinator=None, is_bound=False, is_open=False
    )
    bound(other, otto())
    drain()
    for who in (petra(), sven(), olga(), vera()):
        assert titles(who, "dairies") == {"Dairies in Podlasie"}
        assert titles(who, "dairies warmai") == set()
    assert titles(otto(), "dairies") == {"Dairies in Warmia"}
    assert titles(paul(), "dairies") == titles(paul(), "podlasie") == set()
    assert titles(cora(), "dairies") == {"Dairies in Podlasie", "Dairies in Warmia"}


def test_search_box_asks_once_whatever_one_is_bound_to() -> None:
    an_assignment(title="Dairies in Podlasie")
    drain()
    found(petra(), "dairies")
    with CaptureQueriesContext(connection) as one:
        found(petra(), "dairies")
    for n in range(3):
        an_assignment(title=f"Dairies {n}")
    drain()
    with CaptureQueriesContext(connection) as four:
        found(petra(), "dairies")
    assert len(four) == len(one)
