"""What acts changed is put back; work that was done in many acts, chunk by chunk, is taken back chunk by chunk."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError
from django.db.models import ProtectedError, prefetch_related_objects

from embudo.kernel.act import attempt
from embudo.kernel.change import changes_of_act, create_all, delete_all, field_of, update_all
from embudo.kernel.kind import kind_named
from embudo.kernel.record import Record

Change = Mapping[str, Any]
Versions = dict[UUID, int]
SLICE = 2.0  # seconds; then others of the queue have their turn
AT_ONCE = 500  # records put back by one statement


@dataclass
class Undone:
    """What `undo_changes` put back and what it left alone, as (kind, id) pairs; `left` records were changed since."""

    put_back: list[tuple[str, UUID]] = field(default_factory=list)
    left: list[tuple[str, UUID]] = field(default_factory=list)


def undo_changes(act_id: UUID, *, but: Collection[UUID] = (), keeps_used: bool = False) -> Undone:
    """
    Puts back, inside the current act, what the act changed: last change first; records changed since by somebody else
    (their version moved on) are left alone and reported, and those in `but`. With `keeps_used` also records made by the act to which others refer
    by now, and those whose old values another record has taken; else they raise ProtectedError or IntegrityError.
    """
    return _undone(changes_of_act(act_id), but, keeps_used=keeps_used)


def _undone(changes: Sequence[Change], but: Collection[UUID], *, keeps_used: bool) -> Undone:
    result = Undone()
    # the version that our own putting back gave a record, until its earlier change is undone
    ours: Versions = {}
    for part in _parts(changes):
        allowed = [one for one in part.changes if not one.get("erased") and UUID(one["id"]) not in but]
        versions = _put_back(part, allowed, ours, keeps_used=keeps_used)
        ours |= versions
        for one in part.changes:
            about = (one["kind"], UUID(one["id"]))
            (result.put_back if about[1] in versions else result.left).append(about)
    return result


class _Sort(Enum):
    MADE = "made"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class _Part:
    """Changes of one sort to different records of one kind that followed on each other, the last first."""

    model: type[Record]
    sort: _Sort
    changes: list[Change]


def _parts(changes: Sequence[Change]) -> Iterator[_Part]:
    part: _Part | None = None
    ids: set[str] = set()
    for change in reversed(changes):
        model, sort = apps.get_model(change["kind"]), _sort(change)
        is_same = part and part.model is model and part.sort is sort and change["id"] not in ids
        if part is None or not is_same or len(ids) == AT_ONCE:
            if part is not None:
                yield part
            part, ids = _Part(model, sort, []), set()
        part.changes.append(change)
        ids.add(change["id"])
    if part is not None:
        yield part


def _sort(change: Change) -> _Sort:
    if change["before"] is None:
        return _Sort.MADE
    return _Sort.REMOVED if change["after"] is None else _Sort.CHANGED


def _put_back(part: _Part, changes: Sequence[Change], ours: Versions, *, keeps_used: bool) -> Versions:
    """
    The versions that those have now that were put back. Should the database refuse one of many, they are halved until
    only that one fails.
    """
    if not changes:
        return {}
    if len(changes) == 1 and not keeps_used:
        return BY_SORT[part.sort](part.model, changes, ours)
    try:
        with attempt():
            return BY_SORT[part.sort](part.model, changes, ours)
    except (ProtectedError, IntegrityError):
        if len(changes) == 1:
            return {}
    middle = len(changes) // 2
    first = _put_back(part, changes[:middle], ours, keeps_used=keeps_used)
    return first | _put_back(part, changes[middle:], ours, keeps_used=keeps_used)


def _standing(model: type[Record], changes: Sequence[Change], ours: Versions) -> dict[UUID, Any]:
    """Those of the records that are still as the change left them, locked."""
    expected = {UUID(one["id"]): one["version"] for one in changes}
    rows = model._base_manager.select_for_update().filter(pk__in=list(expected)).order_by("pk")
    return {row.pk: row for row in rows if row.version == ours.get(row.pk, expected[row.pk])}


def _unmade(model: type[Record], changes: Sequence[Change], ours: Versions) -> Versions:
    found = _standing(model, changes, ours)
    delete_all([found[pk] for one in changes if (pk := UUID(one["id"])) in found])
    return {pk: row.version for pk, row in found.items()}


def _remade(model: type[Record], changes: Sequence[Change], _ours: Versions) -> Versions:
    records = [
        model(id=UUID(one["id"]), version=one["version"] + 1, **_revived(model, one["before"]))
        for one in changes
    ]
    for record in records:
        for name, value in record.derived().items():
            setattr(record, name, value)
    create_all(records)
    return {record.pk: record.version for record in records}


def _changed_back(model: type[Record], changes: Sequence[Change], ours: Versions) -> Versions:
    found = _standing(model, changes, ours)
    before = {pk: _revived(model, one["before"]) for one in changes if (pk := UUID(one["id"])) in found}
    related = _related(model, before)
    if model.derived is not Record.derived:
        kind = kind_named(model.kind_name())
        prefetch_related_objects(list(found.values()), *(kind.search_with if kind else ()))
    update_all(
        (found[pk], {**values, **found[pk].derived(**values, **related.get(pk, {}))})
        for pk, values in before.items()
    )
    return {pk: row.version for pk, row in found.items()}


def _related(model: type[Record], before: Mapping[UUID, dict[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """The records that the old values refer to, by the names of the references: columns may be derived from them."""
    if model.derived is Record.derived:
        return {}
    found: dict[UUID, dict[str, Any]] = {pk: {} for pk in before}
    for column in {name for values in before.values() for name in values}:
        one: Any = field_of(model, column)
        if one.is_relation:
            ids = {values[column] for values in before.values() if values.get(column)}
            rows = one.related_model._base_manager.in_bulk(list(ids)) if ids else {}
            for pk, values in before.items():
                if column in values:
                    found[pk][one.name] = rows.get(values[column])
    return found


BY_SORT: Mapping[_Sort, Callable[[type[Record], Sequence[Change], Versions], Versions]] = {
    _Sort.MADE: _unmade,
    _Sort.CHANGED: _changed_back,
    _Sort.REMOVED: _remade,
}


def _revived(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    revived = {}
    for name, value in values.items():
        one = field_of(model, name)
        revived[one.attname] = None if value is None else one.to_python(value)
    return revived


@dataclass(frozen=True)
class TakenBack:
    """What became of a kind's records of one act; `touched` are those that it had changed, not made."""

    put_back: frozenset[UUID]
    left: frozenset[UUID]
    touched: tuple[Record, ...]


