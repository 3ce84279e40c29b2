from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.foundation.recycle import commands, queries
from embudo.foundation.recycle.permissions import ERASE, USE
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Out, Page

router = Router(tags=["Recycle bin"])


class RecycledOut(Out):
    id: UUID
    kind: str
    record_id: UUID
    title: str
    deleted_by_id: UUID | None
    created: datetime = Field(description="When it was deleted.")
    until: datetime = Field(description="When it is erased for good.")
    further: int = Field(description="How many records went along.")
    version: int


class RestoredOut(RecycledOut):
    restored_at: datetime | None
    left: list[dict[str, str]] = Field(description="What could not be put back, and why.")


class ErasureOut(Out):
    id: UUID
    kind: str
    record_id: UUID
    why: str
    by_id: UUID | None
    created: datetime


class RecycledFilters(Filters):
    sort: Literal["-created", "created"] = "-created"
    kind: str = Field("", max_length=60, description='Only this kind, for example "directory.company".')
    record: UUID | None = Field(None, description="Only the deletion of this record.")


class ErasureFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


@router.get("/recycled", response=Page[RecycledOut], summary="List what is in the recycle bin")
@operation(USE)
def list_recycled(request: Request, filters: Query[RecycledFilters]) -> Any:
    return page_of(queries.recycled(request.actor, **filters.chosen()), filters)


@router.post("/recycled/{uuid:recycled_id}/restore", response=RestoredOut, summary="Restore a deleted record")
@operation(commands.restore_record)
def restore_recycled(request: Request, recycled_id: UUID) -> Any:
    return commands.restore_record(request.actor, queries.one_recycled(request.actor, recycled_id))


@router.post(
    "/recycled/{uuid:recycled_id}/erase", response=ErasureOut, summary="Erase a deleted record for good"
)
@operation(commands.erase_recycled)
def erase_recycled(request: Request, recycled_id: UUID) -> Any:
    return commands.erase_recycled(request.actor, queries.one_recycled(request.actor, recycled_id))


@router.get("/erasures", response=Page[ErasureOut], summary="List what was erased for good")
@operation(ERASE)
def list_erasures(request: Request, filters: Query[ErasureFilters]) -> Any:
    return page_of(queries.erasures(request.actor), filters)
