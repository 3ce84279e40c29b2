from typing import Any

import pytest

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.foundation.transfer import commands, queries
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.tests.builders import a_checked_import, a_run_import, fresh, importer
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def actor() -> Actor:
    return importer()


def counts(found: Import) -> tuple[int, int, int, int, int]:
    return (
        found.created_count, found.updated_count, found.same_count, found.skipped_count, found.failed_count,
    )  # fmt: skip


ALIKE = "Firma;Telefon;Miasto\nACME Transprot;+48 58 301 22 14;Gdańsk\nGamma;+48 600 100 200;Hel\n"


def a_known_company(actor: Actor) -> Company:
    """One that the first row of ALIKE looks like, though no key finds it."""
    known = directory.register_company(
        actor, name="Acme Transport Sp. z o.o.", phone="+48583012214", town="Gdańsk"
    )
    drain()
    return known


def test_check_rows_marks_rows_that_look_like_known_records(actor: Actor) -> None:
    known = a_known_company(actor)
    found = a_checked_import(actor, ALIKE)
    assert (found.known, found.alike, [row[0] for row in found.alike_rows]) == (0, 1, [2])
    assert found.alike_rows[0][2] == str(known.pk)
    assert found.alike_rows[0][3] > 90
    assert [row[6] for row in found.sample] == [str(known.pk), ""]


@pytest.mark.parametrize(
    ("alike", "outcome"),
    [
        ("ask", (1, 0, 0, 0, 1)),
        ("create", (2, 0, 0, 0, 0)),
        ("skip", (1, 0, 0, 1, 0)),
        ("update", (1, 1, 0, 0, 0)),
    ],
)
def test_run_import_keeps_the_rule_for_rows_that_look_like_known_records(
    actor: Actor, alike: str, outcome: tuple[int, ...]
) -> None:
    a_known_company(actor)
    assert counts(a_run_import(actor, ALIKE, rule={"alike": alike})) == outcome


def test_run_import_says_what_an_undecided_row_looks_like(actor: Actor) -> None:
    a_known_company(actor)
    [(number, reason)] = queries.failed_rows(a_run_import(actor, ALIKE))
    assert (number, reason.startswith("It looks like Acme Transport Sp. z o.o., 9")) == (2, True)


@pytest.mark.parametrize(
    ("choice", "outcome"),
    [("create", (2, 0, 0, 0, 0)), ("skip", (1, 0, 0, 1, 0)), ("update", (1, 1, 0, 0, 0))],
)
def test_choose_rows_decides_about_a_row(actor: Actor, choice: str, outcome: tuple[int, ...]) -> None:
    known = a_known_company(actor)
    found = commands.choose_rows(actor, a_checked_import(actor, ALIKE), choices={"2": choice})
    commands.run_import(actor, found)
    drain()
    assert counts(fresh(found)) == outcome
    known.refresh_from_db()
    assert (known.name == "ACME Transprot") == (choice == "update")


def test_choose_rows_can_be_taken_back(actor: Actor) -> None:
    a_known_company(actor)
    found = commands.choose_rows(actor, a_checked_import(actor, ALIKE), choices={"2": "skip"})
    assert commands.choose_rows(actor, found, choices={"2": ""}).choices == {}


def test_choose_rows_refuses_other_rows_and_imports_that_have_gone_on(actor: Actor) -> None:
    a_known_company(actor)
    found = a_checked_import(actor, ALIKE)
    with pytest.raises(Invalid):
        commands.choose_rows(actor, found, choices={"3": "skip"})
    commands.run_import(actor, found)
    with pytest.raises(Refused):
        commands.choose_rows(actor, found, choices={"2": "skip"})


def test_run_import_takes_an_action_in_the_row_for_what_it_looks_like(actor: Actor) -> None:
    known = a_known_company(actor)
    row = "Action;Firma;Telefon;Miasto\n{};ACME Transprot;+48 58 301 22 14;Gdańsk\n"
    assert counts(a_run_import(actor, row.format("update"))) == (0, 1, 0, 0, 0)
    known.refresh_from_db()
    assert known.name == "ACME Transprot"
    assert counts(a_run_import(actor, row.format("create"))) == (1, 0, 0, 0, 0)


def test_run_import_finds_people_that_look_like_known_ones(actor: Actor) -> None:
    directory.register_person(actor, first_name="Anna", last_name="Kowalska", phone="+48600100200")
    drain()
    row = "Imię;Nazwisko;Komórka;E-mail\nAnia;Kowalska;+48 600 100 200;ania@acme.example.com\n"
    found = a_run_import(actor, row, kind="directory.person", rule={"alike": "skip", "key": "email"})
    assert (counts(found), found.alike) == ((0, 0, 0, 1, 0), 1)
