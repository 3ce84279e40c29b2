from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import EVERYBODY, Permission, Scope, reaching_all

SEND_MAIL = Permission("notify.send_mail", _("Send mail in the organisation's name"), scoped=False)
VIEW_MAIL = Permission("notify.view_mail", _("See the mails that were sent"), scoped=False)
MANAGE_MAIL = Permission("notify.manage_mail", _("Send failed mails again"), scoped=False)
TELL_USER = Permission("notify.tell_user", _("Notify colleagues"), scoped=False)
FOLLOW = Permission(
    "notify.follow",
    _("Follow records that one may see"),
    roles=EVERYBODY,
    scopes=reaching_all(EVERYBODY),
)
OWN_NOTIFICATIONS = Permission(
    "notify.own_notifications",
    _("Read one's own notifications and choose which to get"),
    roles=EVERYBODY,
    scopes=dict.fromkeys(EVERYBODY, Scope.OWN),
)
