"""What a database says, in a form that does not depend on which database says it."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, models
from django.db.migrations.recorder import MigrationRecorder

CHUNK = 2000
Digest = tuple[int, str]  # rows, SHA-256


def stored_models() -> list[type[models.Model]]:
    """Every model with a table of its own, those between two models included, by table name."""
    found = {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if _is_stored(model)
    }
    return [found[table] for table in sorted(found)]


def _is_stored(model: type[models.Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """What a row consists of; what the database derives by itself is left out."""
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def rows_by_key(model: type[models.Model], using: str) -> Iterator[models.Model]:
    """All rows in the order of their keys; text keys by code point, which databases do not agree on."""
    every = model._base_manager.using(using).order_by("pk")
    if isinstance(model._meta.pk, models.CharField):
        yield from sorted(every, key=lambda row: str(row.pk))
    else:
        yield from every.iterator(chunk_size=CHUNK)


def canonical(value: Any) -> Any:
    """The value as JSON, equal wherever it came from."""
    if isinstance(value, memoryview | bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.timestamp() if value.tzinfo else value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if isinstance(value, int | float | str | bool | dict | list | None) else str(value)


def line(row: models.Model, fields: list[models.Field[Any, Any]]) -> str:
    values = {field.column: canonical(field.value_from_object(row)) for field in fields}
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def lines(model: type[models.Model], using: str = "default") -> Iterator[str]:
    """The table as sorted JSON lines."""
    fields = columns(model)
    for row in rows_by_key(model, using):
        yield line(row, fields)


def digest(model: type[models.Model], using: str = "default") -> Digest:
    count, total = 0, hashlib.sha256()
    for text in lines(model, using):
        total.update(text.encode("utf-8", "surrogatepass") + b"\n")
        count += 1
    return count, total.hexdigest()


def digests(using: str = "default") -> dict[str, Digest]:
    return {model._meta.db_table: digest(model, using) for model in stored_models()}


def row_counts(using: str = "default") -> dict[str, int]:
    return {model._meta.db_table: model._base_manager.using(using).count() for model in stored_models()}


def migrations_in(using: str = "default") -> set[str]:
    """The migrations that a database has, "sales.0001_initial"."""
    return {f"{app}.{name}" for app, name in MigrationRecorder(connections[using]).applied_migrations()}
