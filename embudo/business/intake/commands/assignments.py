from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.models import Assignment, Binding
from embudo.business.intake.permissions import CLOSE_ASSIGNMENT, CREATE_ASSIGNMENT, EDIT_ASSIGNMENT
from embudo.business.intake.rules.asked import checked_asked, first_asked
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import AssignmentState, Duty, Subject, check_assignment_step
from embudo.business.intake.rules.territory import areas_of
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import own_user
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock

MOST_TARGET = 100_000_000
LONGEST_TITLE, LONGEST_INSTRUCTION = 120, 10_000
UNCHANGED: Any = object()


@command(CREATE_ASSIGNMENT)
def create_assignment(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    title: str,
    subject: str = Subject.COMPANY,
    instruction: str = "",
    territory: str = "",
    target: int = 0,
    deadline: date | None = None,
    policy: str = Policy.ALL,
    percent: int = 20,
    asked: Sequence[Mapping[str, Any]] | None = None,
    principal: User | None = None,
    coordinator: UUID | None = None,
    parent: Assignment | None = None,
) -> Assignment:
    """
    Orders an assignment, as a draft. Who may see only their own is its principal. Part of another one it has what that one
    asks for, unless `asked` says otherwise. `coordinator` is somebody's id: who orders may give it to one whom they do not see else.
    Refuses (Invalid) wrong values, and a part of an assignment that is over.
    """
    if parent and parent.state not in (AssignmentState.DRAFT, AssignmentState.OPEN):
        raise Refused("intake.assignment_closed", _("A closed assignment can't be split any more."))
    given = {
        "title": title, "subject": subject, "instruction": instruction, "territory": territory, "target": target,
        "deadline": deadline, "policy": policy, "percent": percent,
    }  # fmt: skip
    kind = parent.subject if parent else subject
    wanted = asked if asked is not None else parent.asked if parent else None
    values = checked(given) | {"subject": kind}
    values["asked"] = first_asked(kind) if wanted is None else _asked(kind, wanted)
    reaches_all = actor.scope(CREATE_ASSIGNMENT) is Scope.ALL and actor.scope(EDIT_ASSIGNMENT) is Scope.ALL
    assignment = Assignment(
        **values,
        parent=parent,
        principal_id=principal.pk if principal else parent.principal_id if parent else None,
        coordinator_id=_coordinator(actor, coordinator)
        if coordinator
        else parent.coordinator_id
        if parent
        else None,
    )
    if not reaches_all:
        assignment.principal_id = actor.id
    elif assignment.coordinator_id is None:
        assignment.coordinator_id = actor.id
    create(assignment)
    publish(events.AssignmentCreated(assignment.id), assignment)
    return assignment


@command(EDIT_ASSIGNMENT)
def edit_assignment(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    assignment: Assignment,
    *,
    version: int | None = None,
    title: str = UNCHANGED,
    instruction: str = UNCHANGED,
    territory: str = UNCHANGED,
    target: int = UNCHANGED,
    deadline: date | None = UNCHANGED,
    policy: str = UNCHANGED,
    percent: int = UNCHANGED,
    asked: Sequence[Mapping[str, Any]] = UNCHANGED,
    principal: User | None = UNCHANGED,
    coordinator: UUID | None = UNCHANGED,
) -> Assignment:
    """Changes what is given. Refuses (Invalid) wrong values, a stale version, and an assignment that is over."""
    assignment = lock(assignment, version=version)
    if assignment.state not in (AssignmentState.DRAFT, AssignmentState.OPEN):
        raise Refused("intake.assignment_closed", _("This assignment is closed. Reopen it to change it."))
    given = {
        "title": title, "instruction": instruction, "territory": territory, "target": target, "deadline": deadline,
        "policy": policy, "percent": percent,
    }  # fmt: skip
    values = checked({name: value for name, value in given.items() if value is not UNCHANGED})
    if asked is not UNCHANGED:
        values["asked"] = _asked(assignment.subject, asked)
    if actor.scope(EDIT_ASSIGNMENT) is Scope.ALL and principal is not UNCHANGED:
        values["principal_id"] = principal.pk if principal else None
    if coordinator is not UNCHANGED and coordinator != assignment.coordinator_id:
        values["coordinator_id"] = _coordinator(actor, coordinator) if coordinator else None
    before = assignment.version
    update(assignment, **values)
    if assignment.version != before:
        publish(events.AssignmentChanged(assignment.id), assignment)
    return assignment


