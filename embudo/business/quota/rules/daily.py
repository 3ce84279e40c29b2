"""
Which accounts a daily run holds and reopens. What the database finds is only who may be concerned; that they are is said here,
once, for the run, for the officer who decides later, and for the page that shows why.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from embudo.business.quota.rules.amounts import Balance
from embudo.business.quota.rules.states import AccountState, Cause

# What a run finds by itself, and so may take off again by itself. A denial is lifted by a reviewer alone.
PASSING = (Cause.OVERDUE, Cause.OVER_LIMIT, Cause.EXPIRED_DOCUMENT)
WORSE = ("owed_minor", "over_minor")  # figures that tell how bad it is
UNJUDGED = (AccountState.PENDING, AccountState.CLOSED)  # nobody can spend on these anyway


@dataclass(frozen=True)
class Facts:
    """Of one account on one day, as the run has them before it."""

    balance: Balance
    today: date
    grace_days: int = 0
    period_start: date | None = None  # none where it rolls
    owed_minor: int = 0
    oldest_due: date | None = None
    document_expires: date | None = None
    denied_change: str = ""  # denied by the customer, and nobody has held the account for it yet


def last_due(today: date, grace_days: int) -> date:
    """What was due before this day is overdue past the grace."""
    return today - timedelta(days=grace_days)


def figures_of(cause: Cause, facts: Facts) -> dict[str, Any] | None:
    """
    The figures by which the account is to be held for the cause; None where it is not there. Their `origin` tells one overdue
    invoice, expired document or exceeded period from the next; a rolling period has no next one.
    """
    if cause == Cause.OVERDUE:
        return _overdue(facts)
    if cause == Cause.OVER_LIMIT:
        return _over_limit(facts)
    if cause == Cause.EXPIRED_DOCUMENT:
        return _expired(facts)
    if cause == Cause.DENIED and facts.denied_change:
        return {"origin": facts.denied_change, "change": facts.denied_change}
    return None


def _overdue(facts: Facts) -> dict[str, Any] | None:
    due = facts.oldest_due
    if due is None or due >= last_due(facts.today, facts.grace_days):
        return None
    return {
        "origin": due.isoformat(),
        "oldest_due": due.isoformat(),
        "days": (facts.today - due).days,
        "grace_days": facts.grace_days,
        "owed_minor": facts.owed_minor,
    }


def _over_limit(facts: Facts) -> dict[str, Any] | None:
    balance = facts.balance
    if balance.available >= 0:
        return None
    return {
        "origin": facts.period_start.isoformat() if facts.period_start else "",
        "used_minor": balance.used,
        "allowance_minor": balance.allowance,
        "over_minor": -balance.available,
    }


def _expired(facts: Facts) -> dict[str, Any] | None:
    day = facts.document_expires
    if day is None or day >= facts.today:
        return None
    return {"origin": day.isoformat(), "document_expires": day.isoformat()}


def is_answered(figures: Mapping[str, Any], waived: Iterable[Mapping[str, Any]]) -> bool:
    """
    Whether somebody has said no to this very thing: it is not proposed again every day, nor held again, unless it is worse than
    what they said no to.
    """
    return any(
        one["origin"] == figures["origin"] and all(figures.get(name, 0) <= one.get(name, 0) for name in WORSE)
        for one in waived
    )
