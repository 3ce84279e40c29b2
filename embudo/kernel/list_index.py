"""Indexes that are made while people work, for lists that take too long without."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, models
from django.db.models import F
from django.db.models.expressions import OrderBy

from embudo.kernel.custom import CustomValue, drop_broken


@dataclass(frozen=True)
class IndexColumn:
    """A column of the table, or the custom value that `custom` stands for, with its direction."""

    name: str
    custom: CustomValue | None = None
    is_descending: bool = False


def make_list_index(model: type[models.Model], name: str, columns: Sequence[IndexColumn]) -> None:
    """
    Makes the index where it is not there yet; ties go by id in the direction of the last column, as lists are ordered.
    PostgreSQL builds it while people go on writing, unless a transaction is open.
    """
    last = columns[-1].is_descending
    parts = [_part(model, one) for one in columns] + [OrderBy(F("pk"), descending=last)]
    made = str(models.Index(*parts, name=name).create_sql(model, connection.schema_editor()))
    aside = "CONCURRENTLY " if connection.vendor == "postgresql" and not connection.in_atomic_block else ""
    with connection.cursor() as cursor:
        drop_broken(cursor, name)
        if connection.vendor == "postgresql" and connection.in_atomic_block:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index beside references still to be checked
        cursor.execute(made.replace("CREATE INDEX ", f"CREATE INDEX {aside}IF NOT EXISTS ", 1))
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def drop_list_index(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(name)}")


def _part(model: type[models.Model], column: IndexColumn) -> OrderBy:
    """SQLite keeps no place for rows without a value in an index, and finds them itself."""
    may_be_null = column.custom is not None or model._meta.get_field(column.name).null
    last = {"nulls_last": True} if may_be_null and connection.vendor == "postgresql" else {}
    return OrderBy(column.custom or F(column.name), descending=column.is_descending, **last)
