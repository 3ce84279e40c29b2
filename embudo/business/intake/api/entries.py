from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from ninja.responses import Status
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry
from embudo.business.intake.permissions import CONVERSE, VIEW_ENTRIES
from embudo.business.intake.rules.states import EntryState, Subject
from embudo.foundation.attributes.queries import narrowed
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, TreeFilters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import Count, CustomIn, CustomOut, In, Named, Out, Page

router = Router(tags=["Entries"])
WORTH = "By the names of what the assignment asks for; those of your own attributes go into `custom`."


class EntryValues(CustomIn):
    values: dict[str, str | int | None] = Field(default_factory=dict, max_length=200, description=WORTH)
    seconds: Count = Field(0, description="How long it took to enter this.")
    is_handed_in: bool = Field(default=False, description="Hand it in for verification at once.")


class EntryIn(EntryValues):
    assignment_id: UUID
    is_another: bool = Field(
        default=False, description="It is another one, although something alike was entered there already."
    )


class EntryOut(CustomOut):
    id: UUID
    assignment_id: UUID
    binding_id: UUID | None
    owner_id: UUID | None
    subject: Subject
    state: EntryState
    name: str
    values: dict[str, str | int | None] = Field(validation_alias="values_sent", description=WORTH)
    day: date
    seconds: int
    round: int
    handed_in: datetime | None
    decided: datetime | None
    disputed: datetime | None
    verifier_id: UUID | None
    company_id: UUID | None = Field(description="The company that it became.")
    person_id: UUID | None
    created: datetime
    updated: datetime
    version: int


class EntryFilters(TreeFilters):
    sort: Literal["-created", "created"] = "-created"
    q: str = Field("", max_length=100)
    assignment: UUID | None = None
    state: EntryState | None = None
    owner: UUID | None = None
    changed_since: datetime | None = None


class Dispute(In):
    text: str = Field(min_length=1, max_length=2000)


class DisputeDecision(In):
    is_overruled: bool = Field(description="The rejection was wrong: the entry is accepted.")
    text: str = Field("", max_length=2000)


class MessageIn(In):
    text: str = Field(min_length=1, max_length=2000)


class MessageOut(Out):
    id: UUID
    entry_id: UUID
    author: Named
    text: str
    created: datetime


class MessageFilters(Filters):
    sort: Literal["created", "-created"] = "created"


class PointOut(Out):
    name: str
    judgement: str
    code: str = ""
    comment: str = ""
    suggested: str = ""


class RoundOut(Out):
    """One hand-in of an entry, and what came of it."""

    id: UUID
    entry_id: UUID
    number: int
    values: dict[str, Any] = Field(validation_alias="values_sent", description="As they were handed in.")
    handed_in: datetime
    verifier_id: UUID | None
    outcome: str = Field(description="accepted, rejected; empty while it waits.")
    comment: str
    points: list[PointOut] = Field(validation_alias="points_sent")
    decided: datetime | None
    is_overruled: bool


class HandedInOut(Out):
    handed_in: int


class SecondOut(Out):
    """What is to be entered a second time, of a record that somebody else entered."""

    entry_id: UUID
    shown: dict[str, str | int | None] = Field(description="What tells which record it is.")
    names: list[str] = Field(description="What is to be entered again.")


class SecondIn(In):
    values: dict[str, str | int | None] = Field(default_factory=dict, max_length=200)


def told(request: Request, entry: Entry) -> Entry:
    return queries.sent_entries(request.actor, [entry])[0]


@router.get("/entries", response=Page[EntryOut], summary="List entries")
@operation(VIEW_ENTRIES)
def list_entries(request: Request, filters: Query[EntryFilters]) -> Any:
    found = queries.entries(request.actor, **filters.chosen()).prefetch_related("assignment")
    if filters.q or filters.filter:
        found = queries.unprobed(request.actor, found)
    page = page_of(narrowed(request.actor, found, filters.filter), filters)
    return page | {"items": queries.sent_entries(request.actor, page["items"])}


@router.get("/entries/{uuid:entry_id}", response=EntryOut, summary="Read an entry")
@operation(VIEW_ENTRIES)
def read_entry(request: Request, entry_id: UUID) -> Any:
    return told(request, queries.entry(request.actor, entry_id))


@router.post("/entries", response={201: EntryOut}, summary="Enter a record")
@operation(commands.enter_entry)
def create_entry(request: Request, data: EntryIn) -> Any:
    assignment = queries.assignment(request.actor, data.assignment_id)
    entry = commands.enter_entry(
        request.actor, assignment, values=data.values, custom=data.custom, seconds=data.seconds,
        is_another=data.is_another, is_handed_in=data.is_handed_in,
    )  # fmt: skip
    return told(request, entry)


