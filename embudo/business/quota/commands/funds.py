from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.commands.posting import Movement, post, save_balance
from embudo.business.quota.commands.settling import locked_and_settled, restate
from embudo.business.quota.commands.spending import check_not_closed, used_otherwise
from embudo.business.quota.models import Account, LedgerEntry
from embudo.business.quota.permissions import ADJUST, TOP_UP
from embudo.business.quota.rules.amounts import BY_OFFICER, CARRIED, LARGEST, OUR_SOURCES
from embudo.business.quota.rules.spending import check_amount
from embudo.business.quota.rules.states import AccountState, EntryKind
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money


@dataclass(frozen=True)
class Origin:
    """Where a movement comes from: the caller's own key, what sent it, and a word about it."""

    key: str = ""
    source: str = ""
    note: str = ""


@command(TOP_UP)
def top_up(actor: Actor, account: Account, *, amount: Money, origin: Origin = Origin()) -> LedgerEntry:
    """
    Money paid in advance: it may be spent above the limit in the running period, and what is not goes over into the next. Refuses
    (Invalid) another currency, an amount that is none, a key used for something else, a source that is ours, a closed account.
    """
    if origin.source in OUR_SOURCES:
        raise Invalid({"source": [_("This word has a meaning of its own here. Choose another one.")]})
    return enter_top_up(actor, account, amount, origin)


def enter_top_up(actor: Actor, account: Account, amount: Money, origin: Origin) -> LedgerEntry:
    """What a top-up and an approved request have in common, within the command of either."""
    _check_currency(account, amount)
    check_amount(amount.minor)
    fresh = locked_and_settled(actor, account)
    known = _posted(fresh, origin.key, EntryKind.TOPUP, amount.minor)
    if known is not None:
        if (known.source, known.note) != (origin.source, origin.note):
            raise used_otherwise()
        return known
    check_not_closed(fresh)
    check_amount(fresh.topup_minor + amount.minor)
    movement = Movement(
        EntryKind.TOPUP,
        amount.minor,
        topup=amount.minor,
        key=origin.key,
        source=origin.source,
        note=origin.note,
    )
    entry = post(actor, fresh, movement)
    save_balance(fresh)
    return entry


@command(ADJUST)
def adjust_consumption(
    actor: Actor,
    account: Account,
    *,
    amount: Money,
    reason: str,
    value_date: date | None = None,
    key: str = "",
) -> LedgerEntry:
    """
    Corrects what was consumed, up or down, on the day it counts on; a day of a closed period restates that. The same key again
    has the first entry. Refuses (Invalid) no reason, another currency, nothing at all, a day to come, a key used for something else.
    """
    if not reason.strip():
        raise Invalid({"reason": [_("Say why the ledger is corrected.")]})
    _check_currency(account, amount)
    if not amount.minor or abs(amount.minor) > LARGEST:
        raise Invalid({"amount": [_("Enter an amount other than zero.")]})
    if value_date is not None and not account.opened_on <= value_date <= clock.today():
        raise Invalid({"value_date": [_("Choose a day since the account was opened, up to today.")]})
    fresh = locked_and_settled(actor, account)
    known = _corrected(fresh, key, amount.minor, reason.strip(), value_date)
    if known is not None:
        return known
    _check_open(fresh)
    if abs(fresh.consumed_minor + amount.minor) > LARGEST:
        raise Invalid({"amount": [_("This amount is too large to keep.")]})
    movement = Movement(
        EntryKind.ADJUSTMENT,
        amount.minor,
        consumed=amount.minor,
        value_date=value_date,
        key=key,
        note=reason.strip(),
    )
    return _entered(actor, fresh, movement)


@command(ADJUST)
def reverse_entry(actor: Actor, entry: LedgerEntry, *, reason: str) -> LedgerEntry:
    """
    Takes an adjustment or a top-up back, on the day it counted on. Refuses (Refused) every other kind, an entry that was reversed
    before, and a top-up that is spent already.
    """
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is taken back.")]})
    is_ours = entry.source == CARRIED  # the product's own, from one period into the next
    if entry.kind not in (EntryKind.ADJUSTMENT, EntryKind.TOPUP) or entry.reversal_of_id or is_ours:
        raise Refused("quota.not_reversible", _("Only top-ups and adjustments are taken back like this."))
    fresh = locked_and_settled(actor, entry.account)
    _check_open(fresh)
    if LedgerEntry.objects.filter(reversal_of=entry).exists():
        raise Refused("quota.reversed", _("This was taken back before."))
    if entry.kind == EntryKind.TOPUP and not _is_unspent(fresh, entry):
        raise Refused("quota.topup_spent", _("A part of this top-up is spent, or its period is over."))
    movement = Movement(
        EntryKind(entry.kind),
        -entry.amount_minor,
        consumed=-entry.consumed_change,
        topup=-entry.topup_change,
        value_date=entry.value_date,
        reversal_of=entry,
        source=BY_OFFICER if entry.source == BY_OFFICER else "",  # so that the two add up to nothing
        note=reason.strip(),
    )
    return _entered(actor, fresh, movement)


def _is_unspent(account: Account, entry: LedgerEntry) -> bool:
    """Whether as much of top-ups is left as this one brought; an overdraft does not make up for what was spent of it."""
    is_in_force = account.period_start <= entry.value_date < account.period_end
    spare = account.limit_minor + account.topup_minor - account.balance.used
    return is_in_force and entry.amount_minor <= min(spare, account.topup_minor)


def _entered(actor: Actor, account: Account, movement: Movement) -> LedgerEntry:
    entry = post(actor, account, movement)
    if entry.is_late:
        restate(account, entry.value_date, movement.consumed)
    save_balance(account)
    return entry


def _check_open(account: Account) -> None:
    if account.state == AccountState.CLOSED:
        raise Refused("quota.closed", _("This quota account is closed."))


def _corrected(account: Account, key: str, minor: int, reason: str, day: date | None) -> LedgerEntry | None:
    """What the same key was answered first, of the same correction."""
    found = _posted(account, key, EntryKind.ADJUSTMENT, minor)
    if found is not None and (found.note, day or found.value_date) != (reason, found.value_date):
        raise used_otherwise()
    return found


def _posted(account: Account, key: str, kind: EntryKind, minor: int) -> LedgerEntry | None:
    found = queries.under_key(LedgerEntry.objects.all(), key, account=account).first() if key else None
    if found is not None and (found.kind, found.amount_minor) != (kind, minor):
        raise used_otherwise()
    return found


def _check_currency(account: Account, amount: Money) -> None:
    if amount.currency != account.currency:
        raise Invalid({"currency": [_("This account is kept in %s.") % account.currency]})
