from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.notify import permissions, queries
from embudo.foundation.notify.commands import forget_erased
from embudo.foundation.notify.models import Mail, Notification
from embudo.foundation.notify.rules.news import (
    BOUNCES_UNREAD,
    FOLLOWED,
    NotificationKind,
    register_notification_kind,
)
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, about_url, register_menu, register_panel
from embudo.kernel.erasing import register_eraser
from embudo.kernel.kind import RecordKind, register_kind
from embudo.kernel.wording import register_event_text


def followers_panel(kind: str, record_id: UUID) -> str:
    return about_url("notify:followers", kind, record_id)


register_kind(
    RecordKind(
        Mail,
        _("Mail"),
        _("Mails"),
        "mail",
        title=str,
        url=lambda mail_id: reverse("notify:mail", args=[mail_id]),
        fetch=queries.mail,
    )
)
register_kind(
    RecordKind(
        Notification,
        _("Notification"),
        _("Notifications"),
        "bell",
        title=str,
        url=lambda notification_id: reverse("notify:open", args=[notification_id]),
        fetch=queries.notification,
    )
)
register_menu(
    MenuEntry(_("Mails"), "notify:mails", "mail", permissions.VIEW_MAIL, order=920, section=_("Settings"))
)
register_panel(
    Panel("*", "side", _("Followers"), followers_panel, permissions.FOLLOW, order=880, statements=1)
)
register_notification_kind(
    NotificationKind(FOLLOWED, _("Somebody changes a record that I follow"), is_mailed=False)
)
register_notification_kind(
    NotificationKind(
        BOUNCES_UNREAD, _("The mailbox of returned mails cannot be read (administrators)"), is_mailed=False
    )
)
register_event_text("notify.RecordFollowed", _("follows the record"), "bell")
register_event_text("notify.RecordUnfollowed", _("no longer follows the record"), "bell-off")
register_eraser("notify", forget_erased)
register_help("notify:list", _("Notifications"), "notify/help/list.html")
register_help("notify:preferences", _("Choose notifications"), "notify/help/preferences.html")
register_help("notify:mails", _("Mails"), "notify/help/mails.html")
