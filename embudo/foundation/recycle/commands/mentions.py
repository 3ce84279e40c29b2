from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from embudo.foundation.recycle.queries.plan import fate_of
from embudo.foundation.recycle.rules import Fate
from embudo.kernel.about import AboutRecord
from embudo.kernel.change import revealed, update
from embudo.kernel.erasing import Erased
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import Record
from embudo.kernel.reference import references_to

Place = tuple[type[Record], UUID]

# A private customer's company and deals are often called like the person: such names go with them.


def mentioning(record: Record) -> set[Place]:
    """Records tied to this one in whose `mentions` its name may stand; asked before anything is removed."""
    found = set(_targets(record))
    for reference in references_to(type(record)):
        if reference.kind_column or not issubclass(reference.model, Record):
            continue
        for row in reference.rows(record.kind_name(), [record.pk]):
            found.add((type(row), row.pk))
            if fate_of(type(record), reference) is Fate.ALONG:
                found |= set(_targets(row))
    return {(model, pk) for model, pk in found if _columns(model) and pk != record.pk}


def written_about(record: Record) -> list[AboutRecord]:
    """Notes, tasks, documents about a record."""
    return [
        row
        for reference in references_to(type(record))
        if reference.kind_column and issubclass(reference.model, AboutRecord)
        for row in reference.rows(record.kind_name(), [record.pk])
    ]


def _targets(row: Any) -> Iterator[Place]:
    for field in row._meta.concrete_fields:
        pk = getattr(row, field.attname) if field.is_relation else None
        if pk is not None and issubclass(field.related_model, Record):
            yield field.related_model, pk


def _columns(model: type[Record]) -> tuple[str, ...]:
    kind = kind_named(model.kind_name())
    return kind.recycling.mentions if kind and kind.recycling else ()


def without_names(places: Iterable[Place], erased: Erased) -> set[UUID]:
    """Takes the names out of these records; returns those whose history in the log names them and has to go too."""
    told = set()
    for model, pk in sorted(places, key=lambda place: (place[0].kind_name(), place[1])):
        columns = _columns(model)
        record: Any = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
        if record is not None:
            _clear(record, {name: erased.without(getattr(record, name)) for name in columns})
        if any(erased.is_named_in(text) for text in said_of({pk}, columns)):
            told.add(pk)
    return told


def _clear(record: Any, values: dict[str, Any]) -> None:
    if all(getattr(record, name) == value for name, value in values.items()):
        return
    update(record, **values, **record.derived(**values))
    model: type[Record] = type(record)
    for reference in references_to(model):
        if reference.kind_column or not issubclass(reference.model, Record):
            continue
        for row in reference.rows(record.kind_name(), [record.pk]):
            update(row, **row.derived())  # texts made for searching hold the old name


def said_of(ids: set[UUID], names: Iterable[str]) -> set[str]:
    """What the log says, or said, in these columns of records."""
    about = LogEntry.objects.filter(about_id__in=ids)
    further = LogEntry.objects.filter(seq__in=LogAbout.objects.filter(record_id__in=ids).values("entry"))
    changes = [
        change
        for entries in (about, further)
        for entry in entries.only("changes").iterator(chunk_size=200)
        for change in entry.changes
        if UUID(change["id"]) in ids
    ]
    return {text for change in revealed(changes) for text in _named(change, names)}


def _named(change: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    for side in (change.get("before") or {}, change.get("after") or {}):
        yield from (str(side[name]) for name in names if side.get(name))
