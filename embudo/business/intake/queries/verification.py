from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q

from embudo.business.intake.models import Assignment, Binding, Entry, Round, SecondEntry
from embudo.business.intake.permissions import VERIFY
from embudo.business.intake.queries.assignments import assignments_verified, verified_by
from embudo.business.intake.queries.entries import asked_values, waiting
from embudo.business.intake.queries.shown import Fact, Wording, changed_names
from embudo.business.intake.rules.states import WITH_VERIFIER, AssignmentState, Duty, EntryState, Second
from embudo.business.intake.rules.verdicts import Outcome, Point
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.prepared import PreparedSight

MOST_SHOWN = 25  # of what waits: nobody reads further, the next one is given to them
MOST_ASSIGNMENTS = 200
MOST_COUNTED = 100  # in the menu


@dataclass(frozen=True)
class Queued:
    """What a verifier has to do under one assignment, and has done there today."""

    assignment: Assignment
    waiting: int = 0
    corrected: int = 0  # of those that wait
    held: int = 0  # by this verifier
    accepted: int = 0
    rejected: int = 0


def queue(actor: Actor) -> list[Queued]:
    """By open assignment that the actor verifies, the most urgent first. Three statements."""
    at_hand = _at_hand(actor)
    bound = Binding.objects.filter(person=actor.id, duty=Duty.VERIFIER, closed=None).values("assignment")
    open_ones = Assignment.objects.filter(state=AssignmentState.OPEN)
    found = open_ones.filter(Q(pk__in=bound) | Q(pk__in=list(at_hand)))[:MOST_ASSIGNMENTS]
    today = _decided_today(actor)
    ordered = sorted(found, key=lambda one: (one.deadline is None, one.deadline, one.created))
    return [
        Queued(
            one,
            **at_hand.get(one.pk, {}),
            accepted=today[one.pk, Outcome.ACCEPTED],
            rejected=today[one.pk, Outcome.REJECTED],
        )
        for one in ordered
    ]


def _free(now: datetime) -> Q:
    is_lost = Q(state=EntryState.IN_VERIFICATION, leased__lt=now)
    return (Q(state=EntryState.HANDED_IN) | is_lost) & ~Q(second=Second.WANTED)


def _at_hand(actor: Actor) -> dict[UUID, dict[str, int]]:
    now = clock.now()
    seen = Entry.objects.filter(verified_by(actor), state__in=WITH_VERIFIER).exclude(owner=actor.id)
    rows = seen.order_by().values("assignment").annotate(
        waiting=Count("pk", filter=_free(now)),
        corrected=Count("pk", filter=_free(now) & Q(round__gt=1)),
        held=Count("pk", filter=Q(state=EntryState.IN_VERIFICATION, verifier=actor.id, leased__gte=now)),
    )  # fmt: skip
    return {row.pop("assignment"): row for row in rows}


def _decided_today(actor: Actor) -> Counter[tuple[UUID, str]]:
    began = datetime.combine(clock.today(), time(), ZoneInfo(settings.TIME_ZONE))
    mine = Round.objects.filter(verifier=actor.id, decided__gte=began).order_by()
    rows = mine.values_list("entry__assignment", "outcome").annotate(n=Count("pk"))
    return Counter({(assignment_id, outcome): n for assignment_id, outcome, n in rows})


def first_waiting(actor: Actor, assignment: Assignment | None = None) -> list[Entry]:
    """The first of what waits, as it is given out: corrected ones, what somebody left lying, then the oldest."""
    ids = [assignment.pk] if assignment else list(assignments_verified(actor))
    found = waiting(actor).filter(assignment__in=ids).select_related("assignment", "owner")
    ordered, rows = found.order_by("handed_in", "id"), list[Entry]()
    for part in (
        Q(round__gt=1), Q(round=1, state=EntryState.IN_VERIFICATION), Q(round=1, state=EntryState.HANDED_IN),
    ):  # fmt: skip
        left = MOST_SHOWN - len(rows)
        rows += ordered.filter(part)[:left] if left else []
    return rows


def _counted(actor: Actor, me: UUID) -> Any:
    seen = Entry.objects.filter(verified_by(actor), state=EntryState.HANDED_IN)
    return seen.exclude(owner=me).exclude(second=Second.WANTED).order_by().values_list("pk")[:MOST_COUNTED]


WAITING = PreparedSight(VERIFY, _counted)


def waiting_count(actor: Actor) -> int:
    """How many entries wait for the actor; no more than a hundred are counted."""
    return len(WAITING.seen(actor, me=actor.id)) if actor.id else 0


def standing(actor: Actor, entry: Entry) -> str:
    """How an entry stands to a verifier: "mine", "free", "held", "own", "second" (entered again first), "over"."""
    if entry.state not in WITH_VERIFIER:
        return "over"
    if entry.owner_id == actor.id:
        return "own"
    if entry.second == Second.WANTED:
        return "second"
    if entry.state == EntryState.HANDED_IN:
        return "free"
    if entry.verifier_id == actor.id:
        return "mine"
    return "held" if entry.leased and entry.leased >= clock.now() else "free"


@dataclass(frozen=True)
class Checked:
    """A value to be judged, with what is known of it: as it was before, what was said of it then, and as entered again."""

    fact: Fact
    help: str = ""
    before: Any = None  # in words; None where it did not change
    said: Point | None = None  # of the round before
    again: Any = None  # by the second person, where it differs


@dataclass(frozen=True)
class Examined:
    """An entry as a verifier looks at it."""

    values: Sequence[Checked]
    former: Round | None = None  # the round before, with its verdict
    labels: Mapping[str, str] = field(default_factory=dict)


def examined(actor: Actor, entry: Entry) -> Examined:
    """The values asked for beside those of the round before and of the second person; two statements, more for custom ones."""
    wording = Wording(actor, entry.assignment)
    former = (
        Round.objects.select_related("verifier").filter(entry=entry, number=entry.round - 1).first()
        if entry.round > 1
        else None
    )
    now = asked_values(entry)
    old = former.values if former else now
    changed = set(changed_names(wording.labels, old, now))
    said = {one.name: one for one in former.judged} if former else {}
    again = _entered_again(entry)
    helps = {one.name: one.help for one in entry.assignment.attributes}
    checked = [
        Checked(
            fact,
            helps[fact.name],
            wording.text(fact.name, old.get(fact.name)) if fact.name in changed else None,
            said.get(fact.name),
            wording.text(fact.name, again[fact.name]) if fact.name in again else None,
        )
        for fact in wording.facts(now)
    ]
    return Examined(checked, former, wording.labels)


def _entered_again(entry: Entry) -> dict[str, Any]:
    """What the second person entered and is not the same."""
    if entry.second != Second.DIFFERENT:
        return {}
    found = SecondEntry.objects.filter(entry=entry).first()
    return {name: found.values.get(name) for name in found.different} if found else {}
