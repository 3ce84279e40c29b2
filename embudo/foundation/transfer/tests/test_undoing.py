"""Large imports are taken back many records at a time, and every one keeps what it was promised."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.sales.models import Opportunity
from embudo.business.sales.tests.builders import an_opportunity
from embudo.foundation.transfer import commands
from embudo.foundation.transfer.commands import running
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules.steps import State
from embudo.foundation.transfer.tests.builders import a_run_import, fresh, importer
from embudo.kernel.actor import Actor
from embudo.kernel.change import changes_of_act
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def actor() -> Actor:
    return importer()


def rows(count: int, town: str = "Hel", name: str = "Firma") -> str:
    lines = [f"{name} {n};{town};a{n}@{name.lower()}{n}.example.com" for n in range(count)]
    return "\n".join(["Firma;Miasto;E-mail", *lines])


def changed(actor: Actor, count: int) -> Import:
    """An import that changed so many companies, all of which were known."""
    a_run_import(actor, rows(count))
    return a_run_import(actor, rows(count, "Sopot"))


def undone(actor: Actor, found: Import) -> Import:
    commands.undo_import(actor, found)
    drain()
    return fresh(found)


def towns() -> list[str]:
    return sorted(Company.objects.values_list("town", flat=True))


def statements(actor: Actor, found: Import) -> int:
    turn = commands.undo_import(actor, found).turn
    with CaptureQueriesContext(connection) as seen:
        commands.undo_chunk(actor, fresh(found), turn=turn)
    return len(seen)


@pytest.mark.parametrize("is_new", [True, False])
def test_undo_chunk_takes_as_many_statements_for_few_rows_as_for_many(actor: Actor, is_new: bool) -> None:  # noqa: FBT001
    few = a_run_import(actor, rows(5)) if is_new else changed(actor, 5)
    first = statements(actor, few)
    many = a_run_import(actor, rows(40, name="Fabryka")) if is_new else changed(actor, 40)
    assert statements(actor, many) <= first + 2  # lists of ids are cut where SQLite takes no longer ones


def test_undo_chunk_leaves_one_of_many_that_somebody_changed_since(actor: Actor) -> None:
    found = changed(actor, 30)
    directory.change_company(actor, Company.objects.get(name="Firma 7"), sector="Ships")
    found = undone(actor, found)
    assert (found.undone_count, found.left_count, towns()) == (29, 1, ["Hel"] * 29 + ["Sopot"])


def test_undo_chunk_leaves_one_of_many_to_which_something_refers(actor: Actor) -> None:
    found = a_run_import(actor, rows(30))
    company, deal = Company.objects.get(name="Firma 7"), an_opportunity()
    Opportunity.objects.filter(pk=deal.pk).update(company=company)  # nothing tells of it but the reference
    found = undone(actor, found)
    assert (found.undone_count, found.left_count) == (29, 1)
    assert list(Company.objects.values_list("pk", flat=True)) == [company.pk]


def test_undo_chunk_writes_down_what_became_of_each_record(actor: Actor) -> None:
    found = undone(actor, changed(actor, 30))
    entry = LogEntry.objects.filter(command="transfer.undo_chunk", name="transfer.RowsUndone").order_by(
        "seq"
    )[0]
    ids = {str(pk) for pk in Company.objects.values_list("pk", flat=True)}
    assert ({one["id"] for one in entry.changes} - {str(found.pk)}, len(ids)) == (ids, 30)
    told_towns = {one["after"]["town"] for one in changes_of_act(entry.act) if one["id"] in ids}
    assert told_towns == {"Hel"}
    told = LogAbout.objects.filter(entry=entry).values_list("record_id", flat=True)
    assert {str(pk) for pk in told} - {str(found.pk)} == ids
    assert Company.objects.filter(version=3, search__contains="hel").count() == 30


def killed(*_given: Any, **_named: Any) -> None:
    raise RuntimeError("killed")


def test_undo_chunk_goes_on_behind_the_last_one_after_a_kill(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    found = changed(actor, 25)
    turn = commands.undo_import(actor, found).turn
    assert commands.undo_chunk(actor, fresh(found), turn=turn)
    with monkeypatch.context() as broken:
        broken.setattr("embudo.foundation.transfer.commands.undoing.events.RowsUndone", killed)
        with pytest.raises(RuntimeError):
            commands.undo_chunk(actor, fresh(found), turn=turn)
    assert towns() == ["Hel"] * 5 + ["Sopot"] * 20
    drain()
    found = fresh(found)
    assert (found.state, found.undone_count, towns()) == (State.UNDONE, 25, ["Hel"] * 25)
