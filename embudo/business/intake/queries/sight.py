from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, IntegerField, Q, QuerySet, Value, When

from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.models.entries import led_by
from embudo.business.intake.permissions import VIEW_ENTRIES
from embudo.business.intake.rules.states import HIDDEN_FROM_VERIFIER, AssignmentState, Duty, EntryState
from embudo.kernel.actor import Actor
from embudo.kernel.keyset import KeysetPage, SortOrder, capped_count, page_of, read_cursor
from embudo.kernel.permission import Scope

MOST_OPERATORS, MOST_OFFERED = 500, 200
RETURNED = "returned"
RETURNED_FIRST = f"-{RETURNED},-created"


@dataclass(frozen=True)
class Sight:
    """What somebody sees of the entries of one assignment, as two or three small statements found it."""

    is_all: bool
    owners: frozenset[UUID]
    is_verifier: bool

    def narrowed(self, found: QuerySet[Entry]) -> QuerySet[Entry]:
        """
        The condition in its simplest form: an index serves each of them, and none needs a second table. What a verifier may
        not see is named, not what they may: PostgreSQL would walk an index once for each of the many states.
        """
        if self.is_all:
            return found
        if not self.is_verifier:
            return found.filter(_of(self.owners))
        shown = ~Q(state__in=HIDDEN_FROM_VERIFIER)
        return found.filter(_of(self.owners) | shown if self.owners else shown)

    def hides(self, found: QuerySet[Entry]) -> QuerySet[Entry]:
        """Of entries that were handed in, those out of sight: who verifies sees all of them."""
        if self.is_all or self.is_verifier:
            return found.none()
        return found.exclude(_of(self.owners)) if self.owners else found


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


def page_of_returned_first(
    found: QuerySet[Entry], *, size: int, after: str, before: str, fields: Sequence[str]
) -> KeysetPage:
    """
    As `keyset_page` of entries in the order RETURNED_FIRST, their state and moment among the fields. What was rejected
    and the rest are read one after the other, each along its index: the order of both would sort all that somebody ever entered.
    """
    start = read_cursor(after or before, RETURNED_FIRST) if after or before else None
    is_back = bool(start and before and not after)
    order = SortOrder.of(found, "-created")
    rejected = Q(state=EntryState.REJECTED)
    parts = [(1, found.filter(rejected)), (0, found.exclude(rejected))]
    rows: list[dict[str, Any]] = []
    for place, part in parts[::-1] if is_back else parts:
        left, entries = size + 1 - len(rows), part
        if start:
            (reached, created), pk = start
            if place == reached:
                entries = part.filter(order.beyond(created, pk, reverse=is_back))
            elif (place > reached) != is_back:
                continue  # the page before ended behind it
        if left > 0:
            ordered = entries.order_by(*order.expressions(reverse=is_back))
            rows += ordered.values(*dict.fromkeys(["pk", "created", *fields]))[:left]
    return page_of(
        rows, size=size, sort=RETURNED_FIRST, value=_place, is_back=is_back, is_first=start is None
    )


def _place(row: dict[str, Any]) -> tuple[int, Any]:
    return int(row["state"] == EntryState.REJECTED), row["created"]
