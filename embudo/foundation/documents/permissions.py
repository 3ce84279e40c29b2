from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import QUOTAS, STAFF, Permission

# A document is seen by whoever sees the record that it is attached to.
VIEW_DOCUMENTS = Permission("documents.view_document", _("See and download documents"), (*STAFF, *QUOTAS))
ATTACH_DOCUMENT = Permission(
    "documents.attach_document", _("Attach documents"), (*STAFF, *QUOTAS), scoped=False
)
CHANGE_DOCUMENT = Permission("documents.change_document", _("Rename documents and add versions"), STAFF)
REMOVE_DOCUMENT = Permission("documents.remove_document", _("Remove and restore documents"), STAFF)
ERASE_DOCUMENT = Permission(
    "documents.erase_document", _("Delete files that no document names"), scoped=False
)
