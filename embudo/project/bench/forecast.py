"""
How often the bands of the forecast held what came, on the purchases of a retailer's customers: each customer an account, each
calendar month a period, looked at from its 1st, 11th and 21st day with what was known then.
"""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import fmean
from time import perf_counter
from typing import Any

from embudo.business.quota.rules.forecast import courses, expected_hits, shortest, tide_of
from embudo.business.quota.rules.habits import LEAST_SPENT, History, learn
from embudo.project.bench.figures import Row

CASES = 3000
ORIGINS = (1, 11, 21)  # days of the month
KNOWN_DAYS = 120  # of the set, before the first forecast
LOOKED_AT, MONTH = 150, 30  # accounts and days from which the tide is told
POINTS = 5  # by which a band may miss its share
CENTS_OFF = 1  # by rounding
SLOWEST = 25  # ms a forecast
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)  # of the pinball loss
CLASSES = ((3, 4), (5, 9), (10, 19), (20, None))  # days of spending that were known
Days = Mapping[date, int]


@dataclass(frozen=True)
class Case:
    """One account at one moment, and what came until the end of the month."""

    account: str
    known: History
    days: tuple[date, ...]
    came: int
    scale: float  # what it spent in 30 days on average

    @property
    def spent_days(self) -> int:
        return sum(amount > 0 for amount in self.known.spent.values())


@dataclass
class Score:
    """Of one method. Losses and widths are in what an account spends in 30 days on average, so that large ones do not drown small."""

    held: dict[int, list[bool]] = field(default_factory=lambda: {80: [], 95: []})  # where the band is one
    points: dict[int, list[bool]] = field(default_factory=lambda: {80: [], 95: []})  # where it is a point
    widths: dict[int, list[float]] = field(default_factory=lambda: {80: [], 95: []})
    pinball: list[float] = field(default_factory=list)
    interval: list[float] = field(default_factory=list)

    def add(self, case: Case, outcomes: Sequence[int]) -> None:
        ordered = sorted(outcomes)
        for percent in (80, 95):
            low, high = shortest(ordered, percent)
            is_held = low - CENTS_OFF <= case.came <= high + CENTS_OFF
            (self.held if high > low else self.points)[percent].append(is_held)
            self.widths[percent].append((high - low) / case.scale)
        losses = [_pinball(ordered[int(level * len(ordered))], level, case.came) for level in LEVELS]
        self.pinball.append(fmean(losses) / case.scale)
        low, high = ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered))]
        missed = max(low - case.came, 0) + max(case.came - high, 0)
        self.interval.append((high - low + missed * 2 / 0.05) / case.scale)

    def share(self, percent: int) -> float:
        """Per cent of the outcomes that the band held; bands that are a point hold more than their share by their nature."""
        held = self.held[percent]
        return 100 * sum(held) / len(held) if held else 0.0


def _pinball(guess: int, level: float, came: int) -> float:
    return (came - guess) * level if came >= guess else (guess - came) * (1 - level)


# --- the set -----------------------------------------------------------------------------------------


def read(path: Path) -> dict[str, dict[date, int]]:
    """Minor units by account and day, of a table account,day,minor (CSV, gzipped or not) or of the retail sets as Parquet."""
    accounts: dict[str, dict[date, int]] = {}
    for account, day, minor in _parquet(path) if path.suffix == ".parquet" else _table(path):
        days = accounts.setdefault(account, {})
        days[day] = days.get(day, 0) + minor
    return accounts


def _table(path: Path) -> Iterator[tuple[str, date, int]]:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        for account, day, minor in csv.reader(file):
            if minor.lstrip("-").isdecimal():  # the heading is not
                yield account, date.fromisoformat(day), int(minor)


def _parquet(path: Path) -> Iterator[tuple[str, date, int]]:
    """Online Retail has lines of invoices with a time, CDNOW purchases with a day."""
    from pyarrow import parquet  # noqa: PLC0415 - of no use elsewhere

    table = parquet.read_table(path)
    columns = {name: table[name].to_pylist() for name in table.column_names if name != "description"}
    if "invoice_ts" in columns:
        lines = zip(columns["customer_id"], columns["invoice_ts"], columns["quantity"], columns["unit_price"], strict=True)  # fmt: skip
        yield from ((str(one), at.date(), round(n * price * 100)) for one, at, n, price in lines if one)
    else:
        bought = zip(columns["customer_id"], columns["date"], columns["amount"], strict=True)
        yield from ((str(one), day, round(amount * 100)) for one, day, amount in bought)


def origins_of(accounts: Mapping[str, Days]) -> list[date]:
    days = sorted({day for spent in accounts.values() for day in spent})
    first, last = days[0] + timedelta(days=KNOWN_DAYS), days[-1]
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in span if day.day in ORIGINS and _month_end(day) <= last]


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def cases_at(accounts: Mapping[str, Days], origin: date) -> Iterator[Case]:
    """Every account of which enough is known by then for a forecast."""
    ahead = tuple(
        origin + timedelta(days=number) for number in range(_month_end(origin).day - origin.day + 1)
    )
    for account, spent in accounts.items():
        known = {day: amount for day, amount in spent.items() if day < origin}
        bought = [day for day, amount in known.items() if amount > 0]
        if len(bought) < LEAST_SPENT or (origin - min(bought)).days <= 14:
            continue
        total = sum(amount for amount in known.values() if amount > 0)
        scale = total / (origin - min(bought)).days * MONTH
        came = sum(spent.get(day, 0) for day in ahead)
        yield Case(account, History(known, origin - timedelta(days=1)), ahead, came, scale)


