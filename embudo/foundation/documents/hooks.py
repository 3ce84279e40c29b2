from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import commands, permissions, queries, rules
from embudo.foundation.documents.models import Document, DocumentVersion, KeptFile
from embudo.foundation.ui.hooks_registry import Panel, about_url, register_panel
from embudo.kernel.about import may_carry
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Refused
from embudo.kernel.filing import Filing, register_keeper
from embudo.kernel.kind import RecordKind, Recycling, SearchText, register_kind
from embudo.kernel.record import Record, new_id
from embudo.kernel.wording import register_event_text


def document_of(data: Mapping[str, Any]) -> tuple[str, UUID] | None:
    """Which document an event names, so that a timeline shows its title and leads there."""
    return ("documents.document", UUID(data["document_id"])) if "document_id" in data else None


class FileStore:
    """Keeps the files that are values of attributes (kernel `Keeper`)."""

    def may_store(self, actor: Actor) -> bool:
        return actor.may(permissions.ATTACH_DOCUMENT)

    def received(self, actor: Actor, key: str, file: Any) -> Filing:
        name, known = rules.checked_file(file.name or "", file)
        facts = {"id": str(new_id()), "name": name, "size": file.size, "type": known.content_type}
        return Filing(facts, key=key, owner_id=commands.own_id(actor), upload=file)

    def waiting(self, actor: Actor, key: str, file_id: UUID) -> Filing | None:
        found = queries.waiting_files(actor).filter(pk=file_id).first()
        return Filing(found.facts, key=key, owner_id=found.owner_id) if found else None

    def keep(self, record: Record, filing: Filing) -> None:
        commands.keep_as_value(record, filing)

    def url(self, actor: Actor, file_id: str) -> str:
        return reverse("documents:value", args=[file_id]) if actor.may(permissions.VIEW_DOCUMENTS) else ""

    def address(self, file_id: str) -> str:
        return f"/api/v1/files/{file_id}/content"

    def extensions(self) -> tuple[str, ...]:
        return tuple(rules.TYPES)


def stays_with_record(_kept: KeptFile) -> None:
    raise Refused(
        "documents.value_of_record",
        _("This file is a value of a record. Change the record, and remove it there."),
    )


def register() -> None:
    register_keeper(FileStore())
    register_kind(
        RecordKind(
            KeptFile, _("File of an attribute"), _("Files of attributes"), "paperclip", title=str,
            url=lambda pk: reverse("documents:value", args=[pk]), fetch=queries.kept_file,
            recycling=Recycling(
                permissions.REMOVE_DOCUMENT, check=stays_with_record, files=lambda kept: [kept.path],
            ),
        )
    )  # fmt: skip
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
            "*", "side", _("Documents"), lambda kind, pk: about_url("documents:panel", kind, pk),
            permissions.VIEW_DOCUMENTS, order=50, fits=may_carry, statements=1,
        )
    )  # fmt: skip
    for name, text, icon in (
        ("DocumentAttached", _("attached a document"), "paperclip"),
        ("VersionAdded", _("added a new version of a document"), "upload"),
        ("DocumentRenamed", _("renamed a document"), "pencil"),
        ("DocumentRemoved", _("removed a document"), "file-x"),
        ("FileUploaded", _("uploaded a file"), "upload"),
        ("FilesPruned", _("deleted files that nothing names any more"), "trash-2"),
    ):
        register_event_text(f"documents.{name}", text, icon, thing=document_of)
