from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission, Scope

EXPORT = Permission(
    "transfer.export",
    _("Export the lists one may see"),
    roles=("manager", "collector", "coordinator"),
    scopes={"manager": Scope.ALL, "collector": Scope.ALL},
)
IMPORT = Permission(
    "transfer.import", _("Import records from files"), roles=("manager", "coordinator", "operator")
)
