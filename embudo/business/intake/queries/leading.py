from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from embudo.business.intake.models import Assignment, Binding
from embudo.business.intake.permissions import BIND, CLOSE_PART, VIEW_PROGRESS
from embudo.business.intake.queries.assignments import DEEPEST, assignment, bindings
from embudo.business.intake.queries.figures import Counts, counts_by
from embudo.business.intake.rules.states import AssignmentState, Duty
from embudo.foundation.access.models import Team, User
from embudo.foundation.access.queries import teams
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Permission, Scope

LEADING_DUTIES = (Duty.COORDINATOR, Duty.PRINCIPAL)


# ------------------------------------------------------------------------------------- who may be chosen


def coordinators(actor: Actor) -> list[tuple[UUID, str]]:
    """Who may be asked to coordinate: id and name, also for somebody who else sees only their own group."""
    found = User.objects.filter(is_active=True).filter(Q(roles__slug="coordinator") | Q(pk=_own(actor)))
    return list(found.distinct().order_by("name", "id").values_list("pk", "name"))


def _own(actor: Actor) -> UUID | None:
    """Whoever sees every assignment may coordinate one, whatever their role is called."""
    return actor.id if actor.scope(BIND) is Scope.ALL else None


def may_coordinate(actor: Actor, user_id: UUID) -> bool:
    """One of the coordinators, or a colleague in the actor's sight."""
    is_known = User.objects.filter(pk=user_id, is_active=True, roles__slug="coordinator").exists()
    seen: Any = User.objects.visible_to(actor)
    return is_known or bool(seen.filter(pk=user_id, is_active=True).exists())


def principals(actor: Actor) -> list[tuple[UUID, str]]:
    """Who may order, among those the actor sees."""
    seen: Any = User.objects.visible_to(actor)
    found = seen.filter(is_active=True, roles__slug="principal").distinct().order_by("name", "id")
    return list(found.values_list("pk", "name"))


def bound_supervisors(assignment: Assignment) -> list[User]:
    """Who may lead an operator's part."""
    found = Binding.objects.filter(assignment=assignment, duty=Duty.SUPERVISOR, closed=None)
    return [one.person for one in found.select_related("person").order_by("person__name")]


def duties_to_bind(actor: Actor, assignment: Assignment) -> list[Duty]:
    """What the actor may bind others as: the coordinator everything, a principal what they order needs, a supervisor operators."""
    if actor.scope(BIND) is None:
        return []
    if actor.scope(BIND) is Scope.ALL or actor.id == assignment.coordinator_id:
        return list(Duty)
    if actor.id == assignment.principal_id:
        return [Duty.OPERATOR, Duty.VERIFIER, Duty.COORDINATOR, Duty.PRINCIPAL]
    led = Binding.objects.filter(assignment=assignment, person=actor.id, duty=Duty.SUPERVISOR)
    return [Duty.OPERATOR] if led.exists() else []


def groups_to_bind(actor: Actor) -> list[Team]:
    """Groups with somebody in the actor's sight: all for the coordinator, a principal's own."""
    if actor.scope(BIND) is Scope.ALL:
        return list(teams(actor))
    seen: Any = User.objects.visible_to(actor)
    return list(teams(actor).filter(pk__in=seen.exclude(team=None).values("team")))


# ------------------------------------------------------------------------------------- what is seen


def sees_whole(actor: Actor, assignment: Assignment, permission: Permission = VIEW_PROGRESS) -> bool:
    """The coordinator and the principal see all of an assignment, a supervisor what their own operators do."""
    scope = actor.scope(permission)
    if scope is None:
        return False
    if scope is Scope.ALL or actor.id in (assignment.coordinator_id, assignment.principal_id):
        return True
    bound = Binding.objects.filter(assignment=assignment, person=actor.id, duty__in=LEADING_DUTIES)
    return bound.exists()


def owners_seen(actor: Actor, assignment: Assignment) -> list[UUID] | None:
    """Whose work of an assignment the actor follows; None means everybody's."""
    if sees_whole(actor, assignment):
        return None
    led = Binding.objects.filter(assignment=assignment, supervisor=actor.id, duty=Duty.OPERATOR)
    own = [actor.id] if actor.id else []
    return [*led.values_list("person", flat=True), *own]


