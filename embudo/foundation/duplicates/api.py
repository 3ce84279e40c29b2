from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.foundation.duplicates import commands, queries
from embudo.foundation.duplicates.models import Pair
from embudo.foundation.duplicates.permissions import VIEW
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Duplicates"])


class PairOut(Out):
    id: UUID
    kind: str
    one: UUID
    other: UUID
    probability: float = Field(description="0 to 1: how sure it is that the two are the same.")
    reasons: list[list[str | int]] = Field(
        description="What was compared and how it differs (0 = the same) in pairs, the weightiest first."
    )
    state: str
    created: datetime
    version: int


class PairFilters(Filters):
    sort: Literal["-bits", "bits"] = "-bits"
    kind: str = Field("", max_length=60, description='Only this kind, for example "directory.company".')
    state: Literal["open", "dismissed"] = "open"
    record: UUID | None = Field(None, description="Only pairs with this record.")


class MergeFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


class MergeIn(In):
    survivor_id: UUID = Field(description="The record that stays: one of the pair.")
    further_ids: list[UUID] = Field(
        default_factory=list, max_length=18, description="More records to merge into it."
    )
    values: dict[str, UUID] = Field(
        default_factory=dict,
        description="By field: the record whose value stays; the survivor's when left out.",
    )


class MergeOut(Out):
    id: UUID
    kind: str
    survivor_id: UUID
    merged_ids: list[UUID]
    undo_until: datetime
    undone_at: datetime | None
    created: datetime
    version: int


class UndoneMergeOut(MergeOut):
    left: list[dict[str, str]] = Field(
        description="What was changed since the merge and therefore left as it is."
    )


@router.get("/duplicates", response=Page[PairOut], summary="List possible duplicates")
@operation(VIEW)
def list_duplicates(request: Request, filters: Query[PairFilters]) -> Any:
    return page_of(queries.pairs(request.actor, **filters.chosen()), filters)


@router.post("/duplicates/{uuid:pair_id}/merge", response=MergeOut, summary="Merge the two, and more")
@operation(commands.merge_records)
def merge_duplicates(request: Request, pair_id: UUID, data: MergeIn) -> Any:
    pair: Pair = queries.pair(request.actor, pair_id)
    ids = dict.fromkeys((pair.one, pair.other, *data.further_ids))
    merged = tuple(pk for pk in ids if pk != data.survivor_id)
    return commands.merge_records(
        request.actor, kind=pair.kind, survivor_id=data.survivor_id, merged_ids=merged, values=data.values
    )


@router.post("/duplicates/{uuid:pair_id}/dismiss", response=PairOut, summary="Say that two are no duplicates")
@operation(commands.dismiss_pair)
def dismiss_duplicates(request: Request, pair_id: UUID) -> Any:
    return commands.dismiss_pair(request.actor, queries.pair(request.actor, pair_id))


@router.get("/merges", response=Page[MergeOut], summary="List merges")
@operation(VIEW)
def list_merges(request: Request, filters: Query[MergeFilters]) -> Any:
    return page_of(queries.merges(request.actor), filters)


@router.post("/merges/{uuid:merge_id}/undo", response=UndoneMergeOut, summary="Undo a merge")
@operation(commands.undo_merge)
def undo_merge(request: Request, merge_id: UUID) -> Any:
    return commands.undo_merge(request.actor, queries.merge(request.actor, merge_id))
