import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, transaction

# What a refusal may leave behind: how often somebody tried, what a key was answered, and when a credential was seen last.
FREE_TABLES = frozenset(
    {"kernel_ratebucket", "kernel_idempotencykey", "access_attempt", "django_session", "access_signin"}
)
FREE_COLUMNS: Mapping[str, frozenset[str]] = {"access_token": frozenset({"last_used"})}
READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET", "BEGIN", "EXPLAIN")
FIRST_WORD = re.compile(r"[\s(]*(\w*)")
WRITTEN = re.compile(
    r"""[\s(]*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?(?:\s+SET\s+(.*?)\s+WHERE\b)?""",
    re.DOTALL,
)
SET_COLUMN = re.compile(r'"(\w+)" = %s(?:, |$)')


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
    has_any: bool = False  # even one that is free to stay

    def watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's order
        if not is_read(sql):
            self.has_any = True
            if not is_free(sql):
                self.statements.append(sql)
        return execute(sql, params, many, context)


def is_read(sql: str) -> bool:
    word = FIRST_WORD.match(sql)
    return word is not None and word[1].upper() in READS


def is_free(sql: str) -> bool:
    """Whether it writes nothing but what a refusal may leave behind."""
    if (written := WRITTEN.match(sql)) is None:
        return False
    table, changed = written[1], written[2] or ""
    columns = SET_COLUMN.findall(changed)
    is_understood = bool(columns) and SET_COLUMN.sub("", changed) == ""
    return table in FREE_TABLES or (is_understood and set(columns) <= FREE_COLUMNS.get(table, frozenset()))


@contextmanager
def taken_back() -> Iterator[Writes]:
    """
    What is done within is undone in the end. Tells cheaply whether it could have written at all; only then tables need to be
    compared, and a transaction taken back (after which SQLite reads its whole schema anew when a test has made an index).
    """
    writes = Writes()
    with transaction.atomic(), connection.execute_wrapper(writes.watch):
        yield writes
        if writes.has_any:
            transaction.set_rollback(True)
