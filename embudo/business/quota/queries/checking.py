"""The ledger summed from scratch and compared with the balances: what a nightly job and every test of it look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum

from embudo.business.quota.models import Account, DaySpend, Hold, LedgerEntry
from embudo.business.quota.rules.states import EntryKind, HoldState


@dataclass(frozen=True)
class Fault:
    """An account whose balance is not what its ledger says."""

    reference: str
    what: str
    stands: int
    ledger: int


def faults_of(accounts: Any) -> list[Fault]:
    """
    Of each account: held, consumed and topped up against its entries, open holds against what is held, the ceiling, the days
    against the entries, and each authorisation against what was entered of it.
    """
    found = []
    for one in accounts.order_by("pk").iterator(chunk_size=500):
        found += [*_faults(one), *_faults_of_days(one), *_faults_of_holds(one)]
    return found


def _faults(account: Account) -> list[Fault]:
    in_force = Q(value_date__gte=account.period_start, value_date__lt=account.period_end)
    sums = LedgerEntry.objects.filter(account=account).aggregate(
        held=Sum("held_change", default=0),
        consumed=Sum("consumed_change", filter=in_force, default=0),
        topups=Sum("topup_change", filter=in_force, default=0),
    )
    holds = Hold.objects.filter(account=account, state=HoldState.OPEN).aggregate(
        open=Sum(F("amount_minor") - F("captured_minor"), default=0)
    )
    ceiling = max(account.balance.allowance, account.balance.used)
    pairs = (
        ("held", account.held_minor, sums["held"]),
        ("consumed", account.consumed_minor, sums["consumed"]),
        ("topups", account.topup_minor, sums["topups"]),
        ("open holds", account.held_minor, holds["open"]),
        ("ceiling", account.ceiling_minor, ceiling),
    )
    return _unequal(account, pairs)


def _faults_of_days(account: Account) -> list[Fault]:
    entries = LedgerEntry.objects.filter(account=account).values_list("value_date")
    sums = entries.annotate(consumed=Sum("consumed_change"), topups=Sum("topup_change"))
    ledger = {day: (consumed, topups) for day, consumed, topups in sums}
    kept = DaySpend.objects.filter(account=account).values_list("day", "consumed_minor", "topup_minor")
    days = {day: (consumed, topups) for day, consumed, topups in kept}
    none = (0, 0)
    pairs = [
        (f"{what} on {day}", days.get(day, none)[place], ledger.get(day, none)[place])
        for day in sorted(days.keys() | ledger.keys())
        for place, what in enumerate(("consumed", "topped up"))
    ]
    return _unequal(account, pairs)


def _faults_of_holds(account: Account) -> list[Fault]:
    """An authorisation ends once, and what is said of it is what was entered of it."""
    entries = LedgerEntry.objects.filter(account=account, hold__isnull=False).values_list("hold")
    sums = entries.annotate(
        held=Sum("held_change"),
        captured=Sum("amount_minor", filter=Q(kind=EntryKind.CAPTURE), default=0),
        refunded=Sum("amount_minor", filter=Q(kind=EntryKind.REFUND), default=0),
        ends=Count("pk", filter=Q(kind__in=[EntryKind.RELEASE, EntryKind.EXPIRE])),
    )
    ledger = {one: figures for one, *figures in sums}
    pairs: list[tuple[str, int, int]] = []
    for hold in Hold.objects.filter(account=account):
        held, captured, refunded, ends = ledger.get(hold.pk, (0, 0, 0, 0))
        pairs += [
            (f"still held by {hold.pk}", hold.open_minor, held),
            (f"captured of {hold.pk}", hold.captured_minor, captured),
            (f"refunded of {hold.pk}", hold.refunded_minor, refunded),
            (f"ends of {hold.pk}", min(ends, 1), ends),
        ]
    return _unequal(account, pairs)


def _unequal(account: Account, pairs: Iterable[tuple[str, int, int]]) -> list[Fault]:
    return [
        Fault(account.reference, what, stands, ledger) for what, stands, ledger in pairs if stands != ledger
    ]
