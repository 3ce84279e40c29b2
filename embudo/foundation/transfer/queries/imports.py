from collections.abc import Iterable
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries import file_fields
from embudo.foundation.transfer.models import Import, ImportChunk, ImportPreset
from embudo.foundation.transfer.queries.reading import Head, head_of
from embudo.foundation.transfer.rules import headings as named
from embudo.foundation.transfer.rules.steps import WITHIN, State
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.fold import fold
from embudo.kernel.kind import ImportField, Importing, RecordKind, all_kinds, kind_named

KEPT = timedelta(days=30)
OVER = (State.DONE, State.CANCELLED, State.UNDONE, State.NEW, State.CHECKED, State.FAILED)
LOST = _("The file is no longer there. Upload it again.")
FIRST = 50


def imports(actor: Actor) -> QuerySet[Import]:
    """The imports in sight."""
    found: QuerySet[Import] = Import.objects.visible_to(actor)
    return found


def import_(actor: Actor, import_id: UUID) -> Import:
    """One import; NotFound outside the actor's sight."""
    found: Import = Import.objects.select_related("owner").one(actor, import_id)
    return found


def importable(actor: Actor) -> list[RecordKind]:
    """The kinds that come from files and that the actor may create."""
    return [kind for kind in all_kinds() if kind.importing and actor.may(kind.importing.permission)]


def importing_of(kind: str) -> Importing | None:
    found = kind_named(kind)
    return found.importing if found else None


def needed_importing(kind: str) -> Importing:
    found = importing_of(kind)
    if found is None:
        raise NotFound
    return found


def importing_for(actor: Actor, found: Import) -> Importing:
    """How the rows of one import become records; NotFound where what they become part of is out of sight."""
    importing = needed_importing(found.kind)
    return importing.within.importing(actor, found.rule.get(WITHIN, "")) if importing.within else importing


def part_of(actor: Actor, found: Import) -> tuple[Any, str]:
    """What the rows become part of: its sort and its name; both empty where they stand for themselves."""
    within = needed_importing(found.kind).within
    return (within.label, within.title(actor, found.rule.get(WITHIN, ""))) if within else ("", "")


def fields_of(actor: Actor, found: Import) -> list[ImportField]:
    return list(importing_for(actor, found).fields(actor))


def content(found: Import) -> BinaryIO:
    """The uploaded file, open. Refuses (Invalid) when it is gone."""
    try:
        if found.path:
            return default_storage.open(found.path, "rb")  # type: ignore[return-value]
    except OSError:
        pass
    raise Invalid({"file": [LOST]})


def head(found: Import, reading: dict[str, Any]) -> "FileHead":
    """The first rows of the file, its headings, and how it is read. Refuses (Invalid) what can't be read."""
    with content(found) as file:
        return FileHead(head_of(file, options(reading)), reading)


def options(reading: dict[str, Any]) -> dict[str, Any]:
    """What the reading program is told."""
    return {
        name: reading[name]
        for name in ("delimiter", "charset", "quote", "sheet")
        if reading.get(name) is not None
    }


class FileHead:
    """What people see of a file before its columns have a meaning."""

    def __init__(self, read: Head, reading: dict[str, Any]) -> None:
        self.told = read.told
        rows = [row[1:] for row in read.rows]
        asked = reading.get("heading_row")
        if read.told.get("has_headings"):
            at = 0
        elif asked is None:
            at = named.heading_row(rows)
        else:
            at = next((n for n, row in enumerate(read.rows) if row[0] == asked), -1)
        self.heading_row: int = read.rows[at][0] if rows and at >= 0 else 0
        self.rows = rows[at + 1 :]
        width = max((len(row) for row in rows[max(at, 0) :]), default=0)
        self.headings = named.unnamed(rows[at] if rows and at >= 0 else [], width, gettext("Column %(n)d"))
        self.numbers = [row[0] for row in read.rows][:20]

    def told_reading(self) -> dict[str, Any]:
        """As it was guessed or told, so that the whole file is read as its head was shown."""
        return {
            name: self.told[name] for name in ("delimiter", "charset", "quote", "sheet") if name in self.told
        }

    def samples(self, column: int) -> list[str]:
        texts = (row[column] for row in self.rows if column < len(row))
        return [text[:60] for text in texts if text][:3]


