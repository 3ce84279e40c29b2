from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.models import ExchangeRate, Policy
from embudo.business.quota.permissions import VIEW_POLICIES
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, record_url, register_menu
from embudo.kernel.kind import RecordKind, SearchText, register_kind
from embudo.kernel.wording import register_event_text

SECTION = _("Quotas")
EVENT_TEXTS: tuple[tuple[str, Any, str], ...] = (
    ("PolicyDefined", _("defined the quota policy"), "plus"),
    ("PolicyVersionPublished", _("published a version of the quota policy"), "pencil"),
    ("PolicyArchived", _("moved the quota policy into or out of the archive"), "archive"),
    ("RateEntered", _("entered an exchange rate"), "coins"),
)
HELPED = (
    "policies",
    "policy",
    "policy_new",
    "policy_publish",
    "policy_archive",
    "policy_unarchive",
    "rates",
    "rate_new",
)


def _policy_url(policy_id: UUID) -> str:
    return record_url("quota:policy", policy_id)


def _rates_url(_rate_id: UUID) -> str:
    return reverse("quota:rates")


def register() -> None:
    """Kinds, menu, words and help of policies and exchange rates."""
    register_kind(
        RecordKind(
            Policy, _("quota policy"), _("quota policies"), "scale", title=lambda one: one.name, url=_policy_url,
            fetch=queries.policy, search=lambda one: SearchText(one.name, one.currency, (one.name,)),
        )
    )  # fmt: skip
    register_kind(
        RecordKind(
            ExchangeRate, _("exchange rate"), _("exchange rates"), "coins",
            title=lambda one: f"{one.currency} / {one.into}", url=_rates_url, fetch=queries.exchange_rate,
        )
    )  # fmt: skip
    register_menu(MenuEntry(_("Quota policies"), "quota:policies", "scale", VIEW_POLICIES, 86, SECTION))
    register_menu(MenuEntry(_("Exchange rates"), "quota:rates", "coins", VIEW_POLICIES, 88, SECTION))
    for name, text, icon in EVENT_TEXTS:
        register_event_text(f"quota.{name}", text, icon)
    for page in HELPED:
        register_help(f"quota:{page}", _("Quota policies"), "quota/help_policies.html")
