from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.posting import Movement, entry_of, post, save_balance
from embudo.business.quota.commands.settling import locked, locked_and_settled, restate
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.permissions import SPEND
from embudo.business.quota.rules.amounts import CountedOn, RefundRule
from embudo.business.quota.rules.spending import (
    LONGEST_HOLD,
    Spending,
    check_amount,
    check_capture,
    check_refund,
    refusal_code,
    within_rounding,
)
from embudo.business.quota.rules.states import AccountState, EntryKind, HoldState
from embudo.kernel import clock
from embudo.kernel.act import finish_together
from embudo.kernel.actor import Actor
from embudo.kernel.columns import sent
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.prepared import insert_made, made, repeating_cursor
from embudo.kernel.record import lock

# The one statement that authorises. It finds nothing where the account may not spend, something fell due, or too little is left;
# the check on the table stands behind it.
TAKE = """
UPDATE quota_account
SET held_minor = held_minor + %s, settle_at = CASE WHEN settle_at > %s THEN %s ELSE settle_at END
WHERE id = %s AND is_spendable AND settle_at > %s
AND consumed_minor + held_minor + %s <= limit_minor + overdraft_minor + topup_minor
RETURNING limit_minor + overdraft_minor + topup_minor - consumed_minor - held_minor, consumed_minor + held_minor, notice_minor
"""


@dataclass(frozen=True)
class Taken:
    available: int
    used: int
    notice: int


@command(SPEND)
def authorise_spending(actor: Actor, account: Account, *, asked: Spending) -> Hold:
    """
    Holds the amount for a while where the quota allows it, else answers a hold in the state refused, with the code, what is left and
    when the period ends. The same key again has the first answer. Refuses (Invalid) an amount that is none, a currency
    without a rate, a closed account, and a key that was used for something else.
    """
    hold = _hold_for(account, asked)
    if asked.key and not insert_made(hold, or_ignore=True):
        return _answered(account, hold)
    taken = _take(account, hold)
    if taken is None:
        account = locked_and_settled(actor, account)
        check_not_closed(account)
        taken = _take(account, hold)
    if taken is None:
        return _refused(account, hold)
    publish(events.SpendingAuthorised(account.pk, hold.pk, hold.amount_minor, account.currency), account)
    if taken.used >= taken.notice:
        save_balance(locked(account))
    finish_together()
    if not asked.key:
        insert_made(hold)
    insert_made(_entry_of(actor, account, hold, taken))
    return hold


def check_not_closed(account: Account) -> None:
    """Refuses (Invalid) an account on which nothing moves any more."""
    if account.state == AccountState.CLOSED:
        raise Invalid({"account": [_("This quota account is closed. Ask the customer's officer.")]})


def _entry_of(actor: Actor, account: Account, hold: Hold, taken: Taken) -> LedgerEntry:
    movement = Movement(
        EntryKind.HOLD,
        hold.amount_minor,
        held=hold.amount_minor,
        hold=hold,
        **_asked_as(hold, hold.asked_minor),
        source=hold.source,
    )
    return entry_of(actor, account, movement, hold.day, taken.available)


def _asked_as(hold: Hold, minor: int | None) -> dict[str, Any]:
    """What a movement says of the currency it was asked for in, where that is another than the account's."""
    if hold.rate is None:
        return {}
    return {"asked_minor": minor, "asked_currency": hold.asked_currency, "rate": hold.rate}


def _hold_for(account: Account, asked: Spending) -> Hold:
    check_not_closed(account)
    check_amount(asked.amount.minor)
    if not timedelta(0) < asked.lasts <= LONGEST_HOLD:
        raise Invalid({"expires_in": [_("Hold it for between a second and 60 days.")]})
    now = clock.now()
    amount, rate = queries.booked(account, asked.amount)
    if amount <= 0:
        raise Invalid({"amount": [_("This is too little to count in %s.") % account.currency]})
    check_amount(amount)
    hold = made(
        Hold,
        {
            "account_id": account.pk,
            "key": asked.key,
            "state": HoldState.OPEN.value,
            "amount_minor": amount,
            "asked_minor": asked.amount.minor,
            "asked_currency": asked.amount.currency,
            "rate": rate,
            "day": clock.day_of(now),
            "created": now,
            "expires": now + asked.lasts,
            "source": asked.source,
            "note": asked.note,
        },
    )
    hold.account = account
    return hold


