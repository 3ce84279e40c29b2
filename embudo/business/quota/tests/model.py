"""
What a quota is, said once more in plain Python: every posting is kept and summed each time it is asked for. Nothing of the product
is used, its calendar neither, so that a fault there is seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Warsaw")
ONE_DAY = timedelta(days=1)
MONTHS = {"month": 1, "quarter": 3, "year": 12}
THRESHOLDS = (50, 90)


def midnight(day: date) -> datetime:
    """The first instant of a day in Warsaw."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def day_at(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


@dataclass(frozen=True, order=True)
class Days:
    starts: date
    ends: date  # the first one after it

    def __contains__(self, day: date) -> bool:
        return self.starts <= day < self.ends


def period_of(kind: str, days: int, day: date) -> Days:
    if kind == "rolling":
        return Days(day - days * ONE_DAY + ONE_DAY, day + ONE_DAY)
    first = day.replace(day=1)
    while (first.month - 1) % MONTHS[kind]:
        first = (first - ONE_DAY).replace(day=1)
    end = first
    for _month in range(MONTHS[kind]):
        end = (end + 31 * ONE_DAY).replace(day=1)
    return Days(first, end)


@dataclass
class Authorised:
    amount: int
    expires: datetime
    day: date
    days: list[tuple[date, int]] = field(
        default_factory=list
    )  # when how much of it was captured, less what was refunded
    captured: int = 0
    refunded: int = 0
    is_open: bool = True

    @property
    def rest(self) -> int:
        return self.amount - self.captured if self.is_open else 0

    def given_back(self, amount: int) -> Iterator[tuple[date, int]]:
        """On which days, where the quota of the day it was spent is given back: the last ones first."""
        left = []
        for day, taken in sorted(self.days, reverse=True):
            given = min(taken, amount)
            amount -= given
            left.append((day, taken - given))
            yield day, given
        self.days = left


@dataclass
class Terms:
    """What a version of a policy says."""

    period: str
    days: int
    overdraft: int

    def span(self, day: date) -> Days:
        return period_of(self.period, self.days, day)


@dataclass
class Closed:
    """A period that is over. What is posted for a day that the running one holds as well is of that one alone."""

    first: int
    consumed: int
    allowance: int | None  # None where it was looked at for the first time when it was long over
    is_restated: bool = False


@dataclass
class Model:
    limit: int | None  # None: nobody has set one
    terms: Terms
    span: Days
    refunds: str
    counted_on: str
    topups: int = 0
    grants: list[tuple[date, int]] = field(default_factory=list)  # top-ups that officers let be spent
    postings: list[tuple[date, int]] = field(default_factory=list)
    periods: dict[Days, Closed] = field(default_factory=dict)
    holds: dict[Any, Authorised] = field(default_factory=dict)
    is_blocked: bool = False
    is_closed: bool = False
    versions: list[tuple[date, Terms]] = field(default_factory=list)
    published: Terms | None = None  # nobody has looked at the account since

    # --- figures ---

    def spent_in(self, span: Days) -> int:
        return sum(amount for day, amount in self.postings if day in span)

    @property
    def consumed(self) -> int:
        return self.spent_in(self.span)

    @property
    def held(self) -> int:
        return sum(one.rest for one in self.holds.values())

    @property
    def overdraft(self) -> int:
        return self.terms.overdraft

    @property
    def allowance(self) -> int:
        """Where only a limit is missing there is no overdraft either."""
        return self.topups + (0 if self._is_pending else (self.limit or 0) + self.overdraft)

    @property
    def _is_pending(self) -> bool:
        return self.limit is None and not self.is_blocked and not self.is_closed

    @property
    def available(self) -> int:
        return self.allowance - self.consumed - self.held

    @property
    def state(self) -> str:
        if self.is_closed:
            return "closed"
        if self.is_blocked:
            return "held"
        if self.limit is None:
            return "pending"
        if self.available <= 0:
            return "at_limit"
        used = 100 * (self.consumed + self.held)
        return "watch" if any(used >= one * self.allowance for one in THRESHOLDS) else "open"

    @property
    def spendable(self) -> int:
        """What may be spent now."""
        return max(0, self.available) if self.may_spend else 0

    @property
    def may_spend(self) -> bool:
        return self.state in ("open", "watch", "at_limit")

    @property
    def told(self) -> dict[Days, tuple[int, int, bool]]:
        return {
            span: (closed.consumed, closed.first, closed.is_restated) for span, closed in self.periods.items()
        }

    def may_take(self, amount: int) -> bool:
        return amount <= self.spendable

    def refusal(self) -> str:
        by_state = {"held": "quota.held", "pending": "quota.pending"}
        return by_state.get(self.state, "quota.over" if self.available < 0 else "quota.limit")

    # --- what happens ---

    def post(self, day: date, amount: int) -> None:
        """A day that a closed period holds restates it; one that nobody looked at while it ran is kept from now on."""
        self.postings.append((day, amount))
        if not amount or day >= self.span.starts:
            return
        over = [closed for span, closed in self.periods.items() if day in span]
        for closed in over:
            closed.consumed += amount
            closed.is_restated = True
        if not over and self._terms_on(day).period != "rolling":
            span = self._unkept(day)
            spent = self.spent_in(span)
            self.periods[span] = Closed(spent - amount, spent, None, is_restated=True)

    def publish(self, day: date, terms: Terms) -> None:
        self.published = terms
        self.versions.append((day, terms))

    def _terms_on(self, day: date) -> Terms:
        return [terms for starts, terms in self.versions if starts <= day][-1]

    def _unkept(self, day: date) -> Days:
        """Between the periods that are known."""
        span = self._terms_on(day).span(day)
        before = [one.ends for one in self.periods if one.ends <= day]
        after = [one.starts for one in (*self.periods, self.span) if one.starts > day]
        return Days(max([span.starts, *before]), min([span.ends, *after]))

    def settle(self, now: datetime) -> "Model":
        """What time does by `now`: holds end, and the period that runs now comes with the newest version of the policy."""
        for one in self.holds.values():
            one.is_open = one.is_open and one.expires > now
        newest = self.published or self.terms
        span = newest.span(day_at(now))
        if span != self.span:
            self._close(Days(self.span.starts, min(self.span.ends, span.starts)))
            used, lapsed = self._used(), self._lapsed(span)
            self.span = span
            self.topups -= max(0, used - self._used()) + lapsed
        self.terms, self.published = newest, None
        return self

    def _close(self, span: Days) -> None:
        if self.terms.period != "rolling" and span.starts < span.ends and span not in self.periods:
            allowance = (self.limit or 0) + self.overdraft + self.topups
            spent = self.spent_in(span)
            self.periods[span] = Closed(spent, spent, allowance)

    def _used(self) -> int:
        """Of the top-ups, by what was spent above the limit."""
        return min(self.topups, max(0, self.consumed - (self.limit or 0)))

    def _lapsed(self, span: Days) -> int:
        """What officers granted for the days that are over and nobody has used."""
        granted = sum(amount for day, amount in self.grants if day in self.span and day < span.starts)
        return max(0, min(granted, self.topups) - self._used())
