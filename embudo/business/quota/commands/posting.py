"""How a movement enters the ledger and the balance, of an account that is locked in this transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from embudo.business.quota import events, queries
from embudo.business.quota.models import Account, Block, Hold, LedgerEntry, LimitVersion
from embudo.business.quota.rules.amounts import next_notice, reached, state_of
from embudo.business.quota.rules.states import SPENDABLE, AccountState, EntryKind
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.columns import sent
from embudo.kernel.event import publish
from embudo.kernel.prepared import insert_all, insert_made, made, repeating_cursor

ADD_TO_DAY = """
INSERT INTO quota_dayspend (account_id, day, consumed_minor, topup_minor) VALUES (%s, %s, %s, %s)
ON CONFLICT (account_id, day) DO UPDATE SET
consumed_minor = quota_dayspend.consumed_minor + excluded.consumed_minor,
topup_minor = quota_dayspend.topup_minor + excluded.topup_minor
"""
ONE_DAY = timedelta(days=1)
BALANCE = (
    "policy_version_id", "state", "limit_minor", "overdraft_minor", "topup_minor", "consumed_minor", "held_minor",
    "ceiling_minor", "notice_minor", "reached_percent", "is_spendable", "period_start", "period_end", "settle_at",
)  # fmt: skip


@dataclass(frozen=True)
class Movement:
    """`amount` and its signed effects in minor units of the account's currency; `value_date` None = today."""

    kind: EntryKind
    amount: int
    held: int = 0
    consumed: int = 0
    topup: int = 0
    value_date: date | None = None
    hold: Hold | None = None
    reversal_of: LedgerEntry | None = None
    asked_minor: int | None = None
    asked_currency: str = ""
    rate: int | None = None
    key: str = ""
    source: str = ""
    note: str = ""


def post(actor: Actor, account: Account, movement: Movement) -> LedgerEntry:
    """
    Writes the entry and changes the locked account's balance in hand; `save_balance` writes that. What counts on a day outside the
    running period leaves the balance alone, and restates the period it falls in.
    """
    return post_all(actor, account, [movement])[0]


def post_all(actor: Actor, account: Account, movements: Sequence[Movement]) -> list[LedgerEntry]:
    """The same for several, in their order."""
    entries = [_applied(actor, account, one) for one in movements]
    if len(entries) > 1:
        insert_all(entries)
    else:
        insert_made(entries[0])
    for entry, one in zip(entries, movements, strict=True):
        told = events.MovementPosted(account.pk, entry.pk, one.kind, one.amount, account.currency)
        publish(told, account)
    return entries


def _applied(actor: Actor, account: Account, movement: Movement) -> LedgerEntry:
    day = _day_of(account, movement)
    is_over = day < account.period_start
    account.held_minor += movement.held
    if not is_over:
        account.consumed_minor += movement.consumed
        account.topup_minor += movement.topup
    if movement.consumed or movement.topup:
        add_to_day(account, day, movement.consumed, movement.topup)
    entry = entry_of(actor, account, movement, day, account.balance.available)
    entry.is_late = is_over and bool(movement.consumed) and queries.is_of_a_period(account, day)
    return entry


def _day_of(account: Account, movement: Movement) -> date:
    """
    Today, if nothing else is said. What counts in the running period counts on a day of it: the account was settled a moment ago,
    and midnight may have passed since.
    """
    day = movement.value_date or clock.today()
    if movement.consumed or movement.topup:
        return min(day, account.period_end - ONE_DAY)
    return day


def entry_of(actor: Actor, account: Account, movement: Movement, day: date, available: int) -> LedgerEntry:
    values: dict[str, Any] = {
        "account_id": account.pk,
        "kind": movement.kind.value,
        "amount_minor": movement.amount,
        "held_change": movement.held,
        "consumed_change": movement.consumed,
        "topup_change": movement.topup,
        "available_minor": available,
        "value_date": day,
        "hold_id": movement.hold.pk if movement.hold else None,
        "reversal_of_id": movement.reversal_of.pk if movement.reversal_of else None,
        "asked_minor": movement.asked_minor,
        "asked_currency": movement.asked_currency,
        "rate": movement.rate,
        "key": movement.key,
        "source": movement.source,
        "note": movement.note,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
    }
    return made(LedgerEntry, values)


def add_to_day(account: Account, day: date, consumed: int, topup: int) -> None:
    with repeating_cursor(connection, ADD_TO_DAY) as cursor:
        cursor.execute(ADD_TO_DAY, [sent(account.pk, connection), sent(day, connection), consumed, topup])


def save_balance(account: Account) -> None:
    """
    Writes the locked account's balance, with all that follows from it: the ceiling, the next notice, the state. Tells when a
    threshold is reached; one that was left again is told anew next time.
    """
    balance = account.balance
    thresholds = account.policy_version.thresholds
    if account.state in SPENDABLE:
        account.state = state_of(balance, thresholds)
    account.is_spendable = account.state in SPENDABLE
    account.ceiling_minor = max(balance.allowance, balance.used)
    account.notice_minor = next_notice(balance, thresholds)
    told, now = account.reached_percent, reached(balance, thresholds)
    # what is reached while nothing may be spent is told when it may be again
    account.reached_percent = now if account.is_spendable else min(told, now)
    Account.objects.filter(pk=account.pk).update(
        updated=clock.now(), **{name: getattr(account, name) for name in BALANCE}
    )
    if account.is_spendable and account.reached_percent > told:
        amounts = (account.reached_percent, balance.used, balance.allowance, account.currency)
        publish(events.ThresholdReached(account.pk, *amounts), account)


def judge_state(account: Account) -> None:
    """
    The state of a locked account from all that says it: closed stays closed, without a limit it is pending, held while anything
    holds it, else what is used says it. For when a limit or a block came or went; `save_balance` writes it.
    """
    if account.state == AccountState.CLOSED:
        return
    if Block.objects.filter(account=account, lifted=None).exists():
        account.state = AccountState.HELD
    elif not has_limit(account):
        account.state = AccountState.PENDING
    else:
        account.state = state_of(account.balance, account.policy_version.thresholds)


def has_limit(account: Account) -> bool:
    return LimitVersion.objects.filter(account=account, valid_to=None).exists()