def take_back(
    act_id: UUID, kind: str, *, but: Callable[[list[dict[str, Any]]], Collection[UUID]]
) -> TakenBack:
    """
    Puts back what the act changed, within the current act. Left are the records that somebody changed since, and of the act's
    changes those that `but` names; of the records of `kind` it is told.
    """
    changes = changes_of_act(act_id)
    undone = _undone(changes, but(changes), keeps_used=True)
    left = frozenset(pk for name, pk in undone.left if name == kind)
    put_back = frozenset(pk for name, pk in undone.put_back if name == kind) - left
    return TakenBack(put_back, left, _touched(changes))


def _touched(changes: list[dict[str, Any]]) -> tuple[Record, ...]:
    """The records that were changed, not made: their timelines tell that it was taken back."""
    made = {change["id"] for change in changes if change["before"] is None}
    pairs = {(change["kind"], change["id"]) for change in changes if change["id"] not in made}
    kinds = {kind: kind_named(kind) for kind, _pk in pairs}
    return tuple(known.model(id=UUID(pk)) for kind, pk in sorted(pairs) if (known := kinds[kind]))


def for_a_while(step: Callable[[], bool]) -> bool:
    """Chunk after chunk, until there is none left or the time is up; whether there is more to do then."""
    end = monotonic() + SLICE
    while step():
        if monotonic() > end:
            return True
    return False
