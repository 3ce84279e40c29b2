from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection

# What a refusal may leave behind: how often somebody tried, what a key was answered, and when a credential was seen last.
FREE_TABLES = frozenset(
    {"kernel_ratebucket", "kernel_idempotencykey", "access_attempt", "django_session", "access_signin"}
)
FREE_COLUMNS: Mapping[str, frozenset[str]] = {"access_token": frozenset({"last_used"})}
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET", "BEGIN", "EXPLAIN")


def columns() -> dict[str, list[str]]:
    """Every table of the product with the columns that a refusal must leave as they are."""
    return {
        model._meta.db_table: [
            field.column
            for field in model._meta.concrete_fields
            if field.column not in FREE_COLUMNS.get(model._meta.db_table, ())
        ]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.db_table not in FREE_TABLES
    }


def dump() -> dict[str, list[str]]:
    """All rows of all tables, in no order."""
    found = {}
    with connection.cursor() as cursor:
        for table, names in columns().items():
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(f'SELECT {listed} FROM "{table}"')
            found[table] = sorted(repr(row) for row in cursor.fetchall())
    return found


def differing(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


@dataclass
class Writes:
    """The statements that could have changed a table which a refusal must leave alone."""

    statements: list[str] = field(default_factory=list)

    def watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's order
        word = sql.lstrip("( ").partition(" ")[0].upper()
        if word not in READS and not any(f'"{table}"' in sql[:80] for table in FREE_TABLES):
            self.statements.append(sql)
        return execute(sql, params, many, context)


@contextmanager
def watched() -> Iterator[Writes]:
    """Tells cheaply whether a request could have written at all; only then the tables are compared."""
    writes = Writes()
    with connection.execute_wrapper(writes.watch):
        yield writes
