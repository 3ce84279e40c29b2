from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models

from embudo.kernel import personal
from embudo.kernel.act import attempt
from embudo.kernel.change import create
from embudo.kernel.event import plain
from embudo.kernel.former import survivor_of
from embudo.kernel.record import Record

Kept = dict[str, Any]


def kept(rows: Iterable[models.Model]) -> list[Kept]:
    """Whole rows as JSON, each under the key of whom it is about: where that is destroyed, nothing can be read here."""
    listed = list(rows)
    subjects = {subject_of(row) for row in listed}
    keys = personal.keys_for(subjects)
    return [
        {
            "kind": row._meta.label_lower,
            "id": str(row.pk),
            "subject": str(subject_of(row)),
            "row": personal.encrypt(keys[subject_of(row)], _values(row)),
        }
        for row in listed
    ]


def subject_of(row: models.Model) -> UUID:
    return row.subject_id if isinstance(row, Record) else UUID(int=0)


def _values(row: models.Model) -> dict[str, Any]:
    return {one.attname: plain(getattr(row, one.attname)) for one in row._meta.concrete_fields}


def readable(snapshot: Sequence[Kept]) -> list[tuple[Kept, Mapping[str, Any] | None]]:
    """Each row with its values by column; None where they were erased."""
    keys = personal.known_keys({UUID(one["subject"]) for one in snapshot})
    return [(one, _opened(one, keys)) for one in snapshot]


def _opened(one: Kept, keys: personal.Keys) -> Mapping[str, Any] | None:
    key = keys.get(UUID(one["subject"]))
    values = personal.decrypt(key, one["row"]) if key else None
    if values is None:
        return None
    columns = {field.attname: field for field in apps.get_model(one["kind"])._meta.concrete_fields}
    return {
        name: None if value is None else columns[name].to_python(value)
        for name, value in values.items()
        if name in columns
    }


def living(record: Any, name: str, value: Any) -> Any:
    """A reference only to what is still there, or to where that lives on."""
    field = next(one for one in record._meta.concrete_fields if one.attname == name)
    if value is None or not field.is_relation:
        return value
    related: Any = field.related_model
    if related._base_manager.filter(pk=value).exists():
        return value
    found = survivor_of(value) if isinstance(value, UUID) else None
    return found[1] if found else None


def revived(one: Kept, values: Mapping[str, Any]) -> Any:
    """The row as an object once more, not yet saved, its references only to what is there."""
    row: Any = apps.get_model(one["kind"])(**values)
    for name in values:
        setattr(row, name, living(row, name, getattr(row, name)))
    return row


def is_recreated(row: Any) -> bool:
    """Inserts a revived row within the current act; False where something that stands there now forbids it."""
    try:
        with attempt():
            if isinstance(row, Record):
                row.version += 1
                create(row)
            else:
                row.save(force_insert=True)
    except IntegrityError:
        return False
    return True
