from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import STAFF, Permission, Scope, reaching_all

# What may be changed, and of which records, the permissions of each kind say; this one is for doing it many at once.
CHANGE_MANY = Permission(
    "editing.change_many",
    _("Change many records at once"),
    roles=STAFF,
    scopes={"collector": Scope.OWN},
)
# In the same way: whose values somebody may set, one at a time where they are read, follows from the kind of the record.
EDIT_VALUE = Permission(
    "editing.edit_value",
    _("Edit single values in lists and on pages"),
    roles=STAFF,
    scopes=reaching_all(STAFF),
)
