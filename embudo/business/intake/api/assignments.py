from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.api.named import linked
from embudo.business.intake.permissions import VIEW_ASSIGNMENTS, VIEW_PROGRESS
from embudo.business.intake.rules.asked import LONGEST_HELP, MOST_ASKED
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import AssignmentState, Subject
from embudo.business.intake.rules.territory import MOST_AREAS
from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import Count, In, LongText, Out, Page

router = Router(tags=["Assignments"])
AREAS = "Regions by name, postcodes, or ranges of them: “00-001 - 05-999”."


class AskedIn(In):
    name: str = Field(
        min_length=1,
        max_length=60,
        description="An attribute of a company or a person, or custom_<key> of one of your own.",
        examples=["tax_id"],
    )
    is_required: bool = False
    help: str = Field("", max_length=LONGEST_HELP)
    is_kept: bool = Field(default=False, description="The value of the last record is offered again.")
    is_unique: bool = Field(default=False, description="No two entries of the assignment have the same.")
    is_double: bool = Field(default=False, description="Somebody else enters it a second time, unseen.")


class AskedOut(Out):
    name: str
    is_required: bool
    help: str
    is_kept: bool
    is_unique: bool
    is_double: bool


class AssignmentFields(In):
    instruction: LongText = ""
    territory: list[str] = Field(default_factory=list, max_length=MOST_AREAS, description=AREAS)
    target: Count = Field(0, description="How many records are wanted; 0 where nobody counts.")
    deadline: date | None = None
    policy: Policy = Policy.ALL
    percent: int = Field(20, ge=0, le=100, description="How many of 100 entries a sample verifies.")
    principal_id: UUID | None = Field(None, description="A user; yourself when you may not order for others.")
    coordinator_id: UUID | None = Field(None, description="A user.")


class AssignmentIn(AssignmentFields):
    title: str = Field(min_length=1, max_length=120)
    subject: Subject = Subject.COMPANY
    asked: list[AskedIn] | None = Field(
        None, max_length=MOST_ASKED, description="In the order of entry; the usual ones when left out."
    )
    parent_id: UUID | None = Field(None, description="The assignment of which this is a part.")


class AloneIn(In):
    title: str = Field(min_length=1, max_length=120)
    subject: Subject = Subject.COMPANY


class AssignmentChange(AssignmentFields):
    title: str = Field("", min_length=1, max_length=120)
    asked: list[AskedIn] = Field(default_factory=list, max_length=MOST_ASKED)


class AssignmentOut(Out):
    id: UUID
    title: str
    subject: Subject
    instruction: str
    territory: list[str]
    target: int
    deadline: date | None
    asked: list[AskedOut] = Field(validation_alias="attributes")
    policy: Policy
    percent: int
    state: AssignmentState
    principal_id: UUID | None
    coordinator_id: UUID | None
    parent_id: UUID | None
    opened: datetime | None
    closed: datetime | None
    created: datetime
    updated: datetime
    version: int


class AssignmentFilters(Filters):
    sort: Literal["-created", "created"] = "-created"
    q: str = Field("", max_length=100)
    state: AssignmentState | None = None
    parent: UUID | None = None


class WaiveIn(In):
    reason: str = Field(min_length=1, max_length=2000, description="It is said about each of the entries.")


class WaivedOut(Out):
    went_on: int = Field(description="How many entries; ask again while there are 500.")


class ProgressPart(Out):
    key: str = Field(description="A user's id, a day, or a region.")
    name: str
    entered: int
    by_state: dict[str, int]


class ProgressOut(Out):
    target: int
    entered: int
    by_state: dict[str, int]
    today: dict[str, int] = Field(description="By state.")
    median_seconds: int | None = Field(description="What one record takes.")
    finishes: date | None = Field(description="The day on which the target is met, at the pace of late.")
    people: list[ProgressPart]
    days: list[ProgressPart]
    regions: list[ProgressPart]


def _keywords(request: Request, data: AssignmentFields) -> dict[str, Any]:
    """What was sent, as the commands take it."""
    given = data.given()
    records = linked(request.actor, given)
    plain = {name: value for name, value in given.items() if not name.endswith("_id")}
    if "territory" in plain:
        plain["territory"] = "\n".join(plain["territory"])
    if plain.get("asked") is not None:
        plain["asked"] = [one.model_dump() for one in plain["asked"]]
    if "coordinator_id" in given:
        plain["coordinator"] = given["coordinator_id"]
    return {**plain, **records}


