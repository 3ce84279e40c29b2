from collections.abc import Sequence
from typing import Any
from uuid import UUID

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.foundation.editing import commands
from embudo.foundation.editing.commands import BulkAct
from embudo.foundation.editing.models import BulkRun
from embudo.kernel.actor import Actor

COMPANY = "directory.company"


def administrator(name: str = "Mary Manager") -> Actor:
    return an_actor(a_user(roles=("administrator",), name=name))


def companies(count: int, *, by: Actor, **values: Any) -> list[Company]:
    return [a_company(f"Company {number:04}", by=by, **values) for number in range(count)]


def some_companies(count: int, *, owner: Actor) -> list[UUID]:
    """Many, without an act each: where their number is what matters."""
    made = [Company(name=f"Company {number:04}", owner_id=owner.id) for number in range(count)]
    for company in made:
        for column, value in company.derived().items():
            setattr(company, column, value)
    Company.objects.bulk_create(made)
    return [company.pk for company in made]


def a_run(
    actor: Actor,
    ids: Sequence[UUID],
    values: dict[str, Any] | None = None,
    *,
    what: str = "edit",
    kind: str = COMPANY,
) -> BulkRun:
    given = {"town": "Gdynia"} if values is None else values
    act = BulkAct(kind, what, given, "Companies", "/companies/")
    return fresh(commands.change_many(actor, act=act, ids=list(ids)))


def fresh(run: BulkRun) -> BulkRun:
    return BulkRun.objects.get(pk=run.pk)


def a_run_of(owner: User) -> BulkRun:
    """Somebody's, over one company, which stands and can be undone."""
    actor = an_actor(a_user(roles=("administrator",), name="Una Undoer"))
    run = a_run(actor, [a_company("Only Ltd", by=actor).pk])
    BulkRun.objects.filter(pk=run.pk).update(owner=owner)
    return fresh(run)
