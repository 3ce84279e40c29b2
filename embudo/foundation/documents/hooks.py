from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import permissions, queries
from embudo.foundation.documents.models import Document
from embudo.foundation.ui.hooks_registry import Panel, register_panel
from embudo.kernel.kind import RecordKind, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def register() -> None:
    register_kind(
        RecordKind(
            Document, _("Document"), _("Documents"), "file-text", title=lambda document: document.name,
            url=lambda pk: reverse("documents:document", args=[pk]), fetch=queries.document,
            search=lambda document: SearchText(document.name, words=(document.name,)),
        )
    )  # fmt: skip
    register_panel(
        Panel(
            "*", "side", _("Documents"), lambda kind, pk: reverse("documents:panel", args=[kind, pk]),
            permissions.VIEW_DOCUMENTS, order=50,
        )
    )  # fmt: skip
    for name, text, icon in (
        ("DocumentAttached", _("attached a document"), "paperclip"),
        ("VersionAdded", _("added a new version of a document"), "upload"),
        ("DocumentRenamed", _("renamed a document"), "pencil"),
        ("DocumentRemoved", _("removed a document"), "file-x"),
        ("DocumentRestored", _("restored a document"), "rotate-ccw"),
        ("DocumentErased", _("erased a document"), "trash-2"),
        ("FilesPruned", _("deleted files that nothing names any more"), "trash-2"),
    ):
        register_event_text(f"documents.{name}", text, icon)
