import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BeforeValidator, Field

from embudo.foundation.editing import commands, queries, rules
from embudo.foundation.editing.commands import BulkAct
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.permissions import CHANGE_MANY
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out, Page
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportField, RecordKind, kind_named

router = Router(tags=["Changes of many"])
MOST_IDS = 10_000
KIND = Field(max_length=60, examples=["sales.lead"], description='For example "directory.company".')
PLACE = re.compile(r"(\d{1,9})\.(\d{1,9})")


class BulkIn(In):
    kind: str = KIND
    what: Literal["edit", "assign", "tag", "delete"]
    ids: list[UUID] | None = Field(
        None, min_length=1, max_length=MOST_IDS, description="The records; or send `filter`."
    )
    filter: dict[str, Any] | None = Field(
        None,
        max_length=3,
        description='All that match: a tree as the lists take it, {"and": [{"attribute": "town", "op": "is", "value": "Hel"}]}; {} '
        "is every record that you see.",
    )
    values: dict[str, Any] = Field(
        default_factory=dict,
        max_length=200,
        description="edit: the new values by name, null empties (GET /bulk/fields lists the names); assign: {owner}, the id of a "
        "user; tag: {attribute, add, remove}; delete: none.",
    )


class BulkOut(Out):
    id: UUID
    kind: str
    what: Literal["edit", "assign", "tag", "delete"]
    state: Literal["running", "done", "cancelled", "stopped", "undoing", "undone"]
    total: int = Field(description="How many records were chosen.")
    done: int = Field(description="How many of them have been looked at so far.")
    changed: int = Field(validation_alias="changed_count")
    same: int = Field(validation_alias="same_count", description="They were so already.")
    failed: int = Field(validation_alias="failed_count")
    undone: int = Field(validation_alias="undone_count")
    left: int = Field(
        validation_alias="left_count", description="Not undone, for somebody changed them since."
    )
    problem: str = Field(description="Why it stopped.")
    owner_id: UUID | None
    created: datetime
    version: int


class BulkFailureOut(Out):
    id: UUID | None = Field(description="The record; null where you may not see it.")
    reason: str


class BulkRunOut(BulkOut):
    values: dict[str, Any] = Field(
        validation_alias="values_seen", description="As far as you may set them too."
    )
    failures: list[BulkFailureOut] = Field(description="The first 50; GET /bulk/{id}/failures has them all.")


class BulkFieldOut(Out):
    name: str
    label: Annotated[str, BeforeValidator(str)]
    type: str
    is_required: bool = Field(description="It cannot be emptied.")
    choices: list[list[str]] = Field(description="The key and the label of each.")


class BulkFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


class FailureFilters(Filters):
    sort: Literal["place"] = "place"


class FieldFilters(In):
    kind: str = KIND


@router.get("/bulk", response=Page[BulkOut], summary="List changes of many")
@operation(CHANGE_MANY)
def list_bulk_runs(request: Request, filters: Query[BulkFilters]) -> Any:
    return page_of(queries.runs(request.actor), filters)


@router.post("/bulk", response={202: BulkRunOut}, summary="Change many records")
@operation(commands.change_many)
def create_bulk_run(request: Request, data: BulkIn) -> Any:
    """
    Up to 200 records are changed before the answer comes, more in the background: read the run that Location names until its state
    is no longer “running”. Records that you may not change, or that do not take the values, fail by themselves.
    """
    kind = _kind(data.kind)
    fields = queries.fields_of(request.actor, kind) if kind.editing else []
    act = BulkAct(data.kind, data.what, rules.plain_values(data.what, fields, data.values))
    return _told(request, commands.change_many(request.actor, act=act, ids=_ids(request, data, kind)))


@router.get("/bulk/fields", response=list[BulkFieldOut], summary="List what can be changed on many records")
@operation(CHANGE_MANY)
def list_bulk_fields(request: Request, filters: Query[FieldFilters]) -> Any:
    kind = _kind(filters.kind)
    found = queries.fields_of(request.actor, kind) if kind.editing else []
    return [_field(one) for one in found if not one.is_unique and not one.is_single]


@router.get("/bulk/{uuid:run_id}", response=BulkRunOut, summary="Read a change of many")
@operation(CHANGE_MANY)
def read_bulk_run(request: Request, run_id: UUID) -> Any:
    return _told(request, queries.run(request.actor, run_id))


@router.get(
    "/bulk/{uuid:run_id}/failures", response=Page[BulkFailureOut], summary="List what was not changed"
)
@operation(CHANGE_MANY)
def list_bulk_failures(request: Request, run_id: UUID, filters: Query[FailureFilters]) -> Any:
    run = queries.run(request.actor, run_id)
    found, more = queries.failures(request.actor, run, after=_place(filters.cursor), limit=filters.limit)
    counted = {"count": run.failed_count, "count_is_exact": True} if filters.count else {}
    return {"items": found, "next": f"{more[0]}.{more[1]}" if more else None, **counted}


@router.post("/bulk/{uuid:run_id}/cancel", response=BulkRunOut, summary="Cancel a change of many")
@operation(commands.cancel_run)
def cancel_bulk_run(request: Request, run_id: UUID) -> Any:
    """What is changed already stays so, and can be undone."""
    return _told(request, commands.cancel_run(request.actor, queries.run(request.actor, run_id)))


@router.post("/bulk/{uuid:run_id}/undo", response={202: BulkRunOut}, summary="Undo a change of many")
@operation(commands.undo_run)
def undo_bulk_run(request: Request, run_id: UUID) -> Any:
    """The records are as before then, but for those that somebody changed since: they are counted in `left`."""
    return _told(request, commands.undo_run(request.actor, queries.run(request.actor, run_id)))


def _kind(name: str) -> RecordKind:
    found = kind_named(name)
    if found is None:
        raise Invalid({"kind": [_("There are no such records. Name a kind such as directory.company.")]})
    return found


def _ids(request: Request, data: BulkIn, kind: RecordKind) -> Sequence[UUID]:
    if (data.ids is None) == (data.filter is None):
        raise Invalid({"ids": [_("Send either “ids” or “filter”.")]})
    if data.ids is not None:
        return data.ids
    return queries.matching_ids(request.actor, kind, data.filter or {})


def _told(request: Request, run: Any) -> BulkRun:
    run.failures, _more = queries.failures(request.actor, run)
    run.values_seen = queries.values_seen(request.actor, run)
    return run  # type: ignore[no-any-return]


def _place(cursor: str) -> tuple[int, int]:
    found = PLACE.fullmatch(cursor)
    if cursor and not found:
        raise Invalid({"cursor": [_("Send `next` of the page before, or begin without a cursor.")]})
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _field(one: ImportField) -> dict[str, Any]:
    choices = [[str(key), str(label)] for key, label in one.choices]
    return {
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "is_required": one.is_required,
        "choices": choices,
    }
