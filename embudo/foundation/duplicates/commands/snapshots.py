from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from embudo.kernel import personal
from embudo.kernel.event import plain
from embudo.kernel.record import Record

Kept = dict[str, Any]


def kept(rows: Iterable[models.Model]) -> list[Kept]:
    """Whole rows as JSON, each under the key of whom it is about: where that is destroyed, nothing can be read here."""
    listed = list(rows)
    subjects = {_subject(row) for row in listed}
    keys = personal.keys_for(subjects)
    return [
        {
            "kind": row._meta.label_lower,
            "id": str(row.pk),
            "subject": str(_subject(row)),
            "row": personal.encrypt(keys[_subject(row)], _values(row)),
        }
        for row in listed
    ]


def _subject(row: models.Model) -> UUID:
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
