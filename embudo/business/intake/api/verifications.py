from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from ninja.responses import Status
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.api.entries import EntryOut, PointOut, told
from embudo.business.intake.api.named import linked
from embudo.business.intake.permissions import VERIFY
from embudo.business.intake.rules.asked import MOST_ASKED
from embudo.business.intake.rules.verdicts import LONGEST_COMMENT, LONGEST_VALUE, Judgement, Outcome
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Verifications"])


class NextIn(In):
    assignment_id: UUID | None = Field(
        None, description="Only of this assignment; of all that you verify when left out."
    )


class PointIn(In):
    name: str = Field(min_length=1, max_length=60, description="An attribute that the assignment asks for.")
    judgement: Judgement
    code: Literal["", "mistyped", "outdated", "missing", "other_record", "format", "other"] = Field(
        "", description="Why a value is wrong."
    )
    comment: str = Field("", max_length=LONGEST_COMMENT)
    suggested: str = Field("", max_length=LONGEST_VALUE)


class VerdictIn(In):
    outcome: Outcome
    points: list[PointIn] = Field(default_factory=list, max_length=MOST_ASKED)
    comment: str = Field("", max_length=LONGEST_COMMENT)


class VerdictOut(Out):
    id: UUID
    entry_id: UUID
    number: int = Field(description="The round of verification.")
    outcome: str
    comment: str
    points: list[PointOut]
    handed_in: datetime
    decided: datetime
    is_overruled: bool = Field(description="By the supervisor, in a dispute.")


class VerdictFilters(Filters):
    sort: Literal["-decided", "decided"] = "-decided"


@router.get("/verifications", response=Page[VerdictOut], summary="List one's own verdicts")
@operation(VERIFY)
def list_verdicts(request: Request, filters: Query[VerdictFilters]) -> Any:
    return page_of(queries.verdicts(request.actor), filters)


@router.post(
    "/verifications/next",
    response={200: EntryOut, 204: None},
    summary="Take the next entry to verify; 204 when none waits",
)
@operation(commands.claim_next)
def claim_next(request: Request, data: NextIn) -> Any:
    chosen = linked(request.actor, data.given())
    found = commands.claim_next(request.actor, **chosen)
    return Status(204, None) if found is None else told(request, found)


@router.post("/verifications/{uuid:entry_id}", response=EntryOut, summary="Accept or reject an entry")
@operation(commands.decide_entry)
def decide_entry(request: Request, entry_id: UUID, data: VerdictIn) -> Any:
    found = queries.entry(request.actor, entry_id)
    points = [one.model_dump() for one in data.points]
    decided = commands.decide_entry(
        request.actor, found, outcome=data.outcome, points=points, comment=data.comment,
        version=if_match(request),
    )  # fmt: skip
    return told(request, decided)


@router.post(
    "/verifications/{uuid:entry_id}/claim", response=EntryOut, summary="Take one chosen entry to verify"
)
@operation(commands.claim_entry)
def claim_entry(request: Request, entry_id: UUID) -> Any:
    return told(request, commands.claim_entry(request.actor, queries.entry(request.actor, entry_id)))


@router.post(
    "/verifications/{uuid:entry_id}/renew", response={204: None}, summary="Keep an entry while one is at it"
)
@operation(commands.renew_lease)
def renew_lease(request: Request, entry_id: UUID) -> None:
    commands.renew_lease(request.actor, queries.entry(request.actor, entry_id))


@router.post(
    "/verifications/{uuid:entry_id}/release",
    response=EntryOut,
    summary="Give an entry back without a verdict",
)
@operation(commands.release_entry)
def release_entry(request: Request, entry_id: UUID) -> Any:
    return told(request, commands.release_entry(request.actor, queries.entry(request.actor, entry_id)))
