from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents.models import Document, DocumentVersion, KeptFile
from embudo.foundation.recycle.queries import kept_files
from embudo.kernel import clock
from embudo.kernel.about import about_record
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound, Refused
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record

SHOWN = 50
KEPT_UNNAMED = timedelta(days=1)  # a file may be written a moment before its row
KEPT_WAITING = timedelta(days=1)  # for a record to name it
KEPT_UNUSED = timedelta(days=90)  # as long as a merge can be undone


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


def content(version: DocumentVersion | KeptFile) -> BinaryIO:
    """The stored file, open. Refuses when the file store has lost it."""
    try:
        return default_storage.open(version.path, "rb")  # type: ignore[return-value]
    except FileNotFoundError:
        raise Refused(
            "documents.file_missing",
            _("The file is missing from the file store. Ask an administrator to restore it from a backup."),
        ) from None


def files_without_version() -> list[str]:
    """Files in the store, a day old at least, that neither a version nor an attribute names: left by an upload that failed, or by an erasure."""
    store, limit = Path(settings.MEDIA_ROOT), (clock.now() - KEPT_UNNAMED).timestamp()
    old = [file for file in store.glob("documents/??/*") if file.is_file() and file.stat().st_mtime < limit]
    names = {file.relative_to(store).as_posix() for file in old}
    named = set(DocumentVersion.objects.values_list("path", flat=True))
    named |= set(KeptFile._base_manager.values_list("path", flat=True))
    return sorted(names - named - kept_files())


def paths_of(document: Document) -> list[str]:
    """The files of all its versions."""
    return list(document.versions.values_list("path", flat=True))


# --- files that are values of attributes --------------------------------------------------------------------------------


def waiting_files(actor: Actor) -> QuerySet[KeptFile]:
    """What this actor has uploaded today and no record names yet."""
    if actor.id is None or actor.kind not in (ActorKind.USER, ActorKind.TOKEN):
        return KeptFile.objects.none()
    return KeptFile.objects.filter(owner=actor.id, about_id=None, created__gt=clock.now() - KEPT_WAITING)


def kept_file(actor: Actor, file_id: UUID) -> KeptFile:
    """One file in the actor's sight, also one that its record does not name any more."""
    return KeptFile.objects.one(actor, file_id)


def value_file(actor: Actor, file_id: UUID) -> KeptFile:
    """The file that an attribute of a record names now; NotFound for whoever sees not both of them."""
    found = KeptFile.objects.one(actor, file_id)
    if found.about_id is None:
        raise NotFound
    record: Any = about_record(actor, found.about_kind, found.about_id)
    if not is_named(record.custom.get(found.key), found.pk):
        raise NotFound
    return found


def is_named(value: Any, file_id: UUID) -> bool:
    return isinstance(value, dict) and value.get("id") == str(file_id)


def values_over() -> list[KeptFile]:
    """Those that have waited too long, and those that have not been used for long enough."""
    now = clock.now()
    waiting = Q(about_id=None, created__lt=now - KEPT_WAITING)
    unused = Q(unused_since__lt=now - KEPT_UNUSED)
    return list(KeptFile._base_manager.filter(waiting | unused).select_for_update(of=("self",)))


def values_by_use() -> tuple[list[UUID], list[UUID]]:
    """Newly unused files, and those that are used again."""
    unused, used = [], []
    for kind in KeptFile._base_manager.exclude(about_id=None).values_list("about_kind", flat=True).distinct():
        rows = KeptFile._base_manager.filter(about_kind=kind).values_list(
            "pk", "about_id", "key", "unused_since"
        )
        for chunk in _chunks(list(rows)):
            for pk, is_used, since in _use_of(kind, chunk):
                if is_used and since is not None:
                    used.append(pk)
                elif not is_used and since is None:
                    unused.append(pk)
    return unused, used


def _chunks(rows: list[Any]) -> Iterator[list[Any]]:
    return (rows[start : start + 500] for start in range(0, len(rows), 500))


def _use_of(kind: str, rows: list[Any]) -> Iterator[tuple[UUID, bool, datetime | None]]:
    model: Any = apps.get_model(kind)
    ids = [about_id for _pk, about_id, _key, _since in rows]
    held = dict(model._base_manager.filter(pk__in=ids).values_list("pk", "custom"))
    for pk, about_id, key, since in rows:
        yield pk, is_named((held.get(about_id) or {}).get(key), pk), since