@router.get("/assignments", response=Page[AssignmentOut], summary="List assignments")
@operation(VIEW_ASSIGNMENTS)
def list_assignments(request: Request, filters: Query[AssignmentFilters]) -> Any:
    return page_of(queries.assignments(request.actor, **filters.chosen()), filters)


@router.get("/assignments/{uuid:assignment_id}", response=AssignmentOut, summary="Read an assignment")
@operation(VIEW_ASSIGNMENTS)
def read_assignment(request: Request, assignment_id: UUID) -> Any:
    return queries.assignment(request.actor, assignment_id)


@router.post("/assignments", response={201: AssignmentOut}, summary="Order an assignment")
@operation(commands.create_assignment)
def create_assignment(request: Request, data: AssignmentIn) -> Any:
    keywords = _keywords(request, data)
    with named_as({"coordinator": "coordinator_id"}):
        return commands.create_assignment(request.actor, **keywords)


@router.post("/assignments/alone", response={201: AssignmentOut}, summary="Begin an assignment on one's own")
@operation(commands.start_alone)
def start_alone(request: Request, data: AloneIn) -> Any:
    """Open at once, without verification; you are bound as its operator."""
    return commands.start_alone(request.actor, title=data.title, subject=data.subject)


@router.patch("/assignments/{uuid:assignment_id}", response=AssignmentOut, summary="Change an assignment")
@operation(commands.edit_assignment)
def change_assignment(request: Request, assignment_id: UUID, data: AssignmentChange) -> Any:
    found = queries.assignment(request.actor, assignment_id)
    keywords = _keywords(request, data)
    with named_as({"coordinator": "coordinator_id"}):
        return commands.edit_assignment(request.actor, found, version=if_match(request), **keywords)


@router.post("/assignments/{uuid:assignment_id}/open", response=AssignmentOut, summary="Open an assignment")
@operation(commands.open_assignment)
def open_assignment(request: Request, assignment_id: UUID) -> Any:
    return commands.open_assignment(request.actor, queries.assignment(request.actor, assignment_id))


@router.post(
    "/assignments/{uuid:assignment_id}/waive-second",
    response=WaivedOut,
    summary="Let entries go on without a second entry that nobody is there to give",
)
@operation(commands.waive_second)
def waive_second(request: Request, assignment_id: UUID, data: WaiveIn) -> Any:
    found = queries.assignment(request.actor, assignment_id)
    return {"went_on": commands.waive_second(request.actor, found, reason=data.reason)}


@router.post(
    "/assignments/{uuid:assignment_id}/archive", response=AssignmentOut, summary="Archive an assignment"
)
@operation(commands.archive_assignment)
def archive_assignment(request: Request, assignment_id: UUID) -> Any:
    return commands.archive_assignment(request.actor, queries.assignment(request.actor, assignment_id))


@router.post(
    "/assignments/{uuid:assignment_id}/unarchive",
    response=AssignmentOut,
    summary="Bring an archived assignment back",
)
@operation(commands.unarchive_assignment)
def unarchive_assignment(request: Request, assignment_id: UUID) -> Any:
    return commands.unarchive_assignment(request.actor, queries.assignment(request.actor, assignment_id))


@router.get(
    "/assignments/{uuid:assignment_id}/progress", response=ProgressOut, summary="How an assignment progresses"
)
@operation(VIEW_PROGRESS)
def read_progress(request: Request, assignment_id: UUID) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    owners = queries.owners_seen(request.actor, assignment)
    found = queries.progress(request.actor, assignment, owners=owners)
    return {
        "target": assignment.target, "entered": found.total.entered, "by_state": found.total.by_state,
        "today": found.today.by_state, "median_seconds": found.median_seconds, "finishes": found.finishes,
        "people": _parts(found.people), "days": _parts(found.days), "regions": _parts(found.regions),
    }  # fmt: skip


def _parts(shares: Any) -> list[dict[str, Any]]:
    return [
        {
            "key": str(one.key),
            "name": str(one.name),
            "entered": one.counts.entered,
            "by_state": one.counts.by_state,
        }
        for one in shares
    ]
