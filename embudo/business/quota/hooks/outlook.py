from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Tile, register_menu, register_tile
from embudo.kernel.wording import register_event_text


def likely_words(data: Mapping[str, Any]) -> str:
    words = gettext("foresaw that the quota will hardly do: with a chance of %(chance)s %%")
    return words % {"chance": data["chance"]}


def register() -> None:
    """Menu, tile, words and help of the forecast."""
    register_menu(
        MenuEntry(
            _("Forecasts"), "quota:outlooks", "trending-up", VIEW_ACCOUNTS, 81, _("Quotas"),
        )
    )  # fmt: skip
    register_tile(
        Tile("quota-outlooks", _("Will need a higher tier"), "quota:outlooks_tile", VIEW_ACCOUNTS, order=73)
    )
    register_notification_kind(
        NotificationKind(
            "quota.outlook", _("A customer is likely to need more than their quota"), is_mailed=False
        )
    )
    register_event_text("quota.MoreLikelyNeeded", likely_words, "trending-up", "warn")
    for page in ("outlooks", "outlooks_tile", "outlook"):
        register_help(f"quota:{page}", _("The forecast"), "quota/help_outlook.html")
