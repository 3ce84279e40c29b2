from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from embudo.business.intake.models import Assignment, Binding, Closing, Draft, Entry
from embudo.business.intake.permissions import VERIFY
from embudo.business.intake.rules.drafts import OVER
from embudo.business.intake.rules.states import UNFINISHED, AssignmentState, Duty
from embudo.business.intake.rules.territory import country_of
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import definitions
from embudo.foundation.attributes.rules import Definition
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope

DEEPEST = 20  # parts of parts


def custom_definitions() -> tuple[Definition, ...]:
    """The attributes that the organisation has defined for entries."""
    return definitions(Entry.kind_name())


def custom_keys() -> list[str]:
    return [one.key for one in custom_definitions()]


def assignments(
    actor: Actor, *, q: str = "", state: str = "", parent: UUID | None = None
) -> QuerySet[Assignment]:
    """The assignments the actor sees, narrowed by what is given."""
    found: Any = Assignment.objects.visible_to(actor)
    if q:
        found = found.filter(title__icontains=q)
    if state:
        found = found.filter(state=state)
    return found.filter(parent=parent) if parent else found  # type: ignore[no-any-return]


def assignment(actor: Actor, assignment_id: UUID) -> Assignment:
    """One assignment; NotFound outside the actor's sight."""
    found: Assignment = Assignment.objects.select_related("principal", "coordinator", "parent").one(
        actor, assignment_id
    )
    return found


def bindings(actor: Actor, assignment: Assignment) -> QuerySet[Binding]:
    """Who is bound, with names."""
    seen: Any = Binding.objects.visible_to(actor).filter(assignment=assignment)
    return seen.select_related("person", "supervisor", "team").order_by("duty", "person__name", "id")  # type: ignore[no-any-return]


def binding(actor: Actor, binding_id: UUID) -> Binding:
    found: Binding = Binding.objects.select_related("person", "supervisor", "assignment").one(
        actor, binding_id
    )
    return found


def closings(actor: Actor, assignment: Assignment) -> QuerySet[Closing]:
    seen: Any = Closing.objects.visible_to(actor).filter(assignment=assignment)
    return seen.select_related("person", "by").order_by("-created", "-id")  # type: ignore[no-any-return]


def closing(actor: Actor, closing_id: UUID) -> Closing:
    found: Closing = Closing.objects.select_related("person", "assignment").one(actor, closing_id)
    return found


def home_country(assignment: Assignment) -> str:
    """By whose rules numbers are checked where nobody names a country: the territory's, else the organisation's."""
    return country_of(assignment.territory) or organisation().country


def own_binding(actor: Actor, assignment: Assignment) -> Binding | None:
    """The actor's part as an operator."""
    return Binding.objects.filter(assignment=assignment, person=actor.id, duty=Duty.OPERATOR).first()


def own_assignments(actor: Actor, duty: str = Duty.OPERATOR) -> list[Assignment]:
    """The open ones somebody is bound to, the most urgent first."""
    mine = Binding.objects.filter(person=actor.id, duty=duty, closed=None).values("assignment")
    found = Assignment.objects.filter(pk__in=mine, state=AssignmentState.OPEN)
    return sorted(found[:200], key=lambda one: (one.deadline is None, one.deadline, one.created))


def verifier_part(actor: Actor, assignment_id: UUID) -> Binding | None:
    """The actor's part as a verifier, open or closed."""
    return Binding.objects.filter(assignment=assignment_id, person=actor.id, duty=Duty.VERIFIER).first()


def verified_by(actor: Actor) -> Q:
    """Entries of the open assignments whose verifier the actor is; all open ones for whose grant reaches all."""
    if actor.scope(VERIFY) is Scope.ALL:
        return Q(assignment__state=AssignmentState.OPEN)
    bound = Binding.objects.filter(person=actor.id, duty=Duty.VERIFIER, closed=None)
    open_ones = Assignment.objects.filter(state=AssignmentState.OPEN, pk__in=bound.values("assignment"))
    return Q(assignment__in=open_ones.values("pk"))


def assignments_verified(actor: Actor) -> QuerySet[Any, UUID]:
    """The ids of the open assignments whose entries the actor verifies."""
    found = Assignment.objects.filter(state=AssignmentState.OPEN)
    if actor.scope(VERIFY) is not Scope.ALL:
        bound = Binding.objects.filter(person=actor.id, duty=Duty.VERIFIER, closed=None)
        found = found.filter(pk__in=bound.values("assignment"))
    return found.values_list("pk", flat=True)


def assignments_below(assignment: Assignment) -> list[Assignment]:
    """The assignment and all that are part of it, at any depth."""
    found, level = [assignment], [assignment.pk]
    for _depth in range(DEEPEST):
        parts = list(Assignment.objects.filter(parent__in=level).order_by("created", "id"))
        if not parts:
            break
        found += parts
        level = [one.pk for one in parts]
    return found


def open_parts(assignment_ids: Iterable[UUID]) -> list[Binding]:
    found = Binding.objects.filter(assignment__in=list(assignment_ids), closed=None)
    return list(found.select_related("person", "assignment").order_by("assignment", "duty", "person__name"))


def part_to_close(assignment: Assignment, person_id: UUID) -> list[Binding]:
    """Somebody's open part: an operator's own; a supervisor's with those of all their operators."""
    found = Binding.objects.filter(assignment=assignment, closed=None).filter(
        Q(person=person_id, duty__in=(Duty.OPERATOR, Duty.SUPERVISOR)) | Q(supervisor=person_id)
    )
    return list(found.select_related("person", "assignment").order_by("duty", "person__name"))


@dataclass(frozen=True)
class Unfinished:
    """What a closing leaves undone: entries by state, and forms somebody is still typing in."""

    by_state: dict[str, int]
    drafts: int

    @property
    def entries(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True)
class Reach:
    """What a closing would close, before it does."""

    parts: Sequence[Binding]
    assignments: Sequence[Assignment]
    unfinished: Unfinished


def unfinished(*, parts: Sequence[Binding], assignments: Sequence[Assignment]) -> Unfinished:
    """Of whole assignments where there are any, else of the operators' parts."""
    found = Entry.objects.filter(state__in=UNFINISHED)
    drafts = Draft.objects.filter(after_closing=False, sequence__lt=OVER)
    if assignments:
        ids = [one.pk for one in assignments]
        found, drafts = found.filter(assignment__in=ids), drafts.filter(assignment__in=ids)
    else:
        operators = [one for one in parts if one.duty == Duty.OPERATOR]
        found = found.filter(binding__in=[one.pk for one in operators])
        people = Q(pk__in=[])
        for one in operators:
            people |= Q(owner=one.person_id, assignment=one.assignment_id)
        drafts = drafts.filter(people)
    by_state: dict[str, int] = {}
    for state in UNFINISHED:
        if n := found.filter(state=state).count():
            by_state[state] = n
    return Unfinished(by_state, drafts.count())


def reach_of_closing(assignment: Assignment, person_id: UUID | None = None) -> Reach:
    """The dry run: of somebody's part, or of the whole assignment with all below it."""
    if person_id:
        parts = part_to_close(assignment, person_id)
        return Reach(parts, (), unfinished(parts=parts, assignments=()))
    below = [one for one in assignments_below(assignment) if one.is_open]
    parts = open_parts([one.pk for one in below])
    return Reach(parts, below, unfinished(parts=parts, assignments=below))