@router.patch("/entries/{uuid:entry_id}", response=EntryOut, summary="Correct an entry")
@operation(commands.correct_entry)
def correct_entry(request: Request, entry_id: UUID, data: EntryValues) -> Any:
    found = queries.entry(request.actor, entry_id)
    entry = commands.correct_entry(
        request.actor, found, values=data.values, custom=data.custom, seconds=data.seconds,
        is_handed_in=data.is_handed_in, version=if_match(request),
    )  # fmt: skip
    return told(request, entry)


@router.post("/entries/{uuid:entry_id}/hand-in", response=EntryOut, summary="Hand an entry in")
@operation(commands.hand_in_entry)
def hand_in_entry(request: Request, entry_id: UUID) -> Any:
    return told(request, commands.hand_in_entry(request.actor, queries.entry(request.actor, entry_id)))


@router.post("/entries/{uuid:entry_id}/withdraw", response=EntryOut, summary="Withdraw an entry")
@operation(commands.withdraw_entry)
def withdraw_entry(request: Request, entry_id: UUID) -> Any:
    return told(request, commands.withdraw_entry(request.actor, queries.entry(request.actor, entry_id)))


@router.post("/entries/{uuid:entry_id}/dispute", response=EntryOut, summary="Dispute a rejection")
@operation(commands.dispute_rejection)
def dispute_rejection(request: Request, entry_id: UUID, data: Dispute) -> Any:
    found = queries.entry(request.actor, entry_id)
    return told(request, commands.dispute_rejection(request.actor, found, text=data.text))


@router.post("/entries/{uuid:entry_id}/decide-dispute", response=EntryOut, summary="Decide a dispute")
@operation(commands.decide_dispute)
def decide_dispute(request: Request, entry_id: UUID, data: DisputeDecision) -> Any:
    found = queries.entry(request.actor, entry_id)
    decided = commands.decide_dispute(request.actor, found, is_overruled=data.is_overruled, text=data.text)
    return told(request, decided)


@router.get(
    "/entries/{uuid:entry_id}/messages",
    response=Page[MessageOut],
    summary="List what was said about an entry",
)
@operation(CONVERSE)
def list_messages(request: Request, entry_id: UUID, filters: Query[MessageFilters]) -> Any:
    entry = queries.entry(request.actor, entry_id)
    return page_of(queries.messages(request.actor, entry), filters)


@router.post(
    "/entries/{uuid:entry_id}/messages", response={201: MessageOut}, summary="Say something about an entry"
)
@operation(commands.send_message)
def create_message(request: Request, entry_id: UUID, data: MessageIn) -> Any:
    entry = queries.entry(request.actor, entry_id)
    return commands.send_message(request.actor, entry, text=data.text)


@router.get(
    "/entries/{uuid:entry_id}/rounds",
    response=list[RoundOut],
    summary="List an entry's rounds of verification",
)
@operation(VIEW_ENTRIES)
def list_rounds(request: Request, entry_id: UUID) -> Any:
    entry = queries.entry(request.actor, entry_id)
    return queries.sent_rounds(request.actor, entry, queries.rounds(request.actor, entry))


@router.post(
    "/assignments/{uuid:assignment_id}/hand-in",
    response=HandedInOut,
    summary="Hand in all of one's entries that wait for it",
)
@operation(commands.hand_in_entries)
def hand_in_entries(request: Request, assignment_id: UUID) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    return {"handed_in": commands.hand_in_entries(request.actor, assignment)}


@router.post(
    "/assignments/{uuid:assignment_id}/second",
    response={200: SecondOut, 204: None},
    summary="Take a record whose chosen values are to be entered a second time",
)
@operation(commands.claim_second)
def claim_second(request: Request, assignment_id: UUID) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    found = commands.claim_second(request.actor, assignment)
    if found is None:
        return Status(204, None)
    task = queries.second_task(request.actor, assignment, found)
    shown = {one.name: value for one, value in task.shown if not one.key}
    return {"entry_id": found, "shown": shown, "names": [one.name for one in task.hidden]}


@router.post(
    "/assignments/{uuid:assignment_id}/second/{uuid:entry_id}",
    response={204: None},
    summary="Enter the chosen values a second time",
)
@operation(commands.enter_second)
def enter_second(request: Request, assignment_id: UUID, entry_id: UUID, data: SecondIn) -> None:
    """Whether it is the same as the first is not told: who enters it stays blind to that."""
    assignment = queries.assignment(request.actor, assignment_id)
    commands.enter_second(request.actor, assignment, entry_id=entry_id, values=data.values)
