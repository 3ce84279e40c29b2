from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction

from embudo.foundation.recycle import events
from embudo.foundation.recycle.commands.deleting import PEOPLE, put_in_bin
from embudo.foundation.recycle.commands.lists import note_erasures
from embudo.foundation.recycle.commands.mentions import (
    Place as MentionPlace,
    mentioning,
    said_of,
    without_names,
    written_about,
)
from embudo.foundation.recycle.models import Erasure, Recycled
from embudo.foundation.recycle.permissions import ERASE
from embudo.foundation.recycle.queries.bins import bins_of
from embudo.foundation.recycle.queries.plan import erasing_of, ids_in, kind_to_erase, recycling_of
from embudo.foundation.recycle.rules import Why, check_in_bin, telling
from embudo.foundation.ui.forms import phone_text
from embudo.kernel import clock, personal
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.erasing import Erased, erase_elsewhere
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.former import also_known_as
from embudo.kernel.kind import RecordKind, all_kinds, kind_of
from embudo.kernel.record import Record, lock
from embudo.kernel.reference import references_to

Place = tuple[str, UUID]


@command(ERASE)
def erase_record(actor: Actor, record: Record, *, why: str = Why.REQUEST) -> Erasure:
    """
    Erases a record for good, wherever it is: its rows, files, and what the log, mails and files of imports hold of it. Refuses
    what may not be deleted, unless its kind says what is left of it then.
    """
    recycling_of(record.kind_name())
    return erase(actor, record.kind_name(), record.pk, why)


@command(ERASE)
def erase_recycled(actor: Actor, recycled: Recycled, *, why: str = Why.REQUEST) -> Erasure:
    """Erases a deleted record for good. Refuses one that was restored or erased before."""
    recycled = lock(recycled)
    check_in_bin(is_restored=recycled.restored_at is not None, is_erased=recycled.erased_at is not None)
    return erase(actor, recycled.kind, recycled.record_id, why)


@command(ERASE)
def erase_again(actor: Actor, *, kind: str, record_id: UUID) -> Erasure:
    """Repeats an erasure in a database that was restored from an older backup. Refuses what may not be deleted."""
    return erase(actor, kind, record_id, Why.AGAIN)


@dataclass
class Going:
    """All that one erasure takes with it."""

    places: set[Place] = field(default_factory=set)
    subjects: set[UUID] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    mentioning: set[MentionPlace] = field(default_factory=set)
    first: set[UUID] = field(default_factory=set)  # the record that the erasure was asked for


def erase(actor: Actor, kind_name: str, record_id: UUID, why: str) -> Erasure:
    going, erasures = Going(first=set(also_known_as(kind_name, record_id))), []
    known = {record_id, *also_known_as(kind_name, record_id)}
    followers = [*_copies(kind_name, known), *_followers(kind_name, known)]
    for kind, one in [*followers, (kind_to_erase(kind_name), record_id)]:
        _take(actor, kind, one, going)
        erasures.append(_remember(actor, kind.name, one, why))
    erased = Erased(frozenset(going.places), telling(going.texts))
    going.subjects |= without_names(going.mentioning, erased)
    personal.destroy(going.subjects)
    erase_elsewhere(erased)
    transaction.on_commit(lambda: _afterwards(going.files, erasures))
    return erasures[-1]


def _copies(kind_name: str, known: set[UUID]) -> Iterator[tuple[RecordKind, UUID]]:
    """Records that stay and are blanked: those that name it, and those that did until it was deleted."""
    bins = Recycled.objects.filter(kind=kind_name, record_id__in=known).values_list("links", flat=True)
    emptied = [(link["kind"], link["column"], UUID(link["id"])) for links in bins for link in links]
    for kind in all_kinds():
        for name in kind.erased_with.follows if kind.erased_with else ():
            column: Any = kind.model._meta.get_field(name)
            if column.related_model._meta.label_lower != kind_name:
                continue
            living = kind.model._base_manager.filter(**{f"{name}__in": known}).values_list("pk", flat=True)
            before = [pk for was, at, pk in emptied if (was, at) == (kind.name, column.attname)]
            yield from ((kind, one) for one in dict.fromkeys([*living, *before]))


