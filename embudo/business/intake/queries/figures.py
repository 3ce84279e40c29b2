from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from embudo.business.intake.models import Assignment, Entry, Tally
from embudo.business.intake.rules.forecast import LOOKS_BACK, finish_day
from embudo.business.intake.rules.states import AssignmentState, EntryState
from embudo.foundation.access.queries import user_names
from embudo.kernel import clock
from embudo.kernel.actor import Actor

MEDIAN_OF = 1000  # the last entries of each assignment: more would tell of another time


@dataclass(frozen=True)
class Counts:
    """Entries by state; withdrawn ones count nowhere."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    seconds: int = 0

    def of(self, *states: str) -> int:
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def entered(self) -> int:
        return sum(n for state, n in self.by_state.items() if state != EntryState.WITHDRAWN)

    @property
    def accepted(self) -> int:
        return self.of(EntryState.ACCEPTED)

    @property
    def rejected(self) -> int:
        return self.of(EntryState.REJECTED)

    @property
    def waiting(self) -> int:
        return self.of(EntryState.HANDED_IN, EntryState.IN_VERIFICATION)

    @property
    def rejected_percent(self) -> int | None:
        """Of those that somebody has decided on."""
        decided = self.accepted + self.rejected
        return round(100 * self.rejected / decided) if decided else None


@dataclass(frozen=True)
class Share:
    """One person's, day's or region's part."""

    key: Any
    name: str
    counts: Counts


@dataclass(frozen=True)
class Progress:
    total: Counts
    today: Counts
    people: Sequence[Share]
    days: Sequence[Share]
    regions: Sequence[Share]
    median_seconds: int | None
    finishes: date | None


def counts_by(
    assignment_ids: Iterable[UUID],
    *names: str,
    seen: Q | None = None,
    is_timed: bool = False,
    **narrowed: Any,
) -> dict[tuple[Any, ...], Counts]:
    """Counts by the columns named; one statement. The time taken only if it is asked for: without it an index answers alone."""
    found = Tally.objects.filter(assignment__in=list(assignment_ids), n__gt=0, **narrowed)
    if seen is not None:
        found = found.filter(seen)
    sums = {"count": Sum("n")} | ({"took": Sum("seconds")} if is_timed else {})
    rows = found.order_by().values_list(*names, "state").annotate(**sums).values_list(*names, "state", *sums)
    by_state: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    seconds: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        key, (state, n, *took) = row[: len(names)], row[len(names) :]
        by_state[key][state] = n
        seconds[key] += sum(took)
    return {key: Counts(states, seconds[key]) for key, states in by_state.items()}


def counts(assignment: Assignment, *, owner: UUID | None = None, day: date | None = None) -> Counts:
    """Of the whole assignment, or of one person or day in it."""
    narrowed = {"owner": owner, "day": day}
    given: dict[str, Any] = {name: value for name, value in narrowed.items() if value}
    return counts_by([assignment.pk], **given).get((), Counts())


def counts_of_many(assignment_ids: Iterable[UUID], *, owner: UUID | None = None) -> dict[UUID, Counts]:
    """By assignment: what a list shows."""
    narrowed: dict[str, Any] = {"owner": owner} if owner else {}
    return {key[0]: one for key, one in counts_by(assignment_ids, "assignment", **narrowed).items()}


def own_counts(actor: Actor, assignment: Assignment) -> tuple[Counts, Counts]:
    """The actor's own: today's, and all."""
    by_day = counts_by([assignment.pk], "day", is_timed=True, owner=actor.id)
    today = by_day.get((clock.today(),), Counts())
    return today, _added(by_day.values())


def _added(parts: Iterable[Counts]) -> Counts:
    states: defaultdict[str, int] = defaultdict(int)
    seconds = 0
    for part in parts:
        seconds += part.seconds
        for state, n in part.by_state.items():
            states[state] += n
    return Counts(dict(states), seconds)


def progress(actor: Actor, assignment: Assignment, *, owners: Any = None) -> Progress:
    """
    By person, day and region, with the median time of the last 1,000 entries and the day on which the target is met at
    the pace of the last two weeks. `owners` narrows it to some operators (a supervisor's). Times are in seconds, days the organisation's.
    """
    narrowed = {"owner__in": owners} if owners is not None else {}
    places = counts_by([assignment.pk], "owner", "region", is_timed=True, **narrowed)
    people, regions = (_grouped(places, place) for place in range(2))
    days = {key[0]: one for key, one in counts_by([assignment.pk], "day", **narrowed).items()}
    today = clock.today()
    total = _added(people.values())
    names = user_names(set(people))
    since = today - timedelta(days=LOOKS_BACK - 1)
    recent = sum(one.entered for day, one in days.items() if day >= since)
    first = min(days, default=today)
    entries = Entry.objects.filter(assignment=assignment, seconds__gt=0, **narrowed)
    took = list(entries.order_by("-created", "-id").values_list("seconds", flat=True)[:MEDIAN_OF])
    done = total.accepted if assignment.policy != "off" else total.entered
    finishes = (
        finish_day(
            today=today, target=assignment.target, done=done, recent=recent,
            days=min(LOOKS_BACK, (today - first).days + 1),
        )
        if assignment.state == AssignmentState.OPEN
        else None
    )  # fmt: skip
    return Progress(
        total,
        days.get(today, Counts()),
        sorted(
            (Share(key, names.get(key, ""), one) for key, one in people.items()),
            key=lambda one: -one.counts.entered,
        ),
        [Share(day, "", days[day]) for day in sorted(days)],
        sorted((Share(key, key, one) for key, one in regions.items()), key=lambda one: -one.counts.entered),
        round(median(took)) if took else None,
        finishes,
    )


def _grouped(rows: Mapping[tuple[Any, ...], Counts], place: int) -> dict[Any, Counts]:
    parts: defaultdict[Any, list[Counts]] = defaultdict(list)
    for key, one in rows.items():
        parts[key[place]].append(one)
    return {key: _added(found) for key, found in parts.items()}