def _take(account: Account, hold: Hold) -> Taken | None:
    expires, now = sent(hold.expires, connection), sent(clock.now(), connection)
    amount = hold.amount_minor
    with repeating_cursor(connection, TAKE) as cursor:
        cursor.execute(TAKE, [amount, expires, expires, sent(account.pk, connection), now, amount])
        row = cursor.fetchone()
    return Taken(*row) if row else None


def _answered(account: Account, hold: Hold) -> Hold:
    """What the same key was answered first."""
    known = queries.under_key(Hold.objects.all(), hold.key, account=account).get()
    if _request_of(known) != _request_of(hold):
        raise used_otherwise()
    return known


def _request_of(hold: Hold) -> tuple[Any, ...]:
    """What was asked for, as far as the caller said it."""
    return (hold.asked_minor, hold.asked_currency, hold.expires - hold.created, hold.source, hold.note)


def used_otherwise() -> Invalid:
    return Invalid({"key": [_("This key was used for another request. Send a new key.")]})


def _refused(account: Account, hold: Hold) -> Hold:
    """Of an account that is locked and settled."""
    hold.state, hold.refusal = HoldState.REFUSED, refusal_code(account.state, account.balance)
    hold.available_minor, hold.period_end = queries.settled(account).spendable, account.period_end
    if hold._state.adding:  # nobody named a key, so it does not stand yet
        insert_made(hold)
    else:
        Hold.objects.filter(pk=hold.pk).update(
            state=hold.state,
            refusal=hold.refusal,
            available_minor=hold.available_minor,
            period_end=hold.period_end,
        )
    told = (hold.pk, hold.amount_minor, account.currency, hold.refusal)
    publish(events.SpendingRefused(account.pk, *told), account)
    return hold


@command(SPEND)
def capture_hold(
    actor: Actor, hold: Hold, *, amount: Money | None = None, keeps_rest: bool = False, key: str = ""
) -> LedgerEntry:
    """
    What was held is spent: the whole, or a part; the rest is released, or stays held with `keeps_rest`. Refuses (Refused) a hold
    that has ended, more than it holds (Invalid), and a key that was used for something else.
    """
    account, fresh = _both(actor, hold)
    known = _posted(account, key, EntryKind.CAPTURE, fresh, amount)
    if known is not None:
        return known
    asked = _part_of(fresh, amount, account, EntryKind.CAPTURE, fresh.open_minor)
    taken = check_capture(fresh.state, fresh.open_minor, asked)
    rest = fresh.open_minor - taken
    fresh.captured_minor += taken
    if not (keeps_rest and rest):
        fresh.state = HoldState.CAPTURED
    day = fresh.day if account.policy_version.counted_on == CountedOn.AUTHORISED else None
    movement = Movement(
        EntryKind.CAPTURE,
        taken,
        held=-taken,
        consumed=taken,
        value_date=day,
        hold=fresh,
        **_asked_as(fresh, amount.minor if amount else None),
        key=key,
        source=fresh.source,
    )
    entry = _post(actor, account, movement)
    if rest and fresh.state == HoldState.CAPTURED:
        post(actor, account, Movement(EntryKind.RELEASE, rest, held=-rest, hold=fresh))
    _save_hold(fresh)
    save_balance(account)
    return entry


@command(SPEND)
def release_hold(actor: Actor, hold: Hold, *, key: str = "", note: str = "") -> LedgerEntry:
    """Lets what is still held go. Refuses (Refused) a hold that has ended."""
    account, fresh = _both(actor, hold)
    known = _posted(account, key, EntryKind.RELEASE, fresh, note=note)
    if known is not None:
        return known
    rest = check_capture(fresh.state, fresh.open_minor, None)
    fresh.state = HoldState.CAPTURED if fresh.captured_minor else HoldState.RELEASED
    movement = Movement(EntryKind.RELEASE, rest, held=-rest, hold=fresh, key=key, note=note)
    entry = post(actor, account, movement)
    _save_hold(fresh)
    save_balance(account)
    return entry