def preset(actor: Actor, kind: str, headings: list[str]) -> ImportPreset | None:
    """What columns of a file with these headings meant the last time."""
    key = named.headings_key(headings)
    found: ImportPreset | None = ImportPreset.objects.filter(
        owner=actor.id, kind=kind, headings_key=key
    ).first()
    return found


def guessed_mapping(actor: Actor, found: Import, head: FileHead) -> dict[str, str]:
    kept = preset(actor, found.kind, head.headings)
    if found.mapping and found.headings == head.headings:
        return dict(found.mapping)
    if kept:
        return dict(kept.mapping)
    return named.guessed(head.headings, head.rows, fields_of(actor, found))


def headings_of_files(actor: Actor, found: Import, head: FileHead) -> list[str]:
    """The columns that are called like an attribute which holds files: nothing in a table can go there."""
    words = {
        named.plain(word) for one in file_fields(actor, found.kind) for word in (str(one.label), *one.words)
    }
    return [heading for heading in head.headings if named.plain(heading) in words]


def colleagues() -> dict[str, UUID]:
    """Those who may own records, by e-mail address and by name; a name that two have is nobody's."""
    people: dict[str, UUID] = {}
    twice: set[str] = set()
    for pk, name, email in User.objects.filter(is_active=True).values_list("pk", "name", "email"):
        people[fold(email)] = pk
        if fold(name) in people:
            twice.add(fold(name))
        people.setdefault(fold(name), pk)
    return {word: pk for word, pk in people.items() if word not in twice}


def owner_choices() -> list[tuple[str, str]]:
    rows = User.objects.filter(is_active=True).order_by("name", "email").values_list("pk", "name", "email")
    return [(str(pk), name or email) for pk, name, email in rows[:500]]


def parts(found: Import) -> QuerySet[ImportChunk]:
    return ImportChunk.objects.filter(run=found).order_by("number")


def skipped_rows(found: Import) -> list[tuple[int, str]]:
    """The first of the rows that were left out, each with the reason."""
    rows: list[tuple[int, str]] = []
    for skipped in parts(found).exclude(skipped=[]).values_list("skipped", flat=True)[:FIRST]:
        rows += [(number, reason) for number, reason in skipped]
        if len(rows) >= FIRST:
            break
    return rows[:FIRST]


def failed_rows(found: Import) -> list[tuple[int, str]]:
    rows: list[tuple[int, str]] = []
    for failures in parts(found).exclude(failures=[]).values_list("failures", flat=True)[:FIRST]:
        rows += [(number, reason) for number, _cells, reason in failures]
        if len(rows) >= FIRST:
            break
    return rows[:FIRST]


def left_records(found: Import) -> list[tuple[str, str]]:
    """(title, address) of the records that undoing left alone."""
    pairs: list[tuple[str, str]] = []
    for left in parts(found).exclude(left=[]).values_list("left", flat=True)[:FIRST]:
        pairs += [(kind, pk) for kind, pk in left]
    shown = []
    for kind, pk in pairs[:FIRST]:
        known = kind_named(kind)
        record = known.model._base_manager.filter(pk=pk).first() if known else None
        if known and record:
            shown.append((known.title(record), known.url(record.pk)))
    return shown


def titles(actor: Actor, kind_name: str, ids: Iterable[str]) -> dict[str, str]:
    """What those of the records are called that the actor sees."""
    kind = kind_named(kind_name)
    if kind is None:
        return {}
    found = kind.model.objects.visible_to(actor).filter(pk__in=list(ids))
    return {str(record.pk): kind.title(record) for record in found}


def addresses(actor: Actor, kind_name: str, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The same with where they are."""
    kind = kind_named(kind_name)
    named = titles(actor, kind_name, ids)
    return {pk: (title, kind.url(UUID(pk))) for pk, title in named.items()} if kind else {}


def same_file(actor: Actor, found: Import) -> Import | None:
    """An earlier import of the very same file that was not undone."""
    earlier: Import | None = (
        imports(actor)
        .filter(sha256=found.sha256, kind=found.kind, state=State.DONE)
        .exclude(pk=found.pk)
        .order_by("-created")
        .first()
    )
    return earlier


def long_over() -> list[Import]:
    old = Import.objects.filter(updated__lt=clock.now() - KEPT, state__in=OVER).exclude(path="", staged="")
    return list(old[:500])
