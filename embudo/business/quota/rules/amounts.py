from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.rules.states import AccountState
from embudo.kernel.money import Money, exponent, round_half_up

RATE_SCALE = 100_000_000  # exchange rates are kept as integers of 1/100 000 000
LARGEST = (
    10**15
)  # minor units: sums of very many of them stay within 64 bits, and JSON readers keep them exact

CARRIED = "carried"  # the source of what of top-ups comes along into a period
BY_OFFICER = "officer"  # the source of the top-up that an approved request becomes
OUR_SOURCES = frozenset({CARRIED, BY_OFFICER})  # they say what becomes of a top-up, so nobody may type them


class RefundRule(TextChoices):
    """What a refund gives back."""

    NOW = "now", _("the quota of the day it is refunded")
    ORIGINAL = "original", _("the quota of the day it was spent")
    NEVER = "never", _("nothing")


class CountedOn(TextChoices):
    """On which day spending counts, where it was authorised on one and captured on another."""

    CAPTURED = "captured", _("the day it is captured")
    AUTHORISED = "authorised", _("the day it is authorised")


class AtLimit(TextChoices):
    """What a policy offers who meets the limit."""

    REFUSE = "refuse", _("refuse")
    OVERDRAFT = "overdraft", _("a named overdraft")
    TOPUP = "topup", _("a top-up paid in advance")
    ASK = "ask", _("ask an officer")


@dataclass(frozen=True)
class Balance:
    """Minor units of the account's currency. `consumed` is captured less refunded in the running period."""

    limit: int
    overdraft: int
    topups: int
    consumed: int
    held: int

    @property
    def allowance(self) -> int:
        return self.limit + self.overdraft + self.topups

    @property
    def used(self) -> int:
        return self.consumed + self.held

    @property
    def available(self) -> int:
        """Negative where a lowered limit, a late posting or a correction left more used than is allowed."""
        return self.allowance - self.used


def percent_of(amount: int, whole: int) -> int:
    """Of `whole`, rounded down; 100 of nothing."""
    return amount * 100 // whole if whole > 0 else 100


def reached(balance: Balance, thresholds: Sequence[int]) -> int:
    """The highest threshold in per cent that is reached, 100 where nothing is available; 0 where none is."""
    if balance.available <= 0:
        return 100
    return max((one for one in thresholds if balance.used * 100 >= one * balance.allowance), default=0)


def next_notice(balance: Balance, thresholds: Sequence[int]) -> int:
    """The amount used from which the next threshold is reached: what one statement can compare. The allowance itself is the last."""
    amounts = [-(-one * balance.allowance // 100) for one in thresholds]
    return min(
        (one for one in amounts if one > balance.used), default=max(balance.allowance, balance.used + 1)
    )


def state_of(balance: Balance, thresholds: Sequence[int]) -> AccountState:
    """Of an account that may spend: what is used says it."""
    if balance.available <= 0:
        return AccountState.AT_LIMIT
    return AccountState.WATCH if reached(balance, thresholds) else AccountState.OPEN


def used_up(topups: int, consumed: int, limit: int) -> int:
    """Of top-ups, what spending above the limit has used: they were paid for, so they go before any overdraft."""
    return min(topups, max(0, consumed - limit))


def carried(before: Balance, consumed: int, topups: int, granted: int = 0) -> int:
    """
    What comes along into a period whose own days hold `consumed` and `topups`, as a correction of these. Money paid in advance
    stays until it is spent: only what spending that is over now had used of it is gone. What officers `granted` on the days that
    are over is used first, and ends with them. Negative where days of both periods hold the same money.
    """
    used = used_up(before.topups, before.consumed, before.limit)
    gone = max(0, used - used_up(before.topups, consumed, before.limit))
    lapsed = max(0, min(granted, before.topups) - used)
    return before.topups - gone - lapsed - topups


def converted(money: Money, currency: str, rate: int) -> int:
    """
    Minor units of `currency`, at `rate` (units of it for one unit of the other currency, in 1/100 000 000), rounded half away
    from zero.
    """
    exact = Decimal(money.minor) * rate / RATE_SCALE
    return round_half_up(exact.scaleb(exponent(currency) - exponent(money.currency)))
