from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents.models import Document, DocumentVersion
from embudo.foundation.recycle.queries import kept_files
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound, Refused
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record

SHOWN = 50
KEPT_UNNAMED = timedelta(days=1)  # a file may be written a moment before its row


def documents(
    actor: Actor, *, about_kind: str | None = None, about_id: UUID | None = None
) -> QuerySet[Document]:
    """The documents in sight, each with the facts of its newest version."""
    found = Document.objects.visible_to(actor)
    if about_kind:
        found = found.filter(about_kind=about_kind)
    if about_id:
        found = found.filter(about_id=about_id)
    return _with_newest(found)


def _with_newest(found: QuerySet[Document]) -> QuerySet[Document]:
    newest = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by("-number")
    return found.select_related("owner").annotate(
        number=Subquery(newest.values("number")[:1]),
        size=Subquery(newest.values("size")[:1]),
        content_type=Subquery(newest.values("content_type")[:1]),
        sha256=Subquery(newest.values("sha256")[:1]),
        changed=Subquery(newest.values("created")[:1]),
    )


ABOUT = Prepared(
    lambda kind, record_id: _with_newest(
        Document.objects.filter(about_kind=kind, about_id=record_id)
    ).order_by("-created", "-pk")[:SHOWN]
)


def documents_about(actor: Actor, record: Record) -> list[Document]:
    """The newest documents of one record that the actor was allowed to fetch, and so sees what is about it."""
    if not actor.may(Document.view_permission):
        return []
    return ABOUT.rows(kind=record.kind_name(), record_id=record.pk)


def document(actor: Actor, document_id: UUID) -> Document:
    """One document with its versions; NotFound outside the actor's sight."""
    versions = DocumentVersion.objects.select_related("author").order_by("-number")
    found = Document.objects.select_related("owner").prefetch_related(Prefetch("versions", versions))
    return found.one(actor, document_id)


def version(actor: Actor, document_id: UUID, number: int | None = None) -> DocumentVersion:
    """A version to download, the newest by default; NotFound outside the actor's sight."""
    found = DocumentVersion.objects.visible_to(actor).filter(document_id=document_id)
    if number is not None:
        found = found.filter(number=min(number, 2**31 - 1))
    one = found.select_related("document").order_by("-number").first()
    if one is None:
        raise NotFound
    return one


def content(version: DocumentVersion) -> BinaryIO:
    """The stored file, open. Refuses when the file store has lost it."""
    try:
        return default_storage.open(version.path, "rb")  # type: ignore[return-value]
    except FileNotFoundError:
        raise Refused(
            "documents.file_missing",
            _("The file is missing from the file store. Ask an administrator to restore it from a backup."),
        ) from None


def files_without_version() -> list[str]:
    """Files in the store, a day old at least, that no version names: left by an upload that failed, or by an erasure."""
    store, limit = Path(settings.MEDIA_ROOT), (clock.now() - KEPT_UNNAMED).timestamp()
    old = [file for file in store.glob("documents/??/*") if file.is_file() and file.stat().st_mtime < limit]
    names = {file.relative_to(store).as_posix() for file in old}
    return sorted(names - set(DocumentVersion.objects.values_list("path", flat=True)) - kept_files())


def paths_of(document: Document) -> list[str]:
    """The files of all its versions."""
    return list(document.versions.values_list("path", flat=True))