def counts_seen(actor: Actor, assignment_ids: Iterable[UUID]) -> dict[UUID, Counts]:
    """By assignment, each as far as the actor follows it. One statement."""
    if actor.scope(VIEW_PROGRESS) is Scope.ALL:
        return {key[0]: one for key, one in counts_by(assignment_ids, "assignment").items()}
    mine = Q(owner=actor.id)
    if actor.may(VIEW_PROGRESS):
        bound = Binding.objects.filter(assignment=OuterRef("assignment"))
        leads = bound.filter(person=actor.id, duty__in=LEADING_DUTIES)
        led = bound.filter(person=OuterRef("owner"), supervisor=actor.id, duty=Duty.OPERATOR)
        mine |= Q(assignment__principal=actor.id) | Q(assignment__coordinator=actor.id)
        mine |= Exists(leads) | Exists(led)
    found = counts_by(assignment_ids, "assignment", seen=mine)
    return {key[0]: one for key, one in found.items()}


def bound_assignments(actor: Actor) -> Any:
    """Ids of those that somebody is bound to, whatever as."""
    return Binding.objects.filter(person=actor.id).values("assignment")


@dataclass(frozen=True)
class Part:
    """Somebody's part with what they did, and what the reader may do about it."""

    binding: Binding
    counts: Counts = field(default_factory=Counts)
    may_bind: bool = False
    may_close: bool = False


def parts(actor: Actor, assignment: Assignment) -> list[Part]:
    """Who is bound, as far as the actor leads them; operators with their figures. Nothing for who leads nobody."""
    is_whole = sees_whole(actor, assignment)
    found = bindings(actor, assignment)
    if not is_whole:
        found = found.filter(Q(supervisor=actor.id) | Q(person=actor.id, duty=Duty.SUPERVISOR))
    rows = list(found)
    done = counts_by([assignment.pk], "owner", owner__in=[one.person_id for one in rows]) if rows else {}
    duties = duties_to_bind(actor, assignment) if rows else []
    is_open = assignment.state in (AssignmentState.DRAFT, AssignmentState.OPEN)
    return [
        Part(
            one,
            done.get((one.person_id,), Counts()),
            may_bind=is_open and one.duty in duties,
            may_close=one.is_open and _may_close(actor, assignment, one),
        )
        for one in rows
    ]


def _may_close(actor: Actor, assignment: Assignment, one: Binding) -> bool:
    if one.duty not in (Duty.OPERATOR, Duty.SUPERVISOR) or assignment.state != AssignmentState.OPEN:
        return False
    scope = actor.scope(CLOSE_PART)
    if scope is None:
        return False
    is_above = scope is Scope.ALL or actor.id == assignment.coordinator_id
    return is_above or actor.id in (one.supervisor_id, one.person_id)


def part_of_person(actor: Actor, assignment_id: UUID, person_id: UUID) -> Binding:
    """Somebody's part that may be closed, with the assignment; NotFound where they have none."""
    found = assignment(actor, assignment_id)
    duties = (Duty.OPERATOR, Duty.SUPERVISOR)
    seen = bindings(actor, found).filter(person=person_id, duty__in=duties).order_by("-duty")
    one = seen.select_related("person", "assignment").first()
    if one is None:
        raise NotFound
    return one


# ------------------------------------------------------------------------------------- parts of parts


@dataclass(frozen=True)
class Branch:
    """An assignment that is part of another, with its own parts."""

    assignment: Assignment
    counts: Counts
    below: Sequence["Branch"]


def branches(actor: Actor, assignment: Assignment) -> list[Branch]:
    """All that is part of an assignment, at any depth, as far as the actor sees it. One statement a level, one for the figures."""
    found: dict[UUID, list[Assignment]] = {}
    level, ids = [assignment.pk], []
    for _depth in range(DEEPEST):
        seen: Any = Assignment.objects.visible_to(actor)
        rows = list(seen.filter(parent__in=level).select_related("coordinator").order_by("created", "id"))
        if not rows:
            break
        for one in rows:
            found.setdefault(one.parent_id, []).append(one)
        level = [one.pk for one in rows]
        ids += level
    done = counts_seen(actor, ids) if ids else {}
    return _below(assignment.pk, found, done)


def _below(
    parent: UUID | None, found: dict[UUID, list[Assignment]], done: dict[UUID, Counts]
) -> list[Branch]:
    return [
        Branch(one, done.get(one.pk, Counts()), _below(one.pk, found, done))
        for one in found.get(parent, [])  # type: ignore[arg-type]
    ]


def is_seen(actor: Actor, assignment_id: UUID | None) -> bool:
    """Whether the assignment that another one is part of may be named to the actor."""
    seen: Any = Assignment.objects.visible_to(actor)
    return assignment_id is not None and bool(seen.filter(pk=assignment_id).exists())
