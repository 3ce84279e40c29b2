"""Values of attributes that an organisation defines itself: how they are kept in a record's row and found by SQL."""

import re
from enum import StrEnum
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import F, Func
from django.db.models.sql.compiler import SQLCompiler

NARROWED_BY = ("owner", "state", "status", "assignment")
LED = "led"  # what the name of the index begins with that an owner's values have
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Stored(StrEnum):
    """What SQL compares a value as. Days and instants are texts in ISO form, amounts count minor units."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    YES_NO = "yes_no"


_FIELDS: dict[Stored, Any] = {
    Stored.TEXT: models.TextField,
    Stored.NUMBER: models.FloatField,
    Stored.WHOLE: models.BigIntegerField,
    Stored.YES_NO: models.IntegerField,
}
_CASTS = {
    Stored.TEXT: "",
    Stored.NUMBER: "::float8",
    Stored.WHOLE: "::bigint",
    Stored.YES_NO: "::boolean::int",
}


class WithCustomValues(models.Model):
    """A record whose organisation may define attributes of its own for it; `custom` maps their keys to plain values."""

    custom = models.JSONField(default=dict, blank=True, editable=False)
    # Whose records somebody sees of very many: with this column first, their values have an index of their own.
    custom_led_by: ClassVar[str] = ""

    class Meta:
        abstract = True


def takes_custom_values(model: type[models.Model]) -> bool:
    return issubclass(model, WithCustomValues)


def _checked(key: str) -> str:
    """The key stands in the SQL itself: only so do both databases find the index made for it."""
    if not KEY.fullmatch(key):
        raise ValueError(key)
    return key


def _sql(vendor: str, column: str, key: str, kind: Stored) -> str:
    if vendor == "postgresql":
        plain = f"({column} ->> '{key}')"
        return f"({plain}{_CASTS[kind]})" if _CASTS[kind] else plain
    return f"json_extract({column}, '$.{key}')"


class CustomValue(Func):
    """One custom value as SQL sees it: usable in filters, orders and annotations."""

    def __init__(self, key: str, kind: Stored, **extra: Any) -> None:
        self.key, self.kind = _checked(key), kind
        super().__init__(F("custom"), output_field=_FIELDS[kind](null=True), **extra)

    def as_sql(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> tuple[str, Any]:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        return _sql(connection.vendor, column, self.key, self.kind), params


def index_name(model: type[models.Model], key: str, prefix: str = "custom") -> str:
    return f"{prefix}_{model._meta.label_lower.replace('.', '_')}_{_checked(key)}"[:62]


def _carried(model: type[models.Model]) -> list[str]:
    """
    The small columns that people narrow lists by beside a custom value: with them in its index, ten thousand rows are counted
    without looking at the four times as many that they stand among (88 -> 7 ms on SQLite).
    """
    fields: list[Any] = list(model._meta.concrete_fields)
    return [one.column for one in fields if isinstance(one, models.BooleanField) or one.name in NARROWED_BY]


def make_index(model: type[models.Model], key: str, kind: Stored) -> None:
    """
    Makes the indexes that filters on this value need, where they are not there yet: by value, then as lists are ordered; and the
    same of each owner's where the model says so. PostgreSQL builds them while people go on writing; it must not run inside
    a transaction there.
    """
    quote = connection.ops.quote_name
    value = _sql(connection.vendor, quote("custom"), key, kind)
    columns = ["created", "id", *_carried(model)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and connection.in_atomic_block:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index beside references still to be checked
        _make(cursor, model, index_name(model, key), [value, *map(quote, columns)], value)
        if leading := _led_by(model):
            others = [one for one in columns if one != leading]
            name = index_name(model, key, LED)
            _make(cursor, model, name, [quote(leading), value, *map(quote, others)], value)
        if connection.vendor == "postgresql":
            _make_known(cursor, model, key, value)


def _led_by(model: type[models.Model]) -> str:
    name: str = getattr(model, "custom_led_by", "")
    return str(model._meta.get_field(name).column) if name else ""  # type: ignore[union-attr]


def _make(cursor: Any, model: type[models.Model], name: str, parts: list[str], value: str) -> None:
    quote = connection.ops.quote_name
    way = "CONCURRENTLY " if connection.vendor == "postgresql" and not connection.in_atomic_block else ""
    drop_broken(cursor, name)
    cursor.execute(
        f"CREATE INDEX {way}IF NOT EXISTS {quote(name)} ON {quote(model._meta.db_table)}"
        f" ({', '.join(parts)}) WHERE {value} IS NOT NULL"
    )


def _make_known(cursor: Any, model: type[models.Model], key: str, value: str) -> None:
    """
    How often each value is held: PostgreSQL takes no such figures from an index of a part of the table, and held each value for
    one in two hundred, so that it looked where there were half a million.
    """
    quote, table = connection.ops.quote_name, connection.ops.quote_name(model._meta.db_table)
    cursor.execute(f"CREATE STATISTICS IF NOT EXISTS {quote(index_name(model, key))} ON {value} FROM {table}")
    cursor.execute(f"ANALYZE {table}")


def drop_broken(cursor: Any, name: str) -> None:
    """What a build that was interrupted left behind on PostgreSQL counts as an index, but serves nobody."""
    if connection.vendor != "postgresql":
        return
    cursor.execute(
        "SELECT 1 FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relname = %s AND NOT i.indisvalid",
        [name],
    )
    if cursor.fetchone():
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")


def drop_index(model: type[models.Model], key: str) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for prefix in ("custom", LED):
            cursor.execute(f"DROP INDEX IF EXISTS {quote(index_name(model, key, prefix))}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP STATISTICS IF EXISTS {quote(index_name(model, key))}")
