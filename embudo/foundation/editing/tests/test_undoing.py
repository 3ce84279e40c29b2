from uuid import UUID

import pytest

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import a_user, an_actor, ann
from embudo.foundation.editing import commands, queries
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import State
from embudo.foundation.editing.tests.builders import (
    a_run,
    administrator,
    companies,
    fresh,
    some_companies,
)
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Refused
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def towns() -> list[str]:
    return list(Company.objects.order_by("name").values_list("town", flat=True))


def undone(actor: Actor, run: BulkRun) -> BulkRun:
    return fresh(commands.undo_run(actor, run))


def test_undo_run_puts_everything_back() -> None:
    ids = [company.pk for company in companies(3, by=ann(), town="Sopot")]
    run = undone(ann(), a_run(ann(), ids))
    assert (run.state, run.undone_count, run.left_count) == (State.UNDONE, 3, 0)
    assert (towns(), run.undone_by_id) == (["Sopot"] * 3, ann().id)


def test_undo_run_leaves_and_reports_what_somebody_changed_since() -> None:
    first, second = companies(2, by=ann(), town="Sopot")
    run = a_run(ann(), [first.pk, second.pk])
    first.refresh_from_db()
    directory.change_company(ann(), first, sector="Shipping")
    run = undone(ann(), run)
    assert (run.undone_count, run.left_count, towns()) == (1, 1, ["Gdynia", "Sopot"])
    assert [name for name, _url in queries.left_records(ann(), run)] == ["Company 0000"]


def test_undo_run_gives_back_what_was_handed_over() -> None:
    """Also by the one who handed it over, whose it is no longer."""
    owner = a_user(name="Nora New")
    company = a_company(by=ann())
    run = a_run(ann(), [company.pk], {"owner": str(owner.pk)}, what="assign")
    undone(ann(), run)
    assert Company.objects.get().owner_id == ann().id


def test_undo_run_by_another_leaves_records_that_are_not_theirs_to_change() -> None:
    boss = a_user(roles=("manager",), name="Max Boss")
    seller = a_user(name="Sue Seller", manager=boss)
    mine = a_company("Mine", by=an_actor(seller))
    run = a_run(an_actor(seller), [mine.pk])
    outside = a_user(name="Out")
    Company.objects.update(owner=outside)
    run = undone(an_actor(boss), run)
    assert (run.undone_count, run.left_count, towns()) == (0, 1, ["Gdynia"])


def test_undo_run_that_changed_nothing_is_refused() -> None:
    run = a_run(ann(), [a_company(town="Gdynia").pk])
    with pytest.raises(Refused):
        commands.undo_run(ann(), run)


def test_undo_run_twice_is_refused() -> None:
    run = undone(ann(), a_run(ann(), [a_company().pk]))
    with pytest.raises(Refused):
        commands.undo_run(ann(), run)


def test_undo_part_of_a_run_that_is_not_being_undone_does_nothing() -> None:
    run = a_run(ann(), [a_company().pk])
    assert commands.undo_part(ann(), run, turn=run.turn) is False
    assert towns() == ["Gdynia"]


def test_undoing_many_goes_on_in_the_background_and_reports_what_it_left() -> None:
    actor = administrator()
    ids = some_companies(205, owner=actor)
    run = a_run(actor, ids)
    drain()
    directory.change_company(actor, Company.objects.get(pk=ids[7]), sector="Shipping")
    assert fresh(commands.undo_run(actor, fresh(run))).state == State.UNDOING
    drain()
    run = fresh(run)
    assert (run.state, run.undone_count, run.left_count) == (State.UNDONE, 204, 1)
    assert towns().count("Gdynia") == 1


def test_failed_rows_name_only_what_the_actor_sees() -> None:
    gone = UUID(int=7)
    run = a_run(ann(), [gone])
    assert list(queries.failed_rows(ann(), run)) == [("", "", "The record was deleted in the meantime.")]
