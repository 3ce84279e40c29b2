from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import permissions, queries
from embudo.foundation.documents.models import Document, DocumentVersion
from embudo.foundation.ui.hooks_registry import Panel, register_panel
from embudo.kernel.about import may_carry
from embudo.kernel.kind import RecordKind, Recycling, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def document_of(data: Mapping[str, Any]) -> tuple[str, UUID] | None:
    """Which document an event names, so that a timeline shows its title and leads there."""
    return ("documents.document", UUID(data["document_id"])) if "document_id" in data else None


def register() -> None:
    register_kind(
        RecordKind(
            Document, _("Document"), _("Documents"), "file-text", title=lambda document: document.name,
            url=lambda pk: reverse("documents:document", args=[pk]), fetch=queries.document,
            search=lambda document: SearchText(document.name, words=(document.name,)),
            recycling=Recycling(permissions.REMOVE_DOCUMENT, parts=(DocumentVersion,), files=queries.paths_of),
        )
    )  # fmt: skip
    register_panel(
        Panel(
            "*", "side", _("Documents"), lambda kind, pk: reverse("documents:panel", args=[kind, pk]),
            permissions.VIEW_DOCUMENTS, order=50, fits=may_carry,
        )
    )  # fmt: skip
    for name, text, icon in (
        ("DocumentAttached", _("attached a document"), "paperclip"),
        ("VersionAdded", _("added a new version of a document"), "upload"),
        ("DocumentRenamed", _("renamed a document"), "pencil"),
        ("DocumentRemoved", _("removed a document"), "file-x"),
        ("FilesPruned", _("deleted files that nothing names any more"), "trash-2"),
    ):
        register_event_text(f"documents.{name}", text, icon, thing=document_of)
