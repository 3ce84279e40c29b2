from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, IntegerField, Q, QuerySet, Value, When

from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.models.entries import led_by
from embudo.business.intake.permissions import VIEW_ENTRIES
from embudo.business.intake.rules.states import SHOWN_TO_VERIFIER, AssignmentState, Duty, EntryState
from embudo.kernel.actor import Actor
from embudo.kernel.keyset import capped_count
from embudo.kernel.permission import Scope

MOST_OPERATORS, MOST_OFFERED = 500, 200
RETURNED = "returned"


@dataclass(frozen=True)
class Sight:
    """What somebody sees of the entries of one assignment, as two or three small statements found it."""

    is_all: bool
    owners: frozenset[UUID]
    is_verifier: bool

    def narrowed(self, found: QuerySet[Entry]) -> QuerySet[Entry]:
        """The condition in its simplest form: an index serves each of them, and none needs a second table."""
        if self.is_all:
            return found
        if not self.is_verifier:
            return found.filter(_of(self.owners))
        return found.filter(_of(self.owners) | Q(state__in=SHOWN_TO_VERIFIER))


def _of(owners: frozenset[UUID]) -> Q:
    if len(owners) == 1:
        return Q(owner=next(iter(owners)))
    return Q(owner__in=sorted(owners))


def entries_of(actor: Actor, assignment_id: UUID) -> QuerySet[Entry]:
    """
    As `Entry.objects.visible_to(actor)` of one assignment, in a form that a million entries bear: what the actor is to the
    assignment is decided first, so that no statement over entries asks it of each of them.
    """
    found: QuerySet[Entry] = Entry.objects.filter(assignment=assignment_id)
    scope = actor.scope(VIEW_ENTRIES)
    if scope is None:
        return found.none()
    return found if scope is Scope.ALL else sight_of(actor, assignment_id, scope).narrowed(found)


def sight_of(actor: Actor, assignment_id: UUID, scope: Scope) -> Sight:
    """Whoever enters is bound and stays so, so that the operators led, and those the grant reaches, are found by bindings."""
    me = actor.id
    ordered = Assignment.objects.filter(Q(principal=me) | Q(coordinator=me), pk=assignment_id)
    if ordered.exists():
        return Sight(is_all=True, owners=frozenset(), is_verifier=False)
    mine, led = Q(person=me), Q(supervisor=me)
    if scope is not Scope.OWN:
        led |= Q(duty=Duty.OPERATOR, person__in=actor.owners(scope))
    bound = Binding.objects.filter(mine | led, assignment=assignment_id)
    rows = list(bound.values_list("person_id", "duty"))
    duties = {duty for person, duty in rows if person == me}
    return Sight(
        is_all=bool(duties & {Duty.PRINCIPAL, Duty.COORDINATOR}),
        owners=frozenset(person for person, duty in rows if duty == Duty.OPERATOR),
        is_verifier=Duty.VERIFIER in duties,
    )


def entries_seen(actor: Actor) -> QuerySet[Entry]:
    """
    As `Entry.objects.visible_to(actor)`, to be read newest first, by id. Of few entries the database collects all by its indexes and
    sorts them; of many it had better walk along the ids, and does so where it cannot look into the condition (SQLite,
    a million entries: 5.9 s or 8 ms).
    """
    scope = actor.scope(VIEW_ENTRIES)
    found: Any = Entry.objects.visible_to(actor)
    if scope is None or scope is Scope.ALL:
        return found  # type: ignore[no-any-return]
    if not sees_others(actor):
        return Entry.objects.filter(owner=actor.id)
    if not capped_count(found)[1]:
        return found  # type: ignore[no-any-return]
    seen = When(Q(owner__in=actor.owners(scope)) | led_by(actor), then=Value(value=True))
    return Entry.objects.filter(Case(seen, default=Value(value=False), output_field=BooleanField()))


def sees_others(actor: Actor) -> bool:
    """Whether the actor may see entries that somebody else entered."""
    scope = actor.scope(VIEW_ENTRIES)
    if scope is not Scope.OWN:
        return scope is not None
    bound = Q(person=actor.id) & ~Q(duty=Duty.OPERATOR)
    if Binding.objects.filter(bound | Q(supervisor=actor.id)).exists():
        return True
    return Assignment.objects.filter(Q(principal=actor.id) | Q(coordinator=actor.id)).exists()


def operators_seen(actor: Actor, assignment_id: UUID | None = None) -> list[tuple[str, str]]:
    """Whose entries the actor may look for: (id, name) of the operators bound, of one assignment where it is named."""
    seen = Binding.objects.visible_to(actor).filter(duty=Duty.OPERATOR)
    if assignment_id:
        seen = seen.filter(assignment=assignment_id)
    named = seen.order_by("person__name", "person_id").values_list("person_id", "person__name").distinct()
    return [(str(pk), name) for pk, name in named[:MOST_OPERATORS]]


def assignment_titles(assignment_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What the assignments of entries that somebody sees are called."""
    return dict(Assignment.objects.filter(pk__in=set(assignment_ids)).values_list("pk", "title"))


def assignment_options(actor: Actor, chosen: UUID | None = None) -> list[tuple[str, str]]:
    """(id, title) of the newest assignments that the actor may look into, and of the one that was chosen."""
    seen: Any = Assignment.objects.visible_to(actor)
    named = (
        seen.exclude(state=AssignmentState.ARCHIVED).order_by("-created", "-id").values_list("pk", "title")
    )
    found = list(named[:MOST_OFFERED])
    if chosen and chosen not in dict(found):
        found += list(seen.filter(pk=chosen).values_list("pk", "title"))
    return [(str(pk), title) for pk, title in found]


def with_returned(found: QuerySet[Entry]) -> QuerySet[Entry]:
    """With a column to order by that puts what was rejected apart."""
    rejected = When(state=EntryState.REJECTED, then=Value(1))
    return found.annotate(**{RETURNED: Case(rejected, default=Value(0), output_field=IntegerField())})
