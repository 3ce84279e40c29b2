from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_tables: dict[str, tuple[str, ...]] = {}  # table -> its frozen columns; none named = all of them


def _when(vendor: str, table: str) -> str:
    """The condition under which a change is refused: some frozen column differs."""
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    columns = _tables.get(table, ())
    return f"WHEN ({' OR '.join(f'OLD.{one} {differs} NEW.{one}' for one in columns)}) " if columns else ""


def _statements(vendor: str, table: str) -> tuple[list[str], list[str]]:
    """(up, down): what puts the guard on, and what takes it off."""
    when = _when(vendor, table)
    if vendor == "sqlite":
        act = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        guards = (("update", when), ("delete", ""))
        up = [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {only}{act}" for verb, only in guards
        ]
        return up, [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb, _only in guards]
    function = (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME; END $$"
    )
    each = (("update", f"ROW {when}"), ("delete", "ROW "), ("truncate", "STATEMENT "))
    call = "EXECUTE FUNCTION refuse_change()"
    up = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} FOR EACH {one}{call}"
        for verb, one in each
    ]
    return [function, *up], [f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}" for verb, _one in each]


def _run(wrapper: BaseDatabaseWrapper, statements: list[str]) -> None:
    with wrapper.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, None if wrapper.vendor == "sqlite" else [])


class AppendOnly(migrations.operations.base.Operation):
    """
    Migration step: the database itself refuses to change or remove rows of `table`; with `columns` named, it refuses
    to change these and lets the others be.
    """

    reversible = True

    def __init__(self, table: str, columns: tuple[str, ...] = ()) -> None:
        self.table = table
        _tables[table] = columns

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        _run(schema_editor.connection, _statements(schema_editor.connection.vendor, self.table)[0])

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        _run(schema_editor.connection, _statements(schema_editor.connection.vendor, self.table)[1])

    def describe(self) -> str:
        return f"Make {self.table} append-only"


def append_only_tables() -> list[str]:
    """Known once the migrations are loaded."""
    return sorted(_tables)


@contextmanager
def lifted(tables: list[str]) -> Iterator[None]:
    """Takes the guard off for the time of a restore or of emptying a test database."""
    for table in tables:
        _run(connection, _statements(connection.vendor, table)[1])
    try:
        yield
    finally:
        for table in tables:
            _run(connection, _statements(connection.vendor, table)[0])
