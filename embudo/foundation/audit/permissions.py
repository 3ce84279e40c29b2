from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission, Scope

VIEW_LOG = Permission("audit.view_log", _("Read the whole log"), scoped=False)
VIEW_HISTORY = Permission(
    "audit.view_history",
    _("See the change history of the records one may see"),
    roles=("manager", "seller", "collector"),
    scopes={"manager": Scope.ALL, "seller": Scope.ALL, "collector": Scope.ALL},
)
CHECK_LOG = Permission("audit.check_log", _("Check that nobody has tampered with the log"), scoped=False)
