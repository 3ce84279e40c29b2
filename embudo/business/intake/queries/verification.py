from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Q, Value, When

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
    """By open assignment that the actor verifies, the most urgent first. Four statements."""
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


def _at_hand(actor: Actor) -> dict[UUID, dict[str, int]]:
    """
    What was handed in is counted by its index alone, however much it is; what somebody has, or left lying, is never much: each
    by itself.
    """
    now, seen = clock.now(), Entry.objects.filter(verified_by(actor)).exclude(owner=actor.id).order_by()
    is_lost, is_mine = Q(leased__lt=now) & ~Q(second=Second.WANTED), Q(verifier=actor.id, leased__gte=now)
    handed_in = seen.filter(state=EntryState.HANDED_IN).exclude(second=Second.WANTED).values("assignment")
    claimed = seen.filter(state=EntryState.IN_VERIFICATION).values("assignment")
    one, again = Value(1), Q(round__gt=1)
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for rows in (
        handed_in.annotate(waiting=Count(one), corrected=Count(one, filter=again)),
        claimed.annotate(
            waiting=Count(one, filter=is_lost), corrected=Count(one, filter=is_lost & again), held=Count(one, filter=is_mine)
        ),
    ):  # fmt: skip
        for row in rows:
            found[row.pop("assignment")].update(row)
    return {assignment_id: dict(counts) for assignment_id, counts in found.items()}


def _decided_today(actor: Actor) -> Counter[tuple[UUID, str]]:
    began = datetime.combine(clock.today(), time(), ZoneInfo(settings.TIME_ZONE))
    mine = Round.objects.filter(verifier=actor.id, decided__gte=began).order_by()
    rows = mine.values_list("entry__assignment", "outcome").annotate(n=Count("pk"))
    return Counter({(assignment_id, outcome): n for assignment_id, outcome, n in rows})


def first_waiting(actor: Actor, assignment: Assignment | None = None) -> list[Entry]:
    """
    The first of what waits, as it is given out: corrected ones, what somebody left lying, then the oldest. Ids first: of one table
    alone they come in the order of an index.
    """
    ids = [assignment.pk] if assignment else list(assignments_verified(actor))
    found = waiting(actor).filter(assignment__in=ids).order_by("handed_in", "id")
    corrected = Case(When(round__gt=1, then=Value(0)), default=Value(1))
    lost = found.filter(state=EntryState.IN_VERIFICATION).order_by(corrected, "handed_in", "id")
    left_lying = list(lost.values_list("pk", "round")[:MOST_SHOWN])
    handed_in = found.filter(state=EntryState.HANDED_IN).values_list("pk", flat=True)
    shown = [pk for pk, number in left_lying if number > 1]
    shown += handed_in.filter(round__gt=1)[:MOST_SHOWN]
    shown += [pk for pk, number in left_lying if number == 1]
    if len(shown) < MOST_SHOWN:
        shown += handed_in.filter(round=1)[: MOST_SHOWN - len(shown)]
    rows = Entry.objects.select_related("assignment", "owner").in_bulk(shown[:MOST_SHOWN])
    return [rows[pk] for pk in shown[:MOST_SHOWN]]


def _counted(actor: Actor, me: UUID, now: datetime) -> Any:
    """What was handed in is counted by its index alone; what somebody left lying is never much."""
    seen = Entry.objects.filter(verified_by(actor)).exclude(owner=me).exclude(second=Second.WANTED)
    waits, lost = Q(state=EntryState.HANDED_IN), Q(state=EntryState.IN_VERIFICATION, leased__lt=now)
    found, left = (seen.filter(part).order_by().values_list("pk") for part in (waits, lost))
    return found.union(left, all=True)[:MOST_COUNTED]


WAITING = PreparedSight(VERIFY, _counted)


def waiting_count(actor: Actor) -> int:
    """How many entries wait for the actor; no more than a hundred are counted."""
    return len(WAITING.seen(actor, me=actor.id, now=clock.now())) if actor.id else 0


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
