from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models

from embudo.kernel import clock, personal
from embudo.kernel.act import RecordedChange, current_act
from embudo.kernel.errors import NotFound, Stale
from embudo.kernel.event import plain
from embudo.kernel.filing import keep_files
from embudo.kernel.models import LogEntry
from embudo.kernel.prepared import insert, insert_all
from embudo.kernel.record import R, Record

EMPTY: Any = (None, "", [], {})
UNLOGGED = frozenset({"id", "created", "updated", "version"})


@cache
def _logged_fields(model: type[Record]) -> list[models.Field[Any, Any]]:
    left_out = UNLOGGED | set(model.secret_fields)
    return [one for one in model._meta.concrete_fields if one.name not in left_out]


@cache
def field_of(model: type[Record], name: str) -> models.Field[Any, Any]:
    """By its own name or, for a reference, by the name of its column ("owner" and "owner_id" alike)."""
    return next(one for one in model._meta.concrete_fields if name in (one.name, one.attname))


def _values(record: Record, fields: Iterable[models.Field[Any, Any]]) -> dict[str, Any]:
    return {one.name: plain(getattr(record, one.attname)) for one in fields}


def _note(record: Record, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    named = {**(before or {}), **(after or {})}
    current_act().changes.append(
        RecordedChange(
            record.kind_name(),
            record.pk,
            record.subject_id,
            record.version,
            before,
            after,
            tuple(name for name in type(record).personal_fields if name in named),
        )
    )


def create(record: R) -> R:
    """Inserts a new record within the current act."""
    insert(record)
    values = _values(record, _logged_fields(type(record)))
    _note(record, None, {name: value for name, value in values.items() if value not in (None, "", [], {})})
    keep_files(record)
    return record


def create_all(records: Sequence[R]) -> Sequence[R]:
    """Inserts many records of one kind with one statement."""
    if records:
        insert_all(records)
        names = [(one.name, one.attname) for one in _logged_fields(type(records[0]))]
        for record in records:
            held = vars(record)
            _note(
                record,
                None,
                {
                    name: plain(value)
                    for name, column in names
                    if (value := held[column]) or (value is not None and value != "" and value not in EMPTY)
                },
            )
            keep_files(record)
    return records


def update(record: R, **values: Any) -> R:
    """
    Sets `values` on the record and saves what differs; nothing happens when nothing differs. Refuses (Stale) when the
    row is no longer the version this object was read at.
    """
    fields = [field_of(type(record), name) for name in values]
    before = _values(record, fields)
    for name, value in values.items():
        setattr(record, name, value)
    after = _values(record, fields)
    changed = [name for name in before if before[name] != after[name]]
    if not changed:
        return record
    read_at = record.version
    record.version, record.updated = read_at + 1, clock.now()
    written = {one.attname: getattr(record, one.attname) for one in fields if one.name in changed}
    written |= {name: getattr(record, name) for name in ("version", "updated")}
    if not type(record)._base_manager.filter(pk=record.pk, version=read_at).update(**written):
        now = type(record)._base_manager.filter(pk=record.pk).values_list("version", flat=True).first()
        record.version = read_at
        raise NotFound if now is None else Stale(now)
    public = [name for name in changed if name not in type(record).secret_fields]
    _note(record, {name: before[name] for name in public}, {name: after[name] for name in public})
    if "custom" in changed:
        keep_files(record)
    return record


def update_all(changes: Iterable[tuple[R, Mapping[str, Any]]]) -> list[R]:
    """
    Sets values on many records of one kind with one statement; answers those that differ now. The records were locked
    in this transaction, so that nobody can have been faster.
    """
    changed, touched = [], set()
    for record, values in changes:
        fields = [field_of(type(record), name) for name in values]
        before = _values(record, fields)
        for name, value in values.items():
            setattr(record, name, value)
        after = _values(record, fields)
        names = [name for name in before if before[name] != after[name]]
        if not names:
            continue
        record.version, record.updated = record.version + 1, clock.now()
        public = [name for name in names if name not in type(record).secret_fields]
        _note(record, {name: before[name] for name in public}, {name: after[name] for name in public})
        changed.append(record)
        touched |= set(names)
    if changed:
        type(changed[0])._base_manager.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*touched, "version", "updated"],
        )
    for record in changed if "custom" in touched else ():
        keep_files(record)
    return changed


def delete(record: Record) -> None:
    """Removes the record; its last values stand in the log."""
    before = _values(record, _logged_fields(type(record)))
    _note(record, before, None)
    type(record)._base_manager.filter(
        pk=record.pk
    ).delete()  # not record.delete(): the event needs the id afterwards


def delete_all(records: Sequence[R]) -> None:
    """Removes many records of one kind."""
    if records:
        for record in records:
            _note(record, _values(record, _logged_fields(type(record))), None)
        type(records[0])._base_manager.filter(pk__in=[record.pk for record in records]).delete()


def changes_of_act(act_id: UUID) -> list[dict[str, Any]]:
    """All changes of one act in the order they were made, personal values decrypted where their key still exists."""
    entries = LogEntry.objects.filter(act=act_id).order_by("seq").values_list("changes", flat=True)
    changes = [change for entry in entries for change in entry]
    return revealed(sorted(changes, key=lambda change: change["order"]))


def revealed(changes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    The changes with their personal values put back in. Those whose key is destroyed carry "erased": True instead.
    One query, whatever the number of changes.
    """
    keys = personal.known_keys({UUID(change["subject"]) for change in changes if "subject" in change})
    return [_revealed(change, keys) for change in changes]


def _revealed(change: dict[str, Any], keys: personal.Keys) -> dict[str, Any]:
    if "personal" not in change:
        return change
    key = keys.get(UUID(change["subject"]))
    hidden = personal.decrypt(key, change["personal"]) if key else None
    if hidden is None:
        return {**change, "erased": True}
    sides = {side: {**(change[side] or {}), **hidden[side]} for side in ("before", "after") if side in hidden}
    return {**change, **sides}
