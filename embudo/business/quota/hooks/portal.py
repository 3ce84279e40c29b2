from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.help import register_help
from embudo.kernel.wording import register_event_text

HELPED = ("portal_links", "portal_share", "portal_revoke")
EVENT_TEXTS: tuple[tuple[str, Any, str, str], ...] = (
    ("PortalShared", _("sent the customer the link to their quota"), "send", "info"),
    ("PortalLinkRevoked", _("revoked the customer's link to their quota"), "circle-x", "bad"),
    ("PortalOpened", _("saw the customer open their quota"), "eye", ""),
)


def register() -> None:
    for name, words, icon, tone in EVENT_TEXTS:
        register_event_text(f"quota.{name}", words, icon, tone)
    for page in HELPED:
        register_help(f"quota:{page}", _("The customer's own page"), "quota/help_portal.html")
