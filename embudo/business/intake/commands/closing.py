from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.models import Assignment, Binding, Closing
from embudo.business.intake.permissions import CLOSE_ASSIGNMENT, CLOSE_PART
from embudo.business.intake.rules.states import AssignmentState, check_assignment_step
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update, update_all
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Refused
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock


@command(CLOSE_PART)
def close_part(actor: Actor, assignment: Assignment, *, person_id: UUID, cause: str = "") -> Closing:
    """
    Closes an operator's part, or a supervisor's with those of all their operators. Refuses what is closed already, and
    (Forbidden) a supervisor whose operator it is not.
    """
    lock(assignment)
    found = queries.part_to_close(assignment, person_id)
    if not found:
        raise Refused("intake.part_closed", _("This part is closed already, or nobody is bound like that."))
    _check_leads(actor, assignment, found)
    return _closed(actor, assignment, found, (), person_id=person_id, cause=cause)


def _check_leads(actor: Actor, assignment: Assignment, parts: Iterable[Binding]) -> None:
    if actor.scope(CLOSE_PART) is Scope.ALL or actor.id == assignment.coordinator_id:
        return
    if not all(actor.id in (one.supervisor_id, one.person_id) for one in parts):
        raise Forbidden(CLOSE_PART.code)


@command(CLOSE_ASSIGNMENT)
def close_assignment(actor: Actor, assignment: Assignment, *, cause: str = "") -> Closing:
    """Closes the assignment with everything below it, in one act with one cause. Refuses one that is not open."""
    assignment = lock(assignment)
    check_assignment_step(assignment.state, AssignmentState.CLOSED)
    below = queries.assignments_below(assignment)
    parts = queries.open_parts([one.pk for one in below])
    return _closed(
        actor, assignment, parts, [one for one in below if one.is_open], person_id=None, cause=cause
    )


def _closed(
    actor: Actor,
    assignment: Assignment,
    parts: Iterable[Binding],
    assignments: Iterable[Assignment],
    *,
    person_id: UUID | None,
    cause: str,
) -> Closing:
    now, parts, assignments = clock.now(), list(parts), list(assignments)
    closing = Closing(
        assignment=assignment, person_id=person_id, by_id=actor.id, is_final=person_id is None, cause=" ".join(cause.split())[:300],
        bindings=len(parts), assignments=len(assignments),
        unfinished=queries.unfinished(parts=parts, assignments=assignments).entries,
    )  # fmt: skip
    create(closing)
    update_all((one, {"closed": now, "closing": closing.pk}) for one in parts)
    update_all(
        (one, {"state": AssignmentState.CLOSED, "closed": now, "closing": closing.pk}) for one in assignments
    )
    about = [closing, assignment, *(one for one in assignments if one.pk != assignment.pk)]
    publish(events.PartClosed(assignment.id, closing.pk, closing.is_final), *about)
    return closing


@command(CLOSE_PART)
def reopen_closing(actor: Actor, closing: Closing) -> Closing:
    """Opens all that one closing closed and nothing above it. Refuses a second time, and a final one to supervisors."""
    closing = lock(closing)
    if closing.reopened:
        raise Refused("intake.reopened", _("This was reopened already."))
    if closing.is_final and not actor.may(CLOSE_ASSIGNMENT):
        raise Forbidden(CLOSE_ASSIGNMENT.code)
    parts = list(Binding.objects.select_for_update().filter(closing=closing.pk))
    if not closing.is_final:
        _check_leads(actor, closing.assignment, parts)
    assignments = list(Assignment.objects.select_for_update().filter(closing=closing.pk))
    update_all((one, {"closed": None, "closing": None}) for one in parts)
    update_all((one, {"state": AssignmentState.OPEN, "closed": None, "closing": None}) for one in assignments)
    update(closing, reopened=clock.now())
    publish(events.PartReopened(closing.assignment_id, closing.pk), closing, *assignments)
    return closing
