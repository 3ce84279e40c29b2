from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import AwareDatetime, Field

from embudo.foundation.access import queries as access
from embudo.foundation.activity import commands, permissions, queries
from embudo.foundation.activity.rules import Direction, Outcome
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, LongText, MoneyOut, Named, Out, Page
from embudo.kernel.about import about_record
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.record import Record

router = Router(tags=["Activity"])
SENT = {"owner": "owner_id", "about": "about_id"}  # what commands name otherwise

Title = Annotated[str, Field(min_length=1, max_length=200)]
Kind = Annotated[str, Field(max_length=60, examples=["sales.lead"])]
PriorityNumber = Annotated[int, Field(ge=1, le=3, strict=True, description="1 low, 2 normal, 3 high")]


class About(In):
    """The record that something is about."""

    about_kind: Kind
    about_id: UUID

    def record(self, request: Request) -> Record:
        return about_record(request.actor, self.about_kind, self.about_id)


class AboutFilters(Filters):
    about_kind: Kind | None = None
    about_id: UUID | None = None


class EntryOut(Out):
    id: UUID
    about_kind: str
    about_id: UUID | None
    owner: Named | None
    created: datetime
    updated: datetime
    version: int


# --- to-dos ----------------------------------------------------------------------------------------------------------


class TaskIn(In):
    title: Title
    about_kind: Kind | None = None
    about_id: UUID | None = None
    owner_id: UUID | None = None
    due: date | None = None
    priority: PriorityNumber = 2
    details: LongText = ""


class TaskChange(In):
    title: Title = "?"
    owner_id: UUID | None = None
    due: date | None = None
    priority: PriorityNumber = 2
    details: LongText = ""


class TaskOut(EntryOut):
    title: str = Field(validation_alias="words")
    details: str
    due: date | None
    priority: int
    is_done: bool
    done_at: datetime | None
    is_automatic: bool
    since: date
    amount: MoneyOut | None


class TaskFilters(AboutFilters):
    sort: Literal["due", "-created"] = "due"
    owner: UUID | None = None
    done: bool | None = None
    due_before: date | None = Field(None, description="Due on this day or earlier.")


def owner_of(request: Request, owner_id: UUID | None) -> Any:
    if owner_id is None:
        return None
    try:
        return access.user(request.actor, owner_id)
    except NotFound:
        raise Invalid({"owner_id": [_("Send the id of a colleague.")]}) from None


@router.get("/tasks", response=Page[TaskOut], summary="List tasks")
@operation(permissions.VIEW_TASKS)
def list_tasks(request: Request, filters: Query[TaskFilters]) -> Any:
    return page_of(queries.tasks_where(request.actor, **filters.chosen()), filters)


@router.get("/tasks/{uuid:task_id}", response=TaskOut, summary="Read a task")
@operation(permissions.VIEW_TASKS)
def read_task(request: Request, task_id: UUID) -> Any:
    return queries.task(request.actor, task_id)


@router.post("/tasks", response={201: TaskOut}, summary="Plan a task")
@operation(commands.create_task)
def create_task(request: Request, data: TaskIn) -> Any:
    given = data.given()
    kind, record_id = given.pop("about_kind", None), given.pop("about_id", None)
    owner = owner_of(request, given.pop("owner_id", None))
    if (kind is None) != (record_id is None):
        raise Invalid({"about_id": [_("Send about_kind and about_id together, or neither.")]})
    about = about_record(request.actor, kind, record_id) if kind and record_id else None
    with named_as(SENT):
        return commands.create_task(request.actor, about=about, owner=owner, **given)


@router.patch("/tasks/{uuid:task_id}", response=TaskOut, summary="Change a task")
@operation(commands.change_task)
def change_task(request: Request, task_id: UUID, data: TaskChange) -> Any:
    task, given = queries.task(request.actor, task_id), data.given()
    values = {name: getattr(task, name) for name in ("title", "due", "priority", "details", "owner")}
    if "owner_id" in given:
        values["owner"] = owner_of(request, given.pop("owner_id"))
    with named_as(SENT):
        return commands.change_task(request.actor, task, version=if_match(request), **(values | given))


@router.post("/tasks/{uuid:task_id}/complete", response=TaskOut, summary="Complete a task")
@operation(commands.complete_task)
def complete_task(request: Request, task_id: UUID) -> Any:
    return commands.complete_task(request.actor, queries.task(request.actor, task_id))


@router.post("/tasks/{uuid:task_id}/reopen", response=TaskOut, summary="Open a task again")
@operation(commands.reopen_task)
def reopen_task(request: Request, task_id: UUID) -> Any:
    return commands.reopen_task(request.actor, queries.task(request.actor, task_id))


@router.delete("/tasks/{uuid:task_id}", response={204: None}, summary="Remove a task")
@operation(commands.remove_task)
def remove_task(request: Request, task_id: UUID) -> None:
    commands.remove_task(request.actor, queries.task(request.actor, task_id), version=if_match(request))


# --- notes -----------------------------------------------------------------------------------------------------------


class NoteIn(About):
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class NoteChange(In):
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class NoteOut(EntryOut):
    text: str


class EntryFilters(AboutFilters):
    sort: Literal["-created", "created"] = "-created"


