from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.permissions import DECIDE
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Entries"])


class LikenessOut(Out):
    """Two entries that may be of the same company or person."""

    id: UUID
    entry_id: UUID
    other_id: UUID
    reason: str = Field(description="tax, name, email, phone.")
    is_across: bool = Field(description="Of two principals.")
    is_same: bool | None
    decided: datetime | None
    comment: str
    created: datetime
    version: int


class LikenessFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


class LikenessDecision(In):
    is_same: bool
    comment: str = Field("", max_length=300, description="Why.")


class LikenessesDecision(In):
    ids: list[UUID] = Field(min_length=1, max_length=100)
    is_same: bool
    comment: str = Field(min_length=1, max_length=300, description="Why.")


class LikenessDecided(Out):
    id: UUID
    is_decided: bool = Field(description="False where somebody decided before, or it is out of your sight.")


@router.get("/likenesses", response=Page[LikenessOut], summary="List look-alike entries to decide on")
@operation(DECIDE)
def list_likenesses(request: Request, filters: Query[LikenessFilters]) -> Any:
    return page_of(queries.open_likenesses(request.actor), filters)


@router.post(
    "/likenesses/{uuid:likeness_id}", response=LikenessOut, summary="Say whether two entries are of the same"
)
@operation(commands.decide_likeness)
def decide_likeness(request: Request, likeness_id: UUID, data: LikenessDecision) -> Any:
    found = queries.likeness(request.actor, likeness_id)
    return commands.decide_likeness(request.actor, found, is_same=data.is_same, comment=data.comment)


@router.post(
    "/likenesses", response=list[LikenessDecided], summary="Say the same of several look-alike pairs"
)
@operation(commands.decide_likenesses)
def decide_likenesses(request: Request, data: LikenessesDecision) -> Any:
    decided = commands.decide_likenesses(
        request.actor, ids=data.ids, is_same=data.is_same, comment=data.comment
    )
    return [{"id": one, "is_decided": is_decided} for one, is_decided in decided]
