from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from ninja.responses import Status
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.api.named import linked
from embudo.business.intake.permissions import CLOSE_PART, VIEW_ASSIGNMENTS
from embudo.business.intake.rules.states import Duty
from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import Count, In, Named, Out, Page

router = Router(tags=["Assignments"])


class BindingChange(In):
    supervisor_id: UUID | None = Field(None, description="Who leads an operator; bound as a supervisor here.")
    target: Count = 0
    starts: date | None = None
    ends: date | None = None


class BindingIn(BindingChange):
    user_id: UUID
    duty: Duty


class GroupIn(In):
    team_id: UUID = Field(description="Of this team, everybody whom you can read and who is not bound yet.")
    duty: Duty
    supervisor_id: UUID | None = Field(None, description="Who leads them; bound as a supervisor here.")
    target: Count = Field(0, description="Of each of them.")


class BindingOut(Out):
    id: UUID
    assignment_id: UUID
    person: Named
    duty: Duty
    supervisor: Named | None
    target: int
    starts: date | None
    ends: date | None
    closed: datetime | None
    closing_id: UUID | None = Field(validation_alias="closing", description="What closed it.")
    created: datetime
    updated: datetime
    version: int


class BindingFilters(Filters):
    sort: Literal["created", "-created"] = "created"


class ClosingIn(In):
    cause: str = Field("", max_length=300)


class PartClosingIn(ClosingIn):
    user_id: UUID = Field(description="The operator or supervisor whose part is closed.")


class ClosingChoice(In):
    dry_run: bool = Field(default=False, description="Only tell what would be closed.")


class ClosingOut(Out):
    id: UUID
    assignment_id: UUID
    person_id: UUID | None = Field(description="Whose part it was; null when all was closed.")
    by_id: UUID | None
    is_final: bool
    cause: str
    bindings: int = Field(description="How many parts it closed.")
    assignments: int
    unfinished: int = Field(description="Entries that were left undone.")
    reopened: datetime | None
    created: datetime
    version: int


class ClosingFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


class WouldCloseOut(Out):
    """What closing would close."""

    parts: list[BindingOut]
    assignment_ids: list[UUID]
    unfinished: dict[str, int] = Field(description="Entries that would be left undone, by state.")
    drafts: int = Field(description="Forms that somebody is still typing in.")


CLOSED: Any = {201: ClosingOut, 200: WouldCloseOut}


def _reach(found: queries.Reach) -> Any:
    told = {
        "parts": found.parts,
        "assignment_ids": [one.pk for one in found.assignments],
        "unfinished": found.unfinished.by_state,
        "drafts": found.unfinished.drafts,
    }
    return Status(200, told)


@router.get(
    "/assignments/{uuid:assignment_id}/bindings", response=Page[BindingOut], summary="List who is bound"
)
@operation(VIEW_ASSIGNMENTS)
def list_bindings(request: Request, assignment_id: UUID, filters: Query[BindingFilters]) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    return page_of(queries.bindings_shown(request.actor, assignment), filters)


@router.post(
    "/assignments/{uuid:assignment_id}/bindings", response={201: BindingOut}, summary="Bind somebody"
)
@operation(commands.bind_person)
def create_binding(request: Request, assignment_id: UUID, data: BindingIn) -> Any:
    actor, given = request.actor, data.given()
    assignment = queries.assignment(actor, assignment_id)
    records = linked(actor, given)
    plain = {name: value for name, value in given.items() if not name.endswith("_id")}
    with named_as({"person": "user_id", "supervisor": "supervisor_id"}):
        return commands.bind_person(actor, assignment, person=records.pop("user"), **plain, **records)


@router.post(
    "/assignments/{uuid:assignment_id}/bindings/group",
    response={201: list[BindingOut]},
    summary="Bind a group",
)
@operation(commands.bind_group)
def create_group_bindings(request: Request, assignment_id: UUID, data: GroupIn) -> Any:
    actor, given = request.actor, data.given()
    assignment = queries.assignment(actor, assignment_id)
    records = linked(actor, given)
    plain = {name: value for name, value in given.items() if not name.endswith("_id")}
    with named_as({"team": "team_id", "supervisor": "supervisor_id"}):
        return commands.bind_group(actor, assignment, **plain, **records)


@router.patch("/bindings/{uuid:binding_id}", response=BindingOut, summary="Change how somebody is bound")
@operation(commands.change_binding)
def change_binding(request: Request, binding_id: UUID, data: BindingChange) -> Any:
    actor, given = request.actor, data.given()
    plain = {name: value for name, value in given.items() if not name.endswith("_id")}
    found = queries.binding(actor, binding_id)
    records = linked(actor, given)
    with named_as({"supervisor": "supervisor_id"}):
        return commands.change_binding(actor, found, version=if_match(request), **plain, **records)


@router.delete("/bindings/{uuid:binding_id}", response={204: None}, summary="Take somebody off an assignment")
@operation(commands.unbind_person)
def delete_binding(request: Request, binding_id: UUID) -> None:
    found = queries.binding(request.actor, binding_id)
    commands.unbind_person(request.actor, found, version=if_match(request))


@router.post(
    "/assignments/{uuid:assignment_id}/close",
    response=CLOSED,
    summary="Close an assignment with all below it",
)
@operation(commands.close_assignment)
def close_assignment(
    request: Request, assignment_id: UUID, choice: Query[ClosingChoice], data: ClosingIn
) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    if choice.dry_run:
        return _reach(queries.reach_of_closing(assignment))
    return commands.close_assignment(request.actor, assignment, cause=data.cause)


@router.post("/assignments/{uuid:assignment_id}/close-part", response=CLOSED, summary="Close somebody's part")
@operation(commands.close_part)
def close_part(
    request: Request, assignment_id: UUID, choice: Query[ClosingChoice], data: PartClosingIn
) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    if choice.dry_run:
        return _reach(queries.reach_shown(request.actor, assignment, data.user_id))
    return commands.close_part(request.actor, assignment, person_id=data.user_id, cause=data.cause)


@router.get(
    "/assignments/{uuid:assignment_id}/closings", response=Page[ClosingOut], summary="List what was closed"
)
@operation(CLOSE_PART)
def list_closings(request: Request, assignment_id: UUID, filters: Query[ClosingFilters]) -> Any:
    assignment = queries.assignment(request.actor, assignment_id)
    return page_of(queries.closings(request.actor, assignment), filters)


@router.post(
    "/closings/{uuid:closing_id}/reopen", response=ClosingOut, summary="Reopen what one closing closed"
)
@operation(commands.reopen_closing)
def reopen_closing(request: Request, closing_id: UUID) -> Any:
    return commands.reopen_closing(request.actor, queries.closing(request.actor, closing_id))