@command(SPEND)
def refund_hold(
    actor: Actor, hold: Hold, *, amount: Money | None = None, key: str = "", note: str = ""
) -> LedgerEntry:
    """
    Gives captured spending back, the whole or a part, as the policy says: to the quota of today, of the day it was spent, or not at
    all. Refuses (Invalid) more than was captured and not yet refunded.
    """
    account, fresh = _both(actor, hold)
    known = _posted(account, key, EntryKind.REFUND, fresh, amount, note)
    if known is not None:
        return known
    check_not_closed(account)
    left = fresh.captured_minor - fresh.refunded_minor
    given = check_refund(left, _part_of(fresh, amount, account, EntryKind.REFUND, left))
    fresh.refunded_minor += given
    said = _asked_as(fresh, amount.minor if amount else None)
    first: LedgerEntry | None = None
    for day, part in _days_of_refund(account, fresh, given):
        consumed = 0 if account.policy_version.refunds == RefundRule.NEVER else -part
        movement = Movement(
            EntryKind.REFUND,
            part,
            consumed=consumed,
            value_date=day,
            hold=fresh,
            **(said if first is None else {}),
            key=key if first is None else "",
            note=note,
        )
        entry = _post(actor, account, movement)
        first = first or entry
    _save_hold(fresh)
    save_balance(account)
    assert first is not None  # noqa: S101 - what is given is more than nothing
    return first


def _days_of_refund(account: Account, hold: Hold, given: int) -> list[tuple[date | None, int]]:
    """
    On which days how much of it counts. Where it gives back the quota of the day it was spent, and that were several, the last
    ones first: a customer gets the running period's own quota back before that of periods that are over.
    """
    if account.policy_version.refunds != RefundRule.ORIGINAL:
        return [(None, given)]
    sums = LedgerEntry.objects.filter(hold=hold, kind__in=[EntryKind.CAPTURE, EntryKind.REFUND])
    spent = sums.values_list("value_date").annotate(left=Sum("consumed_change")).order_by("-value_date")
    days: list[tuple[date | None, int]] = []
    for day, left in spent:
        part = min(given, max(0, left))
        if part:
            days.append((day, part))
            given -= part
    return [*days, (None, given)] if given else days


def _post(actor: Actor, account: Account, movement: Movement) -> LedgerEntry:
    entry = post(actor, account, movement)
    if entry.is_late:
        restate(account, entry.value_date, movement.consumed)
    return entry


def _both(actor: Actor, hold: Hold) -> tuple[Account, Hold]:
    """Locked in this order everywhere, and settled: a hold past its time has expired by then."""
    account = locked_and_settled(actor, hold.account)
    return account, lock(hold)


def _save_hold(hold: Hold) -> None:
    Hold.objects.filter(pk=hold.pk).update(
        state=hold.state,
        captured_minor=hold.captured_minor,
        refunded_minor=hold.refunded_minor,
        updated=clock.now(),
    )


def _posted(
    account: Account, key: str, kind: EntryKind, hold: Hold, amount: Money | None = None, note: str = ""
) -> LedgerEntry | None:
    """What the same key was answered first, of the same call."""
    found = queries.under_key(LedgerEntry.objects.all(), key, account=account).first() if key else None
    if found is None:
        return None
    said = (found.asked_minor, found.asked_currency) if found.asked_currency else None
    is_same = amount is None or (amount.minor, amount.currency) in (
        said,
        (found.amount_minor, account.currency),
    )
    if (found.kind, found.hold_id, found.note) != (kind, hold.pk, note) or not is_same:
        raise used_otherwise()
    return found


def _part_of(hold: Hold, amount: Money | None, account: Account, kind: EntryKind, left: int) -> int | None:
    """Of the `left` minor units of the account's currency, at the rate that was booked when it was held; None = all of it."""
    if amount is None:
        return None
    check_amount(amount.minor)
    part = queries.booked_as(hold, amount, account)
    if amount.currency == account.currency:
        return part
    parts = LedgerEntry.objects.filter(hold=hold, kind=kind).count() + 1
    return within_rounding(part, left, parts)
