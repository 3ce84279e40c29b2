import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.documents import events, permissions, queries, rules
from embudo.foundation.documents.models import Document, DocumentVersion, KeptFile
from embudo.foundation.documents.rules import Category
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.filing import Filing
from embudo.kernel.record import Record, lock

CHUNK = 500


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
    kept = stored(name, file)
    return create(DocumentVersion(document=document, number=number, author_id=own_id(actor), **asdict(kept)))


@dataclass(frozen=True)
class Stored:
    """What the store knows of a file."""

    name: str
    size: int
    sha256: str
    content_type: str
    path: str


def stored(name: str, file: File[Any]) -> Stored:
    """Writes a file under a random name. Refuses (Invalid) one that is empty, too large, or not what its name says."""
    name, known = rules.checked_file(name, file)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    token = secrets.token_hex(16)
    path = default_storage.save(f"documents/{token[:2]}/{token}", file)
    return Stored(name, file.size, digest.hexdigest(), known.content_type, path)


@command(permissions.ATTACH_DOCUMENT)
def upload_file(actor: Actor, *, file: File[Any], name: str = "") -> KeptFile:
    """
    Keeps a file for a day, until the actor names its id as the value of a record's attribute. Refuses (Invalid) one that is
    empty, too large or of a wrong type, and (Refused) more than 200 that wait.
    """
    if queries.waiting_files(actor).count() >= rules.MOST_WAITING:
        raise Refused(
            "documents.too_many_waiting",
            _(
                "200 files that you have uploaded wait for a record. Use them, or wait a day until they are gone."
            ),
        )
    with rules.blaming("file"):
        kept = stored(name or file.name or "", file)
    made = create(KeptFile(owner_id=own_id(actor), **asdict(kept)))
    publish(events.FileUploaded(made.pk), made)
    return made


def keep_as_value(record: Record, filing: Filing) -> None:
    """Within the act that writes the record: its new file is stored, or no longer waits."""
    place = {"about_kind": record.kind_name(), "about_id": record.pk, "key": filing.key}
    if filing.upload is not None:
        kept = stored(filing["name"], filing.upload)
        create(KeptFile(id=UUID(filing["id"]), owner_id=filing.owner_id, **place, **asdict(kept)))
        return
    waiting = KeptFile.objects.select_for_update(of=("self",)).filter(pk=filing["id"], about_id=None).first()
    if waiting is None:
        raise Invalid({PREFIX + filing.key: [rules.not_waiting_text()]})
    update(waiting, **place)


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
    """
    Deletes the files that nothing names any more, and says how many there were: of failed uploads, of erased documents, those that have
    waited a day for a record, and those that their record has not named for 90 days.
    """
    over = queries.values_over()
    for kept in over:
        delete(kept)
    _note_unused()
    paths = queries.files_without_version()
    for path in paths:
        default_storage.delete(path)
    if paths or over:
        publish(events.FilesPruned(len(paths)), *over)
    return len(paths)


def _note_unused() -> None:
    """Derived from the records: written without an act of its own. A merge or its undoing may have changed what they name."""
    unused, used = queries.values_by_use()
    for start in range(0, len(unused), CHUNK):
        KeptFile._base_manager.filter(pk__in=unused[start : start + CHUNK]).update(unused_since=clock.now())
    for start in range(0, len(used), CHUNK):
        KeptFile._base_manager.filter(pk__in=used[start : start + CHUNK]).update(unused_since=None)


def _category(code: str) -> str:
    if code not in Category.values:
        raise Invalid({"category": [_("Choose one of the values offered.")]})
    return code
