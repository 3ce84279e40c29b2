"""How a change stands, in badges, words and amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language_info, gettext, gettext_lazy as _, ngettext

from embudo.business.quota import queries
from embudo.business.quota.models import Answer, Change, Rehearsal, Signature
from embudo.business.quota.rules.answers import DenialCode
from embudo.business.quota.rules.periods import Span
from embudo.business.quota.rules.states import AccountState, ChangeState
from embudo.business.quota.views.periods_chart import span_text
from embudo.foundation.ui import atoms
from embudo.kernel.money import exponent

_C = ChangeState
# A state is tone and icon and word, always three.
LOOKS: Mapping[str, tuple[str, str]] = {
    _C.DRAFT: ("plain", "pencil"),
    _C.SUBMITTED: ("info", "send"),
    _C.REFUSED: ("bad", "circle-x"),
    _C.UNDER_REVIEW: ("warn", "eye"),
    _C.REJECTED: ("bad", "thumbs-down"),
    _C.APPROVED: ("accent", "badge-check"),
    _C.AWAITING: ("warn", "hourglass"),
    _C.ACCEPTED: ("accent", "user-check"),
    _C.DENIED: ("bad", "shield-alert"),
    _C.EXPIRED: ("bad", "clock"),
    _C.REHEARSED: ("accent", "play"),
    _C.SCHEDULED: ("info", "calendar-clock"),
    _C.HELD: ("bad", "pause"),
    _C.APPLIED: ("ok", "check"),
    _C.INFORMED: ("ok", "circle-check"),
    _C.FAILED: ("bad", "circle-alert"),
    _C.RECALLED: ("plain", "undo-2"),
    _C.SUPERSEDED: ("plain", "copy"),
}
IN_FORCE = (_C.APPLIED, _C.INFORMED)
BADLY_ENDED = (_C.REFUSED, _C.REJECTED, _C.DENIED, _C.EXPIRED, _C.FAILED, _C.RECALLED, _C.SUPERSEDED)
CUSTOMER = _("the customer")


@atoms.kept
def change_badge(state: str) -> Any:
    return atoms.badge(*LOOKS[state], ChangeState(state).label)


def title_of(change: Change) -> str:
    """ "Q-17: $100.00 → $500.00"."""
    unit = change.account.currency
    amounts = (atoms.money((minor, unit)) for minor in (change.from_minor, change.to_minor))
    return f"{change.account.reference}: {' → '.join(amounts)}"


def asker(change: Change) -> str:
    return change.asked_by.name if change.asked_by else gettext("the customer")


@dataclass(frozen=True)
class Step:
    """A step of the way: `mark` is "done", "current", "ended" (it went no further) or ""."""

    label: Any
    mark: str
    at: datetime | None = None
    who: str = ""


Reached = tuple[Any, datetime | None, str]


def steps_of(change: Change, parts: "Parts") -> list[Step]:
    """The whole way of a change, with when and by whom each step was made."""
    reached = _way(change, parts)
    state = change.state
    done = [Step(label, "done", at, who) for label, at, who in reached if at is not None]
    if state in BADLY_ENDED:
        return [*done, Step(ChangeState(state).label, "ended", change.ended)]
    ahead = [label for label, at, _who in reached if at is None]
    return [*done, *(Step(label, "" if n else "current") for n, label in enumerate(ahead))]


def _way(change: Change, parts: "Parts") -> list[Reached]:
    submitted = parts.signed(Signature.For.SUBMIT)
    approved = parts.signed(Signature.For.APPROVE)
    is_approved = len(approved) >= change.approvers and change.submitted is not None
    is_applied = change.state in IN_FORCE
    yes = next((one for one in parts.answers if one.is_accepted), None)
    way: list[Reached] = [
        (_("Requested"), change.created, asker(change)),
        (_("Submitted"), change.submitted, names(submitted) or asker(change)),
        (_("Approved"), approved[-1].created if is_approved else None, names(approved)),
    ]
    if change.policy_version.needs_consent:
        way.append((_("Accepted"), yes.answered if yes else None, gettext("the customer")))
    rehearsal, signature = parts.rehearsal, parts.rehearsal_signed
    way += [
        (_("Rehearsed"), rehearsal.created if rehearsal else None, ""),
        (_("Signed"), signature.created if signature else None, signature.person.name if signature else ""),
        (_("Applied"), change.ended if is_applied else None, ""),
        (_("Customer told"), change.updated if change.state == _C.INFORMED else None, ""),
    ]
    return way


def names(signed: Sequence[Signature]) -> str:
    return ", ".join(one.person.name for one in signed)


@dataclass(frozen=True)
class Parts:
    """What belongs to a change, read once for its page."""

    signatures: Sequence[Signature]
    answers: Sequence[Answer]  # the latest first
    rehearsal: Rehearsal | None

    @classmethod
    def of(cls, change: Change) -> "Parts":
        return cls(queries.signatures(change), queries.answers(change), queries.newest_rehearsal(change))

    def signed(self, purpose: Signature.For) -> list[Signature]:
        return [one for one in self.signatures if one.purpose == purpose]

    @property
    def rehearsal_signed(self) -> Signature | None:
        newest = self.rehearsal.pk if self.rehearsal else None
        return next((one for one in self.signatures if newest and one.rehearsal == newest), None)


# --- what was frozen -----------------------------------------------------------------------------------------------


def day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def facts_shown(facts: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The frozen facts as a page shows them; empty before a change was submitted."""
    if not facts.get("periods"):
        return {}
    holds, arrears = facts["holds"], facts["arrears"]
    n = holds["count"]
    return {
        "day": day_of(facts["day"]),
        "rows": [_period_row(one, currency) for one in reversed(facts["periods"])],
        "chart": chart(facts, currency),
        "tier": facts["tier"] or "—",
        "qualifies_for": facts["qualifies_for"] or "—",
        "holds": ngettext("%(n)d, %(amount)s", "%(n)d, together %(amount)s", n)
        % {"n": n, "amount": atoms.money((holds["minor"], currency))}
        if n
        else gettext("none"),
        "arrears": _arrears(arrears, currency),
        "available": atoms.money((facts["running"]["available"], currency)),
        "forecast": _forecast(facts["forecast"], currency),
    }


