"""A daily run and its switches in words and badges."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext

from embudo.business.quota.models import Run, Switch
from embudo.business.quota.rules.states import Cause
from embudo.foundation.ui import atoms

DECISION_LOOKS: Mapping[str, tuple[str, str]] = {
    Switch.State.PROPOSED: ("warn", "clock"),
    Switch.State.MADE: ("ok", "circle-check"),
    Switch.State.DENIED: ("plain", "circle-x"),
    Switch.State.LAPSED: ("plain", "ban"),
}


@atoms.kept
def decision_badge(state: str) -> Any:
    return atoms.badge(*DECISION_LOOKS[state], Switch.State(state).label)


def act_badge(switch: Switch) -> Any:
    if switch.is_reopening:
        return atoms.badge("ok", "circle-check", gettext("Reopen"))
    return atoms.badge("bad", "lock", gettext("Hold"))


def run_badge(run: Run) -> Any:
    if run.finished is None:
        return atoms.badge("info", "clock", gettext("Running"))
    if run.failed:
        return atoms.badge("bad", "circle-alert", gettext("Done, with failures"))
    return atoms.badge("ok", "circle-check", gettext("Done"))


def title_of_run(run: Run) -> str:
    return gettext("Daily run of %(day)s") % {"day": atoms.full_day(run.day)}


def title_of_switch(switch: Switch) -> str:
    words = gettext("Reopen %(account)s") if switch.is_reopening else gettext("Hold %(account)s")
    return words % {"account": switch.account.reference}


def figures_text(switch: Switch) -> str:
    """By what the account was judged; of a reopening, by what it was held before."""
    told = WORDS.get(Cause(switch.cause))
    try:
        return told(switch.figures, switch.account.currency) if told else ""
    except (KeyError, ValueError):  # kept by an older version
        return ""


def _overdue(figures: Mapping[str, Any], currency: str) -> str:
    days = int(figures["days"])
    words = ngettext(
        "%(amount)s to pay, the oldest of it %(n)d day overdue",
        "%(amount)s to pay, the oldest of it %(n)d days overdue",
        days,
    )
    return words % {"amount": atoms.money((figures["owed_minor"], currency)), "n": days}


def _over_limit(figures: Mapping[str, Any], currency: str) -> str:
    return gettext("%(used)s used of %(allowed)s") % {
        "used": atoms.money((figures["used_minor"], currency)),
        "allowed": atoms.money((figures["allowance_minor"], currency)),
    }


def _document(figures: Mapping[str, Any], currency: str) -> str:
    day = date.fromisoformat(figures["document_expires"])
    return gettext("valid until %(day)s") % {"day": atoms.full_day(day)}


def _denied(figures: Mapping[str, Any], currency: str) -> str:
    return gettext("the customer said that a change was not theirs")


WORDS = {
    Cause.OVERDUE: _overdue,
    Cause.OVER_LIMIT: _over_limit,
    Cause.EXPIRED_DOCUMENT: _document,
    Cause.DENIED: _denied,
}
STEPS = {
    "settle": lambda: gettext("bringing up to the day"),
    "apply": lambda: gettext("applying a change"),
    "expire": lambda: gettext("ending the wait for an answer"),
    "review": lambda: gettext("looking at proposals"),
    "reopen": lambda: gettext("reopening"),
    "hold": lambda: gettext("holding"),
}
