"""What happened on an account, in words: one sentence each, the same on the page and in the file of the trail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.business.quota.models import MERGED, Account, Answer, LedgerEntry, Signature
from embudo.business.quota.queries.story import Happened
from embudo.business.quota.rules.states import AccountState, Cause, ChangeState, EntryKind
from embudo.kernel.money import Money

ENTRY_WORDS: Mapping[str, Any] = {
    EntryKind.HOLD: _("Held for a purchase"),
    EntryKind.CAPTURE: _("Spent"),
    EntryKind.RELEASE: _("Released"),
    EntryKind.EXPIRE: _("Released: its time was over"),
    EntryKind.REFUND: _("Refunded"),
    EntryKind.TOPUP: _("Topped up"),
    EntryKind.ADJUSTMENT: _("Corrected"),
}
REFUSALS: Mapping[str, Any] = {
    "quota.pending": _("no limit was set yet"),
    "quota.held": _("the account was held"),
    "quota.over": _("more was used than allowed"),
    "quota.limit": _("too little was left"),
}
SOURCES: Mapping[str, Any] = {
    "carried": _("left over from the period before"),
    "officer": _("let by an officer"),
}
CUSTOMER, PRODUCT = _("The customer"), _("The product itself")


@dataclass(frozen=True)
class Told:
    """
    `words` is the sentence, `detail` what somebody wrote about it, `who` did it. `amount` is what it is about,
    `available` what was left afterwards, both in minor units of the account's currency.
    """

    words: str
    detail: str = ""
    who: str = ""
    amount: int | None = None
    available: int | None = None


def told(account: Account, happened: Happened) -> Told:
    return TELLERS[happened.kind](account, happened.thing)


def _money(account: Account, minor: int) -> str:
    return Money(minor, account.currency).text(get_language() or "en")


def _day(day: Any) -> str:
    return str(formats.date_format(day, "SHORT_DATE_FORMAT"))


def _name(user: Any, nobody: Any = PRODUCT) -> str:
    return str(user.name) if user is not None else str(nobody)


def _entry(account: Account, one: LedgerEntry) -> Told:
    words = str(ENTRY_WORDS[one.kind])
    if one.reversal_of_id:
        words = gettext("Taken back: %(what)s") % {"what": EntryKind(one.kind).label}
    if one.is_late:
        words = gettext("%(what)s, for the closed period of %(day)s") % {
            "what": words,
            "day": _day(one.value_date),
        }
    known = SOURCES.get(one.source, one.source)
    note = one.note or (one.hold.note if one.hold and one.kind == EntryKind.HOLD else "")
    detail = " · ".join(str(part) for part in (known, note) if part)
    if one.asked_currency and one.asked_currency != account.currency and one.asked_minor is not None:
        asked = Money(one.asked_minor, one.asked_currency).text(get_language() or "en")
        detail = " · ".join(filter(None, (asked, detail)))
    return Told(words, detail, _name(one.actor), one.amount_minor, one.available_minor)


def _refused(account: Account, hold: Any) -> Told:
    why = REFUSALS.get(hold.refusal, hold.refusal)
    detail = " · ".join(filter(None, (hold.source, hold.note)))
    return Told(
        gettext("Refused: %(why)s") % {"why": why}, detail, "", hold.amount_minor, hold.available_minor
    )


def _blocked(account: Account, block: Any) -> Told:
    nobody = _("A daily run") if block.is_by_run else PRODUCT
    return Told(
        gettext("Held: %(cause)s") % {"cause": Cause(block.cause).label},
        block.reason,
        _name(block.placed_by, nobody),
    )


def _lifted(account: Account, block: Any) -> Told:
    words = gettext("No longer held: %(cause)s") % {"cause": Cause(block.cause).label}
    return Told(words, block.lift_reason, _name(block.lifted_by))


def _change(account: Account, change: Any) -> Told:
    words = gettext("Change of the limit asked for: %(before)s → %(after)s") % {
        "before": _money(account, change.from_minor),
        "after": _money(account, change.to_minor),
    }
    return Told(words, change.reason, _name(change.asked_by, CUSTOMER))


def _change_ended(account: Account, change: Any) -> Told:
    words = gettext("The change ended: %(state)s") % {"state": ChangeState(change.state).label}
    return Told(words, change.ended_reason)


def _signed(account: Account, one: Any) -> Told:
    words = gettext("Signed the change: %(purpose)s") % {"purpose": Signature.For(one.purpose).label}
    return Told(words, "", _name(one.person))


def _customer_asked(account: Account, one: Any) -> Told:
    return Told(gettext("The customer was asked about the change"))


def _bounced(account: Account, one: Any) -> Told:
    return Told(gettext("The mail to the customer came back"))


def _customer_answered(account: Account, one: Any) -> Told:
    words = gettext("The customer agreed") if one.is_accepted else gettext("The customer did not agree")
    if one.channel == Answer.Channel.SILENCE:
        words = gettext("The customer did not answer in time")
    return Told(words, one.reason, _name(one.recorded_by, CUSTOMER))


def _switch(account: Account, one: Any) -> Told:
    states = {"before": AccountState(one.before).label, "after": AccountState(one.after).label}
    made = gettext("A daily run switched the account: %(before)s → %(after)s")
    proposed = gettext("A daily run proposed a switch: %(before)s → %(after)s")
    is_made = one.state == "made" and one.decided_by_id is None
    return Told((made if is_made else proposed) % states, str(Cause(one.cause).label))


def _switch_decided(account: Account, one: Any) -> Told:
    words = gettext("The proposed switch was decided: %(decision)s") % {"decision": one.get_state_display()}
    return Told(words, one.reason, _name(one.decided_by))


def _limit(account: Account, one: Any) -> Told:
    words = gettext("The limit is %(limit)s from %(day)s") % {
        "limit": _money(account, one.limit_minor),
        "day": _day(one.valid_from),
    }
    return Told(words, " · ".join(filter(None, (one.tier_name, one.reason))))


def _period(account: Account, one: Any) -> Told:
    words = gettext("The period from %(day)s is closed: %(consumed)s of %(allowed)s consumed") % {
        "day": _day(one.starts),
        "consumed": _money(account, one.first_minor),
        "allowed": _money(account, one.allowance_minor),
    }
    return Told(words)


def _restated(account: Account, one: Any) -> Told:
    words = gettext("The closed period from %(day)s was restated: %(before)s → %(after)s") % {
        "day": _day(one.starts),
        "before": _money(account, one.first_minor),
        "after": _money(account, one.consumed_minor),
    }
    return Told(words)


def _request(account: Account, one: Any) -> Told:
    words = gettext("An officer was asked to let more be spent")
    return Told(words, one.reason, _name(one.asked_by, CUSTOMER), one.amount_minor)


def _request_answered(account: Account, one: Any) -> Told:
    is_approved = one.state == "approved"
    words = gettext("The request was approved") if is_approved else gettext("The request was denied")
    return Told(words, one.answer_reason, _name(one.answered_by), one.amount_minor)


def _opened(account: Account, one: Any) -> Told:
    return Told(gettext("The account was opened"))


def _closed(account: Account, one: Any) -> Told:
    if one.close_reason == MERGED:
        return Told(gettext("Closed: its customer was merged with one that has such an account already"))
    return Told(gettext("The account was closed"), one.close_reason)


def _opened_again(account: Account, one: Any) -> Told:
    return Told(gettext("The account was opened again"), who=_name(one.opened_by))


TELLERS: Mapping[str, Callable[[Account, Any], Told]] = {
    "opened": _opened,
    "entry": _entry,
    "refused": _refused,
    "blocked": _blocked,
    "lifted": _lifted,
    "change": _change,
    "change_ended": _change_ended,
    "signed": _signed,
    "customer_asked": _customer_asked,
    "bounced": _bounced,
    "customer_answered": _customer_answered,
    "switch": _switch,
    "switch_decided": _switch_decided,
    "limit": _limit,
    "period": _period,
    "restated": _restated,
    "request": _request,
    "request_answered": _request_answered,
    "closed": _closed,
    "closed_before": _closed,
    "opened_again": _opened_again,
}
