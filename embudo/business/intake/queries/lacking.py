from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q

from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.permissions import ENTER, VIEW_ENTRIES
from embudo.business.intake.rules.states import Duty, EntryState, Second
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor

ENOUGH = 3  # so many others, and nobody asks whether each of them may
SEEING = (Duty.PRINCIPAL, Duty.COORDINATOR, Duty.VERIFIER)


@dataclass(frozen=True)
class Lacking:
    """Entries that wait for a second entry which nobody is there to give, by who entered them."""

    by_owner: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        return sum(self.by_owner.values())


def lacking_seconds(assignments: Iterable[Assignment]) -> dict[UUID, Lacking]:
    """
    By assignment, what waits in vain: nobody else is bound as an operator, or whoever is can look the first entry up. Where nothing is
    entered twice nothing is asked; else two statements, and one for each of the few who may be able to.
    """
    asked = {one.pk: one for one in assignments if one.is_open and one.doubles}
    if not asked:
        return {}
    others = _Others(asked.values())
    short = [pk for pk in asked if len(others.able[pk]) < ENOUGH]
    found = {pk: dict(rows) for pk, rows in _waiting(short).items()}
    vain = {
        pk: {owner: n for owner, n in rows.items() if not others.may_give(pk, owner)}
        for pk, rows in found.items()
    }
    return {pk: Lacking(rows) for pk, rows in vain.items() if rows}


def _waiting(assignment_ids: list[UUID]) -> dict[UUID, dict[UUID, int]]:
    found: dict[UUID, dict[UUID, int]] = {}
    if not assignment_ids:
        return found
    wanted = Entry.objects.filter(
        assignment__in=assignment_ids, state=EntryState.HANDED_IN, second=Second.WANTED
    )
    rows = wanted.order_by().values_list("assignment", "owner").annotate(n=Count("pk"))
    for assignment_id, owner_id, n in rows:
        found.setdefault(assignment_id, {})[owner_id] = n
    return found


class _Others:
    """Who may be asked for a second entry: an operator with an open part who does not see the first."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        listed = list(assignments)
        bound = Binding.objects.filter(assignment__in=[one.pk for one in listed])
        self.bindings = list(bound.select_related("person"))
        self.able = {one.pk: list(self._able(one)) for one in listed}
        self.leads = {(one.assignment_id, one.supervisor_id, one.person_id) for one in self.bindings}
        self.actors: dict[UUID, Actor] = {}

    def _able(self, assignment: Assignment) -> Iterator[User]:
        mine = [one for one in self.bindings if one.assignment_id == assignment.pk]
        sees = {one.person_id for one in mine if one.duty in SEEING}
        sees |= {assignment.principal_id, assignment.coordinator_id}
        today = clock.today()
        for one in mine:
            is_there = one.duty == Duty.OPERATOR and one.is_open and one.person.is_active
            if is_there and one.person_id not in sees and (one.ends is None or one.ends >= today):
                yield one.person

    def may_give(self, assignment_id: UUID, owner_id: UUID) -> bool:
        """Whether somebody may, of what this one entered."""
        others = [one for one in self.able[assignment_id] if one.pk != owner_id]
        return any(
            (assignment_id, one.pk, owner_id) not in self.leads and self._is_blind(one, owner_id)
            for one in others
        )

    def _is_blind(self, user: User, owner_id: UUID) -> bool:
        if user.pk not in self.actors:
            self.actors[user.pk] = actor_of(user)
        actor = self.actors[user.pk]
        scope = actor.scope(VIEW_ENTRIES)
        if not actor.may(ENTER) or scope is None:
            return actor.may(ENTER)
        owners = actor.owners(scope)
        return owners is not None and not User.objects.filter(Q(pk__in=owners), pk=owner_id).exists()
