from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import STAFF, Permission

# What may be deleted, and by whom, each kind of record says itself; whoever may delete a record may also restore it.
USE = Permission(
    "recycle.use",
    _("Delete records one may delete, and restore them"),
    roles=STAFF,
    scoped=False,
)
ERASE = Permission("recycle.erase", _("Erase deleted records and personal data for good"), roles=("manager",))
