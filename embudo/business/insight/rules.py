from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Scope

PERIODS: dict[str, tuple[Any, int]] = {
    "30": (_("Last 30 days"), 30),
    "90": (_("Last 90 days"), 90),
    "365": (_("Last 12 months"), 365),
}
WHOSE: dict[str, Any] = {"mine": _("Mine"), "team": _("Team"), "all": _("All")}


@dataclass(frozen=True)
class Amount:
    """How many, with their sums by currency: ((currency, minor units), …)."""

    count: int
    sums: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many got this far, which share of the first step, and how many were lost before it."""

    label: Any
    reached: Amount
    share: int
    lost: int


@dataclass(frozen=True)
class Leak:
    """Between which two steps most are lost."""

    before: Any
    after: Any
    lost: int


def funnel(named: Sequence[tuple[Any, Amount]]) -> list[Step]:
    """Steps in order; a step never holds more than the one before it, because each counts the same leads."""
    first = named[0][1].count if named else 0
    steps, before = [], first
    for label, reached in named:
        share = round(100 * reached.count / first) if first else 0
        steps.append(Step(label, reached, share, before - reached.count))
        before = reached.count
    return steps


def biggest_leak(steps: Sequence[Step]) -> Leak | None:
    """None while nothing is lost."""
    pairs = list(pairwise(steps))
    worst = max(pairs, key=lambda pair: pair[1].lost, default=None)
    if worst is None or worst[1].lost <= 0:
        return None
    return Leak(worst[0].label, worst[1].label, worst[1].lost)


def reach_of(whose: str, scope: Scope | None) -> Scope | None:
    """Which part of what one sees "mine", "team" and "all" stand for; None is all of it."""
    if whose == "mine":
        return Scope.OWN
    if whose == "team":
        return Scope.TEAM if scope is Scope.TEAM else Scope.SUBTREE
    return None


def choices_of_whose(scope: Scope | None) -> list[str]:
    """Who sees only their own is not asked."""
    return ["mine"] if scope in (None, Scope.OWN) else ["mine", "team", "all"]


def change(now: int, before: int) -> int | None:
    """In per cent; None where there was nothing before."""
    return round(100 * (now - before) / before) if before else None


def months_back(today: date, count: int) -> list[date]:
    """The first days of the last `count` months, this one last."""
    months = [today.replace(day=1)]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]