@router.get("/notes", response=Page[NoteOut], summary="List notes")
@operation(permissions.VIEW_NOTES)
def list_notes(request: Request, filters: Query[EntryFilters]) -> Any:
    return page_of(queries.narrowed(queries.notes(request.actor), **filters.chosen()), filters)


@router.get("/notes/{uuid:note_id}", response=NoteOut, summary="Read a note")
@operation(permissions.VIEW_NOTES)
def read_note(request: Request, note_id: UUID) -> Any:
    return queries.note(request.actor, note_id)


@router.post("/notes", response={201: NoteOut}, summary="Add a note")
@operation(commands.add_note)
def add_note(request: Request, data: NoteIn) -> Any:
    return commands.add_note(request.actor, about=data.record(request), text=data.text)


@router.patch("/notes/{uuid:note_id}", response=NoteOut, summary="Change a note")
@operation(commands.change_note)
def change_note(request: Request, note_id: UUID, data: NoteChange) -> Any:
    note = queries.note(request.actor, note_id)
    return commands.change_note(request.actor, note, text=data.text, version=if_match(request))


@router.delete("/notes/{uuid:note_id}", response={204: None}, summary="Remove a note")
@operation(commands.remove_note)
def remove_note(request: Request, note_id: UUID) -> None:
    commands.remove_note(request.actor, queries.note(request.actor, note_id), version=if_match(request))


# --- calls -----------------------------------------------------------------------------------------------------------

DirectionName = Annotated[Direction, Field(description="outgoing or incoming")]


class CallIn(About):
    direction: DirectionName = Direction.OUTGOING
    outcome: Outcome = Outcome.ANSWERED
    phone: Annotated[str, Field(max_length=32)] = ""
    at: AwareDatetime | None = None
    seconds: Annotated[int, Field(ge=0, le=86_400, strict=True)] = 0
    summary: LongText = ""


class CallOut(EntryOut):
    direction: str
    outcome: str
    phone: str
    at: datetime
    seconds: int
    summary: str


@router.get("/calls", response=Page[CallOut], summary="List calls")
@operation(permissions.VIEW_CALLS)
def list_calls(request: Request, filters: Query[EntryFilters]) -> Any:
    return page_of(queries.narrowed(queries.calls(request.actor), **filters.chosen()), filters)


@router.get("/calls/{uuid:call_id}", response=CallOut, summary="Read a call")
@operation(permissions.VIEW_CALLS)
def read_call(request: Request, call_id: UUID) -> Any:
    return queries.call(request.actor, call_id)


@router.delete("/calls/{uuid:call_id}", response={204: None}, summary="Delete a call")
@operation(permissions.CHANGE_CALL)
def delete_call(request: Request, call_id: UUID) -> None:
    recycle_record(request.actor, queries.call(request.actor, call_id), version=if_match(request))


@router.post("/calls", response={201: CallOut}, summary="Log a call")
@operation(commands.log_call)
def log_call(request: Request, data: CallIn) -> Any:
    facts = {name: value for name, value in data.given().items() if not name.startswith("about_")}
    return commands.log_call(request.actor, about=data.record(request), call=commands.CallFacts(**facts))


# --- meetings --------------------------------------------------------------------------------------------------------


class MeetingIn(About):
    title: Title
    starts: AwareDatetime
    ends: AwareDatetime | None = None
    place: Annotated[str, Field(max_length=200)] = ""
    participants: Annotated[str, Field(max_length=2000)] = ""
    summary: LongText = ""


class MeetingOut(EntryOut):
    title: str
    starts: datetime
    ends: datetime | None
    place: str
    participants: str
    summary: str
    is_cancelled: bool


@router.get("/meetings", response=Page[MeetingOut], summary="List meetings")
@operation(permissions.VIEW_MEETINGS)
def list_meetings(request: Request, filters: Query[EntryFilters]) -> Any:
    return page_of(queries.narrowed(queries.meetings(request.actor), **filters.chosen()), filters)


@router.get("/meetings/{uuid:meeting_id}", response=MeetingOut, summary="Read a meeting")
@operation(permissions.VIEW_MEETINGS)
def read_meeting(request: Request, meeting_id: UUID) -> Any:
    return queries.meeting(request.actor, meeting_id)


@router.delete("/meetings/{uuid:meeting_id}", response={204: None}, summary="Delete a meeting")
@operation(permissions.CHANGE_MEETING)
def delete_meeting(request: Request, meeting_id: UUID) -> None:
    recycle_record(request.actor, queries.meeting(request.actor, meeting_id), version=if_match(request))


@router.post("/meetings", response={201: MeetingOut}, summary="Plan a meeting")
@operation(commands.plan_meeting)
def plan_meeting(request: Request, data: MeetingIn) -> Any:
    plan = {name: value for name, value in data.given().items() if not name.startswith("about_")}
    return commands.plan_meeting(
        request.actor, about=data.record(request), meeting=commands.MeetingPlan(**plan)
    )


@router.post("/meetings/{uuid:meeting_id}/cancel", response=MeetingOut, summary="Cancel a meeting")
@operation(commands.cancel_meeting)
def cancel_meeting(request: Request, meeting_id: UUID) -> Any:
    return commands.cancel_meeting(request.actor, queries.meeting(request.actor, meeting_id))
