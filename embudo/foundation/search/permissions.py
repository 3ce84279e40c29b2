from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import EVERYBODY, Permission, reaching_all

SEARCH = Permission(
    "search.search",
    _("Search all records one may see"),
    roles=EVERYBODY,
    scopes=reaching_all(EVERYBODY),
)
