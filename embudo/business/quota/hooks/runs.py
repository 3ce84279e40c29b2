from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import queries
from embudo.business.quota.models import Run, Switch
from embudo.business.quota.permissions import VIEW_RUNS
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.views.run_words import title_of_run, title_of_switch
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Tile, record_url, register_menu, register_tile
from embudo.kernel.kind import RecordKind, register_kind
from embudo.kernel.wording import register_event_text

SECTION = _("Quotas")
HELPED = (
    "proposals", "proposals_approve", "proposals_deny", "proposals_waiting", "switch", "switch_approve", "switch_deny", "runs",
    "run", "run_ask", "run_switches",
)  # fmt: skip


def _run_url(run_id: UUID) -> str:
    return record_url("quota:run", run_id)


def _switch_url(switch_id: UUID) -> str:
    return record_url("quota:switch", switch_id)


def proposed_words(data: Mapping[str, Any]) -> str:
    words = (
        gettext("proposed to reopen the account: %(cause)s")
        if data["is_reopening"]
        else gettext("proposed to hold the account: %(cause)s")
    )
    return words % {"cause": Cause(data["cause"]).label}


def denied_words(data: Mapping[str, Any]) -> str:
    words = (
        gettext("denied reopening the account: %(cause)s")
        if data["is_reopening"]
        else gettext("denied holding the account: %(cause)s")
    )
    return words % {"cause": Cause(data["cause"]).label}


def finished_words(data: Mapping[str, Any]) -> str:
    words = ngettext(
        "finished the daily run over %(n)d account", "finished the daily run over %(n)d accounts", data["looked_at"]
    )  # fmt: skip
    return words % {"n": data["looked_at"]}


def register() -> None:
    """Kinds, menu, tile, words and help of the daily run."""
    register_kind(
        RecordKind(
            Run, _("daily run"), _("daily runs"), "calendar-check", title=title_of_run, url=_run_url, fetch=queries.run
        )
    )  # fmt: skip
    register_kind(
        RecordKind(
            Switch, _("switch of an account"), _("switches of accounts"), "badge-check", title=title_of_switch,
            url=_switch_url, fetch=queries.switch,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(
            _("Proposals"), "quota:proposals", "badge-check", VIEW_RUNS, 83, SECTION, badge=queries.proposals_count
        )
    )  # fmt: skip
    register_menu(MenuEntry(_("Daily runs"), "quota:runs", "calendar-check", VIEW_RUNS, 84, SECTION))
    register_tile(
        Tile("quota-proposals", _("Proposals waiting"), "quota:proposals_waiting", VIEW_RUNS, order=72)
    )
    register_notification_kind(
        NotificationKind(
            "quota.run", _("A daily run over quotas proposed something or failed"), is_mailed=False
        )
    )
    register_event_text("quota.SwitchProposed", proposed_words, "badge-check", "info")
    register_event_text("quota.SwitchDenied", denied_words, "circle-x")
    register_event_text("quota.SwitchLapsed", _("let a proposal lapse, because its cause is gone"), "ban")
    register_event_text("quota.RunBegun", _("began the daily run"), "play", is_told=False)
    register_event_text("quota.RunAsked", _("asked for the daily run to go on"), "play")
    register_event_text("quota.RunFinished", finished_words, "calendar-check", "ok")
    register_event_text(
        "quota.AccountsSettled", _("brought accounts up to the day"), "calendar-clock", is_told=False
    )
    for page in HELPED:
        register_help(f"quota:{page}", _("The daily run"), "quota/help_runs.html")