def _period_row(one: Mapping[str, Any], currency: str) -> tuple[str, str]:
    span = Span(date.fromisoformat(one["starts"]), date.fromisoformat(one["ends"]))
    return span_text(span), atoms.money((one["minor"], currency))


def _arrears(arrears: Mapping[str, Any], currency: str) -> str:
    if not arrears["minor"]:
        return gettext("none")
    amount, due = atoms.money((arrears["minor"], currency)), day_of(arrears["oldest_due"])
    if due is None:
        return amount
    return gettext("%(amount)s, the oldest due %(day)s") % {"amount": amount, "day": atoms.full_day(due)}


def _forecast(told: Mapping[str, Any] | None, currency: str) -> str:
    if told is None:
        return gettext("none yet")
    low, high = (atoms.money((minor, currency)) for minor in told["band80"])
    words = gettext(
        "%(expected)s by the end of the period (%(low)s to %(high)s); %(chance)d %% chance of exceeding"
    )
    expected = atoms.money((told["expected"], currency))
    return words % {"expected": expected, "low": low, "high": high, "chance": told["chance"]}


def chart(facts: Mapping[str, Any], currency: str) -> Any:
    """What was spent in each period, against the limit of then; the table beside it says the same."""
    periods, scale = facts["periods"], 10 ** exponent(currency)
    spent = [max(0, one["minor"]) // scale for one in periods]
    limit = facts["running"]["limit"] // scale
    top = atoms.even_top(max(*spent, limit, 1))
    most = max(periods, key=lambda one: one["minor"])
    told = gettext("Spent in the last %(n)d periods; the most, %(most)s, in the one from %(day)s. The limit was %(limit)s.") % {
        "n": len(periods), "most": atoms.money((most["minor"], currency)),
        "day": atoms.full_day(day_of(most["starts"])), "limit": atoms.money((facts["running"]["limit"], currency)),
    }  # fmt: skip
    labels = [atoms.axis_month(date.fromisoformat(one["starts"])) for one in periods]
    series = [(gettext("Spent"), spent), (gettext("Limit"), [limit] * len(spent))]
    return atoms.line_chart(series, labels, told, top)


# --- the customer, the rehearsal -----------------------------------------------------------------------------------


def answer_badge(answer: Answer) -> Any:
    if answer.bounced is not None:
        return atoms.badge("bad", "circle-alert", gettext("came back"))
    if answer.is_accepted is not None and answer.answered is not None:
        look = (
            ("ok", "check", gettext("accepted"))
            if answer.is_accepted
            else ("bad", "circle-x", gettext("denied"))
        )
        return atoms.badge(*look)
    if answer.channel in (Answer.Channel.NOTICE, Answer.Channel.PHONE) and answer.sent is not None:
        return atoms.badge("info", "mail", gettext("told"))
    if not answer.address:
        return atoms.badge("bad", "circle-alert", gettext("no mail address"))
    if answer.opened is not None:
        return atoms.badge("info", "eye", gettext("link opened"))
    if answer.sent is not None:
        return atoms.badge("info", "send", gettext("delivered"))
    return atoms.badge("plain", "clock", gettext("on its way"))


def answer_said(answer: Answer) -> str:
    """Why they denied it, by the list and in their words; or by what is known that they said yes."""
    code = str(DenialCode(answer.code).label) if answer.code in DenialCode.values else ""
    return " · ".join(filter(None, (code, answer.reason, answer.evidence)))


BEFORE_AFTER: tuple[tuple[str, Any], ...] = (
    ("limit", _("Limit")),
    ("overdraft", _("Overdraft")),
    ("topups", _("Top-ups")),
    ("consumed", _("Consumed")),
    ("held", _("Open holds")),
    ("available", _("Available")),
)


def rehearsal_shown(rehearsal: Rehearsal, currency: str) -> dict[str, Any]:
    """A dry run: the account before and after, what stands against it, what to know, and what will be sent."""
    result = rehearsal.result
    before, after = result["before"], result["after"]
    rows = [
        (
            label,
            atoms.money((before[key], currency)),
            atoms.money((after[key], currency)),
            before[key] != after[key],
        )
        for key, label in BEFORE_AFTER
    ]
    tiers = [one["tier"] or "—" for one in (before, after)]
    states = [str(AccountState(one["state"]).label) for one in (before, after)]
    rows += [
        (_("Tier"), *tiers, tiers[0] != tiers[1]),  # type: ignore[list-item]
        (_("State"), *states, states[0] != states[1]),  # type: ignore[list-item]
    ]
    return {
        "day": rehearsal.day,
        "rows": rows,
        "breaches": queries.findings_in_words(result["breaches"], currency),
        "conflicts": queries.findings_in_words(result["conflicts"], currency),
        "messages": [_message(one) for one in result["messages"]],
    }


def _message(one: Mapping[str, Any]) -> str:
    if not one["is_mailable"]:
        return gettext("The customer can't be told: no mail address is on file.")
    return gettext("The customer is told by mail that the limit has changed (language: %(language)s).") % {
        "language": get_language_info(one["language"])["name_translated"]
    }
