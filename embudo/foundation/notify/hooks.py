from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.notify import permissions, queries
from embudo.foundation.notify.models import Mail, Notification
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.kernel.kind import RecordKind, register_kind

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
register_help("notify:list", _("Notifications"), "notify/help/list.html")
register_help("notify:preferences", _("Choose notifications"), "notify/help/preferences.html")
register_help("notify:mails", _("Mails"), "notify/help/mails.html")
