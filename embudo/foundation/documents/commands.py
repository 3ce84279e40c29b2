import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import events, permissions, queries, rules
from embudo.foundation.documents.models import Document, DocumentVersion
from embudo.foundation.documents.rules import Category
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import Record, lock


def own_id(actor: Actor) -> UUID | None:
    """The person behind the act; None for rules, forms and the system."""
    return actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None


@command(permissions.ATTACH_DOCUMENT)
def attach_document(
    actor: Actor, *, about: Record, name: str, file: File[Any], category: str = Category.OTHER
) -> Document:
    """Attaches a file to a record as its first version. Refuses an empty or too large file, and one of a wrong type."""
    if isinstance(about, AboutRecord):
        raise Invalid({"about": [_("Choose a record that is not itself an activity.")]})
    document = create(
        Document(
            name=rules.check_name(name),
            category=_category(category),
            owner_id=own_id(actor),
            about_kind=about.kind_name(),
            about_id=about.pk,
        )
    )
    store_version(actor, document, 1, file, name)
    publish(events.DocumentAttached(document.pk), *document.concerned())
    return document


@command(permissions.CHANGE_DOCUMENT)
def add_version(actor: Actor, document: Document, *, file: File[Any], name: str = "") -> DocumentVersion:
    """Adds a newer state of a document. Refuses an empty or too large file, and one of a wrong type."""
    document = lock(document)
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    version = store_version(actor, document, last + 1, file, name or file.name or document.name)
    publish(events.VersionAdded(document.pk, version.number), *document.concerned())
    return version


def store_version(
    actor: Actor, document: Document, number: int, file: File[Any], name: str
) -> DocumentVersion:
    """Writes the file under a random name, then its row; a file whose row fails is swept away the next day."""
    name = rules.check_name(name)
    rules.check_size(name, file.size)
    known = rules.check_content(name, file)  # type: ignore[arg-type]
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    token = secrets.token_hex(16)
    path = default_storage.save(f"documents/{token[:2]}/{token}", file)
    return create(
        DocumentVersion(
            document=document,
            number=number,
            name=name,
            size=file.size,
            sha256=digest.hexdigest(),
            content_type=known.content_type,
            path=path,
            author_id=own_id(actor),
        )
    )


@command(permissions.CHANGE_DOCUMENT)
def rename_document(
    actor: Actor, document: Document, *, name: str, category: str = Category.OTHER, version: int | None = None
) -> Document:
    """Changes the name and the category of a document. Refuses a name of another type than its content."""
    document = lock(document, version=version)
    tidy, before = rules.check_name(name), document.version
    current = rules.extension_of(document.name)
    if rules.extension_of(tidy) != current:
        raise Invalid({"name": [_("Keep the ending of the name: it says what type the file is.")]})
    if update(document, name=tidy, category=_category(category)).version != before:
        publish(events.DocumentRenamed(document.pk), *document.concerned())
    return document


@command(permissions.REMOVE_DOCUMENT)
def remove_document(actor: Actor, document: Document, *, version: int | None = None) -> Recycled:
    """Moves a document with all its versions to the recycle bin. Refuses an older version of it (Stale)."""
    document = lock(document, version=version)
    publish(events.DocumentRemoved(document.pk), *document.concerned())
    return recycle_record.inner(actor, document)


@command(permissions.ERASE_DOCUMENT)
def prune_files(actor: Actor) -> int:
    """Deletes the files that no version names any more, and says how many there were."""
    paths = queries.files_without_version()
    for path in paths:
        default_storage.delete(path)
    if paths:
        publish(events.FilesPruned(len(paths)))
    return len(paths)


def _category(code: str) -> str:
    if code not in Category.values:
        raise Invalid({"category": [_("Choose one of the values offered.")]})
    return code