def _followers(kind_name: str, known: set[UUID]) -> Iterator[tuple[RecordKind, UUID]]:
    """Records that are about the same person: they are erased with it, living or deleted."""
    for kind in all_kinds():
        for name in kind.recycling.erasing.follows if kind.recycling and kind.recycling.erasing else ():
            column: Any = kind.model._meta.get_field(name)
            if column.related_model._meta.label_lower != kind_name:
                continue
            living = kind.model._base_manager.filter(**{f"{name}__in": known}).values_list("pk", flat=True)
            binned = Recycled.objects.filter(kind=kind.name, follows_id__in=known, erased_at=None)
            for one in dict.fromkeys(
                [*living, *binned.filter(restored_at=None).values_list("record_id", flat=True)]
            ):
                yield kind, one


def _take(actor: Actor, kind: RecordKind, record_id: UUID, going: Going) -> None:
    """Removes one record, or blanks it where it has to stay, and empties the entries of the bin about it."""
    own = {(kind.name, one) for one in also_known_as(kind.name, record_id)}
    going.places |= own
    going.subjects |= {one for _kind, one in own}
    going.texts |= _texts(kind, {one for _kind, one in own})
    record = kind.model._base_manager.select_for_update(of=("self",)).filter(pk=record_id).first()
    if record is not None:
        going.mentioning |= _mentioning(kind, record, going)
        _remove_or_blank(actor, kind, record)
    for entry in bins_of(own):
        _empty(entry, going)


def _mentioning(kind: RecordKind, record: Any, going: Going) -> set[MentionPlace]:
    """None where the record follows another that stays: whose name it is, that one still says."""
    erasing = None if kind.erased_with else erasing_of(kind)
    follows = [getattr(record, f"{name}_id") for name in erasing.follows] if erasing else []
    stays = any(one is not None and one not in going.first for one in follows)
    return set() if erasing is None or stays else mentioning(record)


def _remove_or_blank(actor: Actor, kind: RecordKind, record: Record) -> None:
    if kind.recycling is None:
        _blank(actor, kind, record)
        return
    try:
        with attempt():
            put_in_bin(actor, kind, record)
    except Refused:
        if not _blank(actor, kind, record):
            raise


def _blank(actor: Actor, kind: RecordKind, record: Record) -> bool:
    """Empties what says who it is about; False where its kind does not say how."""
    erasing = erasing_of(kind)
    if erasing is None or erasing.blank is None:
        return False
    values = dict(erasing.blank(record))
    update(record, **{**values, **record.derived(**values)})
    for row in written_about(record):
        put_in_bin(actor, kind_of(row), row, is_checked=False)
    for part in list(_parts(kind, record)):
        delete(part)
    return True


def _parts(kind: RecordKind, record: Record) -> Iterator[Record]:
    """What belongs to the record and says no less of whose it is: further addresses, where somebody works."""
    parts = kind.recycling.parts if kind.recycling else ()
    for reference in references_to(type(record)):
        if reference.model in parts:
            yield from reference.rows(kind.name, [record.pk])


def _empty(entry: Recycled, going: Going) -> None:
    held = ids_in(entry.snapshot)
    going.places |= held
    going.subjects |= {UUID(one["subject"]) for one in entry.snapshot} & {one for _kind, one in held}
    going.files += entry.files
    if entry.restored_at is None:
        update(entry, title="", snapshot=[], links=[], files=[], erased_at=clock.now())
    else:
        update(entry, title="", snapshot=[], links=[], files=[])


def _texts(kind: RecordKind, ids: set[UUID]) -> set[str]:
    """Names, addresses and numbers by which the record is or was known, as the log has them and as they are shown."""
    erasing = erasing_of(kind)
    names = erasing.names if erasing else ()
    found: set[str] = set()
    for text in said_of(ids, names) if names else ():
        parts = text.split() if all(one[0] == "+" or "@" in one for one in text.split()) else [text]
        found |= {*parts, *(phone_text(one) for one in parts if one.startswith("+"))}
    return found


def _remember(actor: Actor, kind: str, record_id: UUID, why: str) -> Erasure:
    by = actor.id if actor.kind in PEOPLE else None
    erasure = create(Erasure(kind=kind, record_id=record_id, why=why, by_id=by))
    gone: Any = apps.get_model(kind)(pk=record_id)  # a reference: only kind and id are filled
    publish(events.RecordErased(erasure.pk, kind, record_id, why), gone, erasure)
    return erasure


def _afterwards(files: list[str], erasures: list[Erasure]) -> None:
    """Once it holds: the files go, and the list beside the database learns of it."""
    for path in files:
        default_storage.delete(path)
    note_erasures(
        {"kind": one.kind, "id": str(one.record_id), "at": one.created.isoformat(), "why": one.why}
        for one in erasures
    )
