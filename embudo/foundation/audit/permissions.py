from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import STAFF, Permission, reaching_all

VIEW_LOG = Permission("audit.view_log", _("Read the whole log"), scoped=False)
VIEW_HISTORY = Permission(
    "audit.view_history",
    _("See the change history of the records one may see"),
    roles=(*STAFF, "coordinator"),
    scopes=reaching_all(STAFF),
)
CHECK_LOG = Permission("audit.check_log", _("Check that nobody has tampered with the log"), scoped=False)
