from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission, Scope

SEARCH = Permission(
    "search.search",
    _("Search all records one may see"),
    roles=("manager", "seller", "collector"),
    scopes={"manager": Scope.ALL, "seller": Scope.ALL, "collector": Scope.ALL},
)