def tide_at(cases: Sequence[Case], origin: date) -> float:
    """As the product does each day: what some of the accounts did within the last month, against what was to be expected."""
    until = origin - timedelta(days=MONTH + 1)
    days = [until + timedelta(days=number) for number in range(1, MONTH + 1)]
    expected, came = 0.0, 0
    for case in cases[:LOOKED_AT]:
        habit = learn(History(case.known.spent, until))
        if habit is not None:
            expected += expected_hits(habit, days)
            came += sum(case.known.spent.get(day, 0) > 0 for day in days)
    return tide_of(expected, came)


# --- the methods ----------------------------------------------------------------------------------------


def ours(case: Case, tide: float) -> list[int]:
    habit = learn(case.known)
    assert habit is not None  # noqa: S101 - cases_at left the others out
    seed = f"{case.account}:{case.days[0]}"
    return [sum(course) for course in courses(habit, case.days, seed=seed, tide=tide)]


def normal(case: Case, _tide: float) -> list[int]:
    """A control: the days are alike and independent, their sum is normal."""
    spent = case.known.spent
    known = (case.days[0] - min(spent)).days
    mean = sum(spent.values()) / known
    variance = max(0.0, sum(amount**2 for amount in spent.values()) / known - mean**2)
    random, ahead = Random(1), len(case.days)  # noqa: S311
    return [max(0, round(random.gauss(mean * ahead, (variance * ahead) ** 0.5))) for _number in range(400)]


def windows(case: Case, _tide: float) -> list[int]:
    """A control: as much as in any span of so many days before."""
    spent, ahead = case.known.spent, len(case.days)
    first = min(spent)
    days = [spent.get(first + timedelta(days=number), 0) for number in range((case.days[0] - first).days)]
    return [sum(days[number : number + ahead]) for number in range(max(1, len(days) - ahead + 1))]


METHODS: Mapping[str, Callable[[Case, float], list[int]]] = {
    "forecast": ours, "normal approximation": normal, "past windows": windows,
}  # fmt: skip


# --- what comes out ----------------------------------------------------------------------------------------


def forecasts(path: str, count: int, say: Callable[[str], object]) -> list[Row]:
    accounts = read(Path(path))
    chosen = _chosen(accounts, count)
    scores = {name: Score() for name in METHODS}
    classes = {first: Score() for first, _last in CLASSES}
    took = 0.0
    for case, tide in chosen:
        for name, method in METHODS.items():
            started = perf_counter()
            outcomes = method(case, tide)
            took += perf_counter() - started if name == "forecast" else 0
            scores[name].add(case, outcomes)
            if name == "forecast":
                classes[max(first for first in classes if first <= case.spent_days)].add(case, outcomes)
    for first, last in CLASSES:
        say(f"{_told(classes[first])}  days of spending known: {first} to {last or 'any'}")
    for name, score in scores.items():
        say(f"{_told(score)}  {name}")
    return _rows(scores, 1000 * took / max(1, len(chosen)))


def _chosen(accounts: Mapping[str, Days], count: int) -> list[tuple[Case, float]]:
    """Of all accounts and moments so many, the same ones every time."""
    random = Random(7)  # noqa: S311
    found: list[tuple[Case, float]] = []
    for origin in origins_of(accounts):
        cases = list(cases_at(accounts, origin))
        random.shuffle(cases)
        tide = tide_at(cases, origin)
        found += [(case, tide) for case in cases]
    random.shuffle(found)
    return found[:count]


def _told(score: Score) -> str:
    if not score.pinball:
        return "none"
    shares = " ".join(f"{percent} %: {score.share(percent):5.1f}" for percent in (80, 95))
    points = ", ".join(
        f"{len(held):,} of which {100 * sum(held) / max(1, len(held)):.0f} % came"
        for held in score.points.values()
    )
    widths = " ".join(f"{fmean(score.widths[percent]):.2f}" for percent in (80, 95))
    return (
        f"{len(score.pinball):6,} forecasts; bands held {shares} (points: {points}); width {widths};"
        f" pinball {fmean(score.pinball):.4f}; interval score {fmean(score.interval):.2f};"
    )


def _rows(scores: Mapping[str, Score], milliseconds: float) -> list[Row]:
    own = scores["forecast"]
    rows = [
        Row(
            f"{percent} % band holds {own.share(percent):.1f} % of {len(own.held[percent]):,}: off by",
            abs(own.share(percent) - percent), "points", POINTS,
        )
        for percent in (80, 95)
    ]  # fmt: skip
    for name, score in scores.items():
        if score is own:
            continue
        rows.append(Row(f"pinball loss beside {name}", fmean(own.pinball) / fmean(score.pinball), "x", 1.0))
    return [*rows, Row("one forecast", milliseconds, "ms", SLOWEST)]
