from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from embudo.business.quota.rules.amounts import LARGEST, AtLimit, Balance
from embudo.business.quota.rules.states import AccountState, Cause, HoldState
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money

LONGEST_HOLD = timedelta(days=60)
USUAL_HOLD = timedelta(minutes=30)


@dataclass(frozen=True)
class Spending:
    """What a till asks for: an amount in any currency that a rate stands for, held for a time; `key` is the caller's own."""

    amount: Money
    lasts: timedelta = USUAL_HOLD
    key: str = ""
    source: str = ""
    note: str = ""


def refusal_code(state: str, balance: Balance) -> str:
    """Why nothing may be spent now, as a stable code: pending, held, over (more is used than allowed), limit (too little is left)."""
    if state == AccountState.PENDING:
        return "quota.pending"
    if state == AccountState.HELD:
        return "quota.held"
    return "quota.over" if balance.available < 0 else "quota.limit"


def offers(code: str, at_limit: str, causes: Collection[str] = ()) -> tuple[str, ...]:
    """
    What may be done about a refusal: a top-up, asking an officer, a change of the quota. Of an account that is held, only where
    that is for spending too much and nothing else: more quota is no answer to the other `causes`.
    """
    is_held = code == "quota.held"
    if is_held and set(causes) != {Cause.OVER_LIMIT}:
        return ()
    if code == "quota.pending":
        return ("change",)
    if takes_payments(at_limit):
        return ("topup", "change")
    return ("officer", "change") if at_limit == AtLimit.ASK and not is_held else ("change",)


def takes_payments(at_limit: str) -> bool:
    """Whether the policy lets more be spent than the limit once it was paid for: otherwise no top-up gets round it."""
    return at_limit == AtLimit.TOPUP


def check_amount(minor: int) -> None:
    """Refuses (Invalid) what nobody spends, and what the ledger's sums could not hold."""
    if minor <= 0:
        raise Invalid({"amount": [_("Enter an amount above zero.")]})
    if minor > LARGEST:
        raise Invalid({"amount": [_("This amount is too large to keep.")]})


def check_capture(state: str, open_minor: int, asked: int | None) -> int:
    """How much is taken of a hold; None = all it holds. Refuses a hold that has ended (Refused), and more than it holds (Invalid)."""
    if state != HoldState.OPEN:
        raise Refused(
            "quota.hold_ended",
            _("This authorisation is %(state)s. Ask for a new one.") % {"state": HoldState(state).label},
            state=str(state),
        )
    if asked is not None and asked > open_minor:
        raise Invalid({"amount": [_("The authorisation holds less than this. Ask for a new one.")]})
    return open_minor if asked is None else asked


def check_refund(refundable: int, asked: int | None) -> int:
    """How much is given back; None = all that is left. Refuses more than that, and nothing."""
    if refundable <= 0:
        raise Refused("quota.nothing_to_refund", _("Nothing of this authorisation is left to refund."))
    if asked is not None and asked > refundable:
        raise Invalid({"amount": [_("More than was captured can't be refunded.")]})
    return refundable if asked is None else asked


def within_rounding(part: int, left: int, parts: int) -> int:
    """
    Each of several parts of an amount in another currency is rounded by itself, so that together they may come to half a unit a
    part more than the whole: the last of them is what is left.
    """
    return left if left < part <= left + (parts + 1) // 2 else part
