from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.audit import permissions
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, about_url, register_menu, register_panel
from embudo.kernel.wording import register_event_text


def history_panel(kind: str, record_id: UUID) -> str:
    return about_url("audit:history_panel", kind, record_id)


register_menu(
    MenuEntry(_("Log"), "audit:log", "history", permissions.VIEW_LOG, order=900, section=_("Settings"))
)
register_panel(
    Panel("*", "side", _("Change history"), history_panel, permissions.VIEW_HISTORY, order=900, statements=1)
)
register_notification_kind(NotificationKind("audit.tampering", _("The log has been tampered with")))
register_event_text("audit.LogChecked", _("checked the log"), "shield-check")
register_event_text("audit.LogCheckRequested", _("asked for a check of the log"), "shield-check")
register_help("audit:log", _("The log"), "audit/help/log.html")
