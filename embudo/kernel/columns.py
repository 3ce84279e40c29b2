"""How rows are sent to the database, column by column; to PostgreSQL many of them at once."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, JSONField, Model

Rows = list[Any]


def sent(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As this database takes it."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


PLAIN = frozenset({str, int, bool, float, bytes, type(None)})  # what every driver takes as it is
AS_JSON = json.JSONEncoder().encode


def column_of(rows: Sequence[Model], name: str, is_plain: bool, adapt: Callable[[Any], Any]) -> list[Any]:  # noqa: FBT001 - a column as it is kept
    """What the rows hold there, as the database takes it: mostly as it is, which is looked at together."""
    values = list(map(attrgetter(name), rows))
    if is_plain and PLAIN.issuperset(map(type, values)):
        return values
    return [value if is_plain and type(value) in PLAIN else adapt(value) for value in values]


def _names(fields: Sequence["Field[Any, Any]"], connection: Any) -> str:
    return ", ".join(connection.ops.quote_name(one.column) for one in fields)


def copy_rows(kind: type[Model], fields: Sequence["Field[Any, Any]"], columns: Rows, connection: Any) -> int:
    """The way in for many rows that PostgreSQL does not run a statement a row for."""
    table = connection.ops.quote_name(kind._meta.db_table)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({_names(fields, connection)}) FROM STDIN") as copy:
            for row in zip(*columns, strict=True):
                copy.write_row(row)
        return int(cursor.rowcount)


def insert_arrays(
    kind: type[Model], fields: Sequence["Field[Any, Any]"], columns: Rows, connection: Any
) -> int:
    """The same where some rows may stand already, which COPY knows no way around: a parameter a column."""
    table, names = connection.ops.quote_name(kind._meta.db_table), _names(fields, connection)
    arrays = ", ".join(f"%s::{one.rel_db_type(connection)}[]" for one in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608 - names of columns
            columns,
        )
        return int(cursor.rowcount)


def adapter_of(one: "Field[Any, Any]", connection: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    """How this database takes a value of the field."""
    is_kept_as_text = connection.vendor == "sqlite" and connection.timezone is UTC

    def moment(value: datetime) -> Any:
        if is_kept_as_text and value.tzinfo is UTC:
            return value.isoformat(" ").removesuffix("+00:00")  # what Django comes to by a longer way
        return sent(value, connection)

    has_ids = connection.features.has_native_uuid_field
    is_json_text = connection.vendor == "sqlite" and isinstance(one, JSONField) and one.encoder is None

    def adapt(value: Any) -> Any:
        if type(value) is UUID:
            return value if has_ids else value.hex
        if type(value) is datetime:
            return moment(value)
        if is_json_text and type(value) in (dict, list):
            return AS_JSON(value)
        return one.get_db_prep_save(value, connection)

    return adapt
