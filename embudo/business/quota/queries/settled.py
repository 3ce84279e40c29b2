"""What time has done to an account by now, worked out without writing; `commands.settling` writes what stands here."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import F, Max, Min, Q, QuerySet, Sum

from embudo.business.quota.models import (
    Account,
    ClosedPeriod,
    DaySpend,
    Hold,
    LedgerEntry,
    LimitVersion,
    PolicyVersion,
)
from embudo.business.quota.rules.amounts import BY_OFFICER, CARRIED, Balance, carried, state_of
from embudo.business.quota.rules.periods import PeriodKind, Span, span_of, start_of
from embudo.business.quota.rules.states import SPENDABLE, AccountState, EntryKind, HoldState
from embudo.kernel import clock


@dataclass(frozen=True)
class Settled:
    """An account as of now, whether or not anybody has settled it."""

    balance: Balance
    state: AccountState
    span: Span
    version: PolicyVersion

    @property
    def spendable(self) -> int:
        """What may be spent now: nothing in a state that forbids it, nor where more is used than allowed."""
        return max(0, self.balance.available) if self.state in SPENDABLE else 0


def settled(account: Account) -> Settled:
    """Holds past their time do not count, and a period that is over has given way to the one that runs."""
    now = clock.now()
    balance, version = account.balance, account.policy_version
    span = Span(account.period_start, account.period_end)
    if account.settle_at <= now:
        today = clock.day_of(now)
        version = version_in_force(account, today)
        span = span_due(account, version, today)
        balance = _moved(account, version, span, now)
    state = AccountState(account.state)
    if state in SPENDABLE:
        state = state_of(balance, version.thresholds)
    elif state == AccountState.PENDING:
        balance = replace(balance, overdraft=0)  # nothing may be spent before a limit is set
    return Settled(balance, state, span, version)


def settled_balance(account: Account) -> Balance:
    return settled(account).balance


def _moved(account: Account, version: PolicyVersion, span: Span, now: datetime) -> Balance:
    was, topups, consumed = account.balance, account.topup_minor, account.consumed_minor
    if span != Span(account.period_start, account.period_end):
        consumed, kept = spent_in(account, span)
        topups = kept + carried(was, consumed, kept, granted_before(account, span))
    late = Hold.objects.filter(account=account, state=HoldState.OPEN, expires__lte=now)
    freed: Any = late.aggregate(rest=Sum(F("amount_minor") - F("captured_minor"), default=0))["rest"]
    overdraft = was.overdraft if version.pk == account.policy_version_id else version.overdraft
    return Balance(was.limit, overdraft, topups, consumed, was.held - freed)


def version_in_force(account: Account, today: date) -> PolicyVersion:
    """A newer version of the policy judges from its first day on."""
    newest = account.policy.current
    if newest is None or newest.pk == account.policy_version_id or newest.valid_from > today:
        return account.policy_version
    return newest


def span_due(account: Account, version: PolicyVersion, today: date) -> Span:
    """The period that runs now; never one before that of the account, whatever a clock that was set back says."""
    stands = Span(account.period_start, account.period_end)
    span = span_of(version.period, version.rolling_days, today)
    is_newly_judged = version.pk != account.policy_version_id
    return span if span.starts > stands.starts or (is_newly_judged and span != stands) else stands


def granted_before(account: Account, span: Span) -> int:
    """What officers let the customer spend on the days of the account's period that lie before the span."""
    if not account.topup_minor:
        return 0
    entries = LedgerEntry.objects.filter(
        account=account, source=BY_OFFICER, value_date__gte=account.period_start, value_date__lt=span.starts
    )
    total: int = entries.aggregate(total=Sum("topup_change", default=0))["total"]
    return total


def spent_in(account: Account, span: Span) -> tuple[int, int]:
    """Consumed and topped up on the days of the span."""
    days = DaySpend.objects.filter(account=account, day__gte=span.starts, day__lt=span.ends)
    sums = days.aggregate(consumed=Sum("consumed_minor", default=0), topups=Sum("topup_minor", default=0))
    return sums["consumed"], sums["topups"]


def version_on(account: Account, day: date) -> PolicyVersion:
    """The version by which an account was judged on a day that is over, whether or not anybody looked at it."""
    versions = PolicyVersion.objects.filter(policy=account.policy_id)
    found = versions.filter(valid_from__lte=day).order_by("-number").first()
    return found or versions.order_by("number")[0]


def kept_periods(account: Account, day: date) -> QuerySet[ClosedPeriod]:
    """The closed periods that hold the day."""
    return ClosedPeriod.objects.filter(account=account, starts__lte=day, ends__gt=day)


def is_of_a_period(account: Account, day: date) -> bool:
    """Whether a day before the running period lies in one that is over: rolling ones move on and leave none behind."""
    return version_on(account, day).period != PeriodKind.ROLLING or kept_periods(account, day).exists()


def span_unkept(account: Account, day: date) -> Span:
    """The period around such a day that nobody looked at while it ran, between those that were kept."""
    version = version_on(account, day)
    span = span_of(version.period, version.rolling_days, day)
    kept = ClosedPeriod.objects.filter(account=account)
    known = kept.aggregate(
        before=Max("ends", filter=Q(ends__lte=day)), after=Min("starts", filter=Q(starts__gt=day))
    )
    starts = max(span.starts, known["before"] or span.starts)
    return Span(starts, min(span.ends, account.period_start, known["after"] or span.ends))


def allowance_unkept(account: Account, span: Span) -> int:
    """
    What was allowed in a period that nobody looked at while it ran. Nothing changed in it: so its limit is that of its last
    day, and its top-ups are those that came along when somebody looked next.
    """
    limits = LimitVersion.objects.filter(account=account, valid_from__lte=span.last)
    limit = limits.filter(Q(valid_to=None) | Q(valid_to__gt=span.last)).first()
    if limit is None:
        return 0
    later = LedgerEntry.objects.filter(account=account, created__gte=start_of(span.ends))
    first = later.exclude(kind=EntryKind.EXPIRE).order_by("created", "pk").first()
    topups = first.topup_change if first is not None and first.source == CARRIED else 0
    return limit.limit_minor + version_on(account, span.last).overdraft + topups