def _coordinator(actor: Actor, chosen: UUID) -> UUID:
    if not queries.may_coordinate(actor, chosen):
        raise Invalid({"coordinator": [_("Choose one of the values offered.")]})
    return chosen


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored, every fault told at once."""
    values, faults = dict(given), {}
    for name, value in given.items():
        try:
            values[name] = _CHECKS[name](value) if name in _CHECKS else value
        except Invalid as fault:
            faults[name] = fault.errors.get(name) or next(iter(fault.errors.values()))
    if faults:
        raise Invalid(faults)
    return values


def _title(value: Any) -> str:
    kept = " ".join(str(value).split())
    if not 1 <= len(kept) <= LONGEST_TITLE:
        raise Invalid({"title": [_("Enter a title of at most %(n)d characters.") % {"n": LONGEST_TITLE}]})
    return kept


def _instruction(value: Any) -> str:
    kept = str(value).strip()
    if len(kept) > LONGEST_INSTRUCTION:
        raise Invalid({"instruction": [_("Use at most %(n)d characters.") % {"n": LONGEST_INSTRUCTION}]})
    return kept


def _whole(most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        kept = int(value or 0)
        if not 0 <= kept <= most:
            raise Invalid(
                {"": [_("Enter a whole number from %(least)d to %(most)d.") % {"least": 0, "most": most}]}
            )
        return kept

    return check


def _one_of(choices: type[TextChoices]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in choices.values:
            raise Invalid({"": [_("Choose one of the values offered.")]})
        return str(value)

    return check


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "title": _title,
    "instruction": _instruction,
    "territory": lambda value: areas_of(str(value)),
    "target": _whole(MOST_TARGET),
    "percent": _whole(100),
    "subject": _one_of(Subject),
    "policy": _one_of(Policy),
}


def _asked(subject: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return checked_asked(subject, given, queries.custom_keys())


@command(EDIT_ASSIGNMENT)
def open_assignment(actor: Actor, assignment: Assignment) -> Assignment:
    """Lets work begin. Refuses one that is not a draft."""
    assignment = lock(assignment)
    check_assignment_step(assignment.state, AssignmentState.OPEN)
    if assignment.state != AssignmentState.DRAFT:
        raise Refused("intake.assignment_elsewhere", _("This assignment was closed: reopen it instead."))
    update(assignment, state=AssignmentState.OPEN, opened=clock.now())
    publish(events.AssignmentOpened(assignment.id), assignment)
    return assignment


@command(CLOSE_ASSIGNMENT)
def archive_assignment(actor: Actor, assignment: Assignment) -> Assignment:
    """Puts a closed or delivered assignment away, out of everybody's lists. Refuses an open one."""
    assignment = lock(assignment)
    check_assignment_step(assignment.state, AssignmentState.ARCHIVED)
    update(assignment, state=AssignmentState.ARCHIVED)
    publish(events.AssignmentArchived(assignment.id, is_archived=True), assignment)
    return assignment


@command(CLOSE_ASSIGNMENT)
def unarchive_assignment(actor: Actor, assignment: Assignment) -> Assignment:
    """Brings an archived assignment back, closed. Refuses one that is not archived."""
    assignment = lock(assignment)
    if assignment.state != AssignmentState.ARCHIVED:
        raise Refused("intake.assignment_elsewhere", _("This assignment is not archived."))
    update(assignment, state=AssignmentState.CLOSED)
    publish(events.AssignmentArchived(assignment.id, is_archived=False), assignment)
    return assignment


@command(CREATE_ASSIGNMENT)
def start_alone(actor: Actor, *, title: str, subject: str = Subject.COMPANY) -> Assignment:
    """An open assignment without verification for one person who does it all. Refuses (Invalid) a bad title."""
    assignment = create_assignment.inner(actor, title=title, subject=subject, policy=Policy.OFF)
    update(assignment, state=AssignmentState.OPEN, opened=clock.now())
    create(Binding(assignment=assignment, person=own_user(actor), duty=Duty.OPERATOR))
    publish(events.AssignmentOpened(assignment.id), assignment)
    return assignment
