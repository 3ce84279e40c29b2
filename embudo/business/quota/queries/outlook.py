"""What the forecast of accounts needs to know, for many at once, and the forecasts that stand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from embudo.business.quota.models import Account, Block, ClosedPeriod, DaySpend, Outlook
from embudo.business.quota.queries.changes import rungs
from embudo.business.quota.queries.settled import Settled, settled
from embudo.business.quota.rules.forecast import (
    WITHIN,
    Ahead,
    Forecast,
    expected_hits,
    forecast,
    likely_tier,
    tide_of,
)
from embudo.business.quota.rules.habits import LONGEST, History, learn
from embudo.business.quota.rules.periods import PeriodKind
from embudo.business.quota.rules.states import AccountState
from embudo.kernel import clock
from embudo.kernel.actor import Actor

LIVE = (AccountState.OPEN, AccountState.WATCH, AccountState.AT_LIMIT, AccountState.HELD)
WEEK = timedelta(days=7)  # after which a forecast is made anew where nothing was spent since
FULL = 98  # per cent of the allowance from which a customer could hardly spend more
SAMPLE, LEAST_SAMPLE = 300, 20  # accounts from which the tide is told, and how few are none
Days = Mapping[date, int]


@dataclass(frozen=True)
class Foreseen:
    """The forecast of an account; `found` is None where its days are too few."""

    account: Account
    day: date
    period: str  # by which it is known what was told in it
    found: Forecast | None
    needs_tier: str = ""


def outlook_of(account: Account) -> Outlook | None:
    """The forecast that stands, unless it is of a period that is over."""
    found = Outlook.objects.filter(account=account).first()
    if found is None or account.state not in LIVE:
        return None
    now = settled(account)
    return None if found.day < now.span.starts - timedelta(days=1) else found


def outlooks_needing(actor: Actor) -> QuerySet[Outlook]:
    """Of accounts that will need a higher tier within 30 days."""
    found: Any = Outlook.objects.visible_to(actor).exclude(needs_tier="").filter(account__state__in=LIVE)
    return found.select_related("account__company", "account__person", "account__policy")  # type: ignore[no-any-return]


def outlooks_needing_count(actor: Actor) -> int:
    return int(outlooks_needing(actor).order_by().count())


def accounts_to_foresee(after: UUID | None, count: int) -> list[Account]:
    """
    Those in use whose forecast is of an earlier day and no longer fits: something was spent since, another period runs, or it is a
    week old. In the order of their ids, from the one after `after`.
    """
    today = clock.today()
    mine = Outlook.objects.filter(account=OuterRef("pk"))
    spent = DaySpend.objects.filter(account=OuterRef("pk"))
    fits = mine.filter(
        Q(day=today) | Q(day__gt=today - WEEK, day__gte=OuterRef("period_start")) & ~Exists(_since())
    )
    due = Account.objects.filter(Exists(spent), ~Exists(fits), state__in=LIVE)
    if after is not None:
        due = due.filter(pk__gt=after)
    return list(_judged(due).order_by("pk")[:count])


def _since() -> Any:
    """What was spent on the day of the forecast or after."""
    return DaySpend.objects.filter(account=OuterRef("account"), day__gte=OuterRef("day"))


def accounts_named(ids: Iterable[UUID]) -> list[Account]:
    """Of these, the ones in use."""
    return list(_judged(Account.objects.filter(pk__in=list(ids), state__in=LIVE)).order_by("pk"))


def _judged(found: Any) -> Any:
    return found.select_related("policy__current", "policy_version", "company", "person")


# --- forecasts --------------------------------------------------------------------------------------


def foreseen(accounts: Sequence[Account]) -> list[Foreseen]:
    """The forecasts of the accounts as of now: three queries for all, and few for each policy."""
    today = clock.today()
    known = _Known(accounts, today)
    ladders: dict[UUID, list[tuple[str, int]]] = {}
    found = []
    for account in accounts:
        now = settled(account)
        if now.version.pk not in ladders:
            ladders[now.version.pk] = [(one.name, one.limit) for one in rungs(now.version)]
        history, ahead = known.history(account, now), known.ahead(account, now)
        tide = tide_of_policy(account.policy_id, today)
        made = forecast(history, ahead, seed=f"{account.pk}:{today}", tide=tide)
        tier = likely_tier(made, ladders[now.version.pk], limit=ahead.limit) if made else ""
        found.append(Foreseen(account, today, _period(now, today), made, tier))
    return found


def _period(now: Settled, today: date) -> str:
    """A rolling period begins anew every day; what was told counts for a month there."""
    is_rolling = now.version.period == PeriodKind.ROLLING
    return (today.replace(day=1) if is_rolling else now.span.starts).isoformat()


class _Known:
    """The days of many accounts."""

    def __init__(self, accounts: Sequence[Account], today: date) -> None:
        self.today = today
        self.since = today - timedelta(days=LONGEST)
        ids = [one.pk for one in accounts]
        self.spent = days_of(ids, self.since)
        self.closed: dict[UUID, list[ClosedPeriod]] = defaultdict(list)
        for period in ClosedPeriod.objects.filter(account__in=ids, ends__gt=self.since):
            self.closed[period.account_id].append(period)
        self.blocks: dict[UUID, list[Block]] = defaultdict(list)
        lasted = Q(lifted=None) | Q(lifted__gte=F("created") + timedelta(days=1))
        for block in Block.objects.filter(lasted, account__in=ids):
            self.blocks[block.account_id].append(block)

    def starts(self, account: Account, now: Settled) -> date:
        """The first day to come. Where something was spent today it is tomorrow, unless the period ends before."""
        tomorrow = self.today + timedelta(days=1)
        is_last = now.version.period != PeriodKind.ROLLING and tomorrow >= now.span.ends
        return self.today if is_last or not self.spent[account.pk].get(self.today) else tomorrow

    def history(self, account: Account, now: Settled) -> History:
        until = self.starts(account, now) - timedelta(days=1)
        return History(self.spent[account.pk], until, frozenset(self._unseen(account, now)))

    def _unseen(self, account: Account, now: Settled) -> Iterable[date]:
        """The days on which the limit was met before, and those on which the account was held."""
        spent = self.spent[account.pk]
        for period in self.closed[account.pk]:
            yield from _days_after_full(spent, period.starts, period.ends, period.allowance_minor)
        if now.version.period != PeriodKind.ROLLING:
            yield from _days_after_full(spent, now.span.starts, self.today, now.balance.allowance)
        for block in self.blocks[account.pk]:
            last = clock.day_of(block.lifted) if block.lifted else self.today
            yield from _days(max(clock.day_of(block.created), self.since), last)

    def ahead(self, account: Account, now: Settled) -> Ahead:
        balance, is_rolling = now.balance, now.version.period == PeriodKind.ROLLING
        return Ahead(
            starts=self.starts(account, now),
            ends=now.span.ends,
            used=balance.used,
            limit=balance.limit,
            extra=balance.overdraft + balance.topups,
            next_extra=balance.overdraft,
            window=now.version.rolling_days if is_rolling else 0,
            leaving=self.spent[account.pk] if is_rolling else None,
        )


def days_of(ids: Sequence[UUID], since: date) -> dict[UUID, dict[date, int]]:
    """What each account consumed by day; one query."""
    found: dict[UUID, dict[date, int]] = defaultdict(dict)
    rows = DaySpend.objects.filter(account__in=ids, day__gte=since).exclude(consumed_minor=0)
    for account_id, day, minor in rows.values_list("account", "day", "consumed_minor"):
        found[account_id][day] = minor
    return found


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _days_after_full(spent: Days, starts: date, ends: date, allowance: int) -> Iterable[date]:
    """The days of a period after the one on which nearly all of its allowance was used."""
    used = 0
    for day in _days(starts, ends - timedelta(days=1)):
        if used * 100 >= FULL * allowance:
            yield day
        used += spent.get(day, 0)


@lru_cache(maxsize=256)
def tide_of_policy(policy_id: UUID, day: date) -> float:
    """
    How some of the policy's accounts spent within the last 30 days, against what their days before let expect; 0 where there are
    too few. References are as good as drawn by lot. Worked out once a day.
    """
    sample = Account.objects.filter(policy=policy_id, state__in=LIVE).order_by("reference")
    ids = list(sample.values_list("pk", flat=True)[:SAMPLE])
    until = day - timedelta(days=WITHIN + 1)
    expected, came, seen = 0.0, 0, 0
    month = list(_days(until + timedelta(days=1), day - timedelta(days=1)))
    for spent in days_of(ids, day - timedelta(days=LONGEST)).values():
        habit = learn(History(spent, until))
        if habit is not None:
            expected += expected_hits(habit, month)
            came += sum(spent.get(one, 0) > 0 for one in month)
            seen += 1
    return tide_of(expected, came) if seen >= LEAST_SAMPLE else 0.0
