"""
What time does to an account, settled when somebody asks: holds past their time, the end of a period, days that left a
rolling one. Every function here works on an account that is locked in this transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from embudo.business.quota import events, queries
from embudo.business.quota.commands.posting import Movement, post, post_all, save_balance
from embudo.business.quota.models import Account, ClosedPeriod, Hold, PolicyVersion
from embudo.business.quota.rules.amounts import CARRIED, carried
from embudo.business.quota.rules.periods import PeriodKind, Span, start_of
from embudo.business.quota.rules.states import EntryKind, HoldState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.errors import NotFound
from embudo.kernel.event import publish
from embudo.kernel.prepared import Prepared


def _lock(account_id: UUID) -> QuerySet[Account, Any]:
    # no_key: rows that only refer to the account need not wait
    return Account.objects.select_for_update(no_key=True).filter(pk=account_id).values_list("pk")


# Of two statements: one that has waited for its row reads it anew, but what it joins as it was before the wait.
_LOCK = Prepared(_lock)
_READ = Prepared(
    lambda account_id: Account.objects.select_related("policy__current", "policy_version").filter(
        pk=account_id
    )
)


def locked(account: Account) -> Account:
    """The account as it stands, locked until the transaction ends; its version of the policy and the newest come along."""
    _LOCK.rows(account_id=account.pk)
    fresh: Account | None = _READ.first(account_id=account.pk)
    if fresh is None:
        raise NotFound
    return fresh


def locked_and_settled(actor: Actor, account: Account) -> Account:
    """The same, with all that fell due by now."""
    fresh = locked(account)
    settle(actor, fresh)
    return fresh


def settle(actor: Actor, account: Account) -> None:
    """Brings a locked account up to the present moment; nothing where nothing fell due."""
    now = clock.now()
    if account.settle_at > now:
        return
    _expire(actor, account, now)
    today = clock.day_of(now)
    version = queries.version_in_force(account, today)
    span = queries.span_due(account, version, today)
    if span != Span(account.period_start, account.period_end):
        _roll(actor, account, span, version)
    _follow(account, version)
    account.settle_at = next_settling(account)
    save_balance(account)


def next_settling(account: Account) -> datetime:
    """When something falls due next: the end of the period (a rolling one moves every day), or an open hold's time."""
    ends = start_of(account.period_end)
    first = open_holds(account).order_by("expires").values_list("expires", flat=True).first()
    return min(ends, first) if first else ends


def open_holds(account: Account) -> Any:
    return Hold.objects.filter(account=account, state=HoldState.OPEN)


def _expire(actor: Actor, account: Account, now: datetime) -> None:
    """All at once, however many nobody had asked about for long."""
    late = list(open_holds(account).filter(expires__lte=now).order_by("expires", "pk"))
    if not late:
        return
    rests = [(hold, hold.open_minor) for hold in late]
    Hold.objects.filter(pk__in=[hold.pk for hold in late]).update(state=HoldState.EXPIRED, updated=now)
    post_all(
        actor, account, [Movement(EntryKind.EXPIRE, rest, held=-rest, hold=hold) for hold, rest in rests]
    )


def _follow(account: Account, version: PolicyVersion) -> None:
    if version.pk != account.policy_version_id:
        account.policy_version = version
        account.overdraft_minor = version.overdraft


def _roll(actor: Actor, account: Account, span: Span, version: PolicyVersion) -> None:
    """
    Into the period that runs now. What was consumed in it already is summed of its days; what of top-ups was not used comes
    along as a new one, since it was paid for; what officers granted does not. The period before is kept as it was judged.
    """
    before = account.balance
    _close_period(account, Span(account.period_start, min(account.period_end, span.starts)))
    consumed, topups = queries.spent_in(account, span)
    granted = queries.granted_before(account, span)
    _follow(account, version)
    account.period_start, account.period_end = span.starts, span.ends
    account.consumed_minor, account.topup_minor = consumed, topups
    stays = carried(before, consumed, topups, granted)
    if stays:
        post(actor, account, Movement(EntryKind.TOPUP, stays, topup=stays, source=CARRIED))


def _close_period(account: Account, span: Span) -> None:
    """Rolling periods have no end. One that a new version of the policy cuts short is kept as far as the next does not hold it."""
    version = account.policy_version
    if version.period == PeriodKind.ROLLING or span.starts >= span.ends:
        return
    is_whole = span.ends == account.period_end
    spent = account.consumed_minor if is_whole else queries.spent_in(account, span)[0]
    _keep_period(account, span, version, Judged(account.balance.allowance, spent, spent))


@dataclass(frozen=True)
class Judged:
    """What a period that is over comes to: allowed, consumed, and consumed when it closed."""

    allowance: int
    consumed: int
    first: int


def _keep_period(account: Account, span: Span, version: PolicyVersion, judged: Judged) -> None:
    if ClosedPeriod.objects.filter(account=account, starts=span.starts, ends=span.ends).exists():
        return  # the policy went from months to quarters and back
    closed = ClosedPeriod(
        account=account,
        starts=span.starts,
        ends=span.ends,
        policy_version=version,
        allowance_minor=judged.allowance,
        consumed_minor=judged.consumed,
        first_minor=judged.first,
        restated=None if judged.consumed == judged.first else clock.now(),
    )
    create(closed)
    told = events.PeriodClosed(account.pk, span.starts, span.ends, judged.consumed, account.currency)
    publish(told, account)


def restate(account: Account, day: date, amount: int) -> None:
    """
    A posting of `amount` for a day of a period that is over, which is in its days already: the period's figures change, and
    say so. One that nobody asked for while it ran is kept now, as it would have been judged then.
    """
    closed = queries.kept_periods(account, day)
    now = clock.now()
    if not closed.update(consumed_minor=F("consumed_minor") + amount, restated=now, updated=now):
        span = queries.span_unkept(account, day)
        spent, _topups = queries.spent_in(account, span)
        judged = Judged(queries.allowance_unkept(account, span), spent, spent - amount)
        _keep_period(account, span, queries.version_on(account, day), judged)
    for starts in closed.values_list("starts", flat=True):
        publish(events.PeriodRestated(account.pk, starts, amount, account.currency), account)


def due_accounts(now: datetime) -> Any:
    return Account.objects.filter(Q(settle_at__lte=now)).order_by("settle_at", "pk")
