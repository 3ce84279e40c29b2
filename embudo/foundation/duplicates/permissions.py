from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission

VIEW = Permission(
    "duplicates.view",
    _("See possible duplicates of what one may see"),
    roles=("manager", "seller"),
    scoped=False,
)
DISMISS = Permission(
    "duplicates.dismiss", _("Say that two records are no duplicates"), roles=("manager",), scoped=False
)
MERGE = Permission("duplicates.merge", _("Merge duplicates and undo it"), roles=("manager",), scoped=False)
SCAN = Permission("duplicates.scan", _("Search everything for duplicates"), roles=("manager",), scoped=False)
