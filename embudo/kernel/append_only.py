from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_tables: dict[str, tuple[str, ...]] = {}  # table -> its frozen columns; none named = all of them
_since: dict[str, str] = {}  # table -> the column with which they freeze, once it is set


def _is_changed(vendor: str, table: str, old: str = "OLD") -> str:
    """The condition under which a change of the row `old` is refused: some frozen column differs. Empty: always."""
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    columns = _tables.get(table, ())
    if not columns:
        return ""
    is_frozen = f"{old}.{_since[table]} IS NOT NULL AND " if _since.get(table) else ""
    return f"({is_frozen}({' OR '.join(f'{old}.{one} {differs} NEW.{one}' for one in columns)}))"


def _is_known(wrapper: BaseDatabaseWrapper, table: str) -> str:
    """
    The condition under which SQLite's INSERT OR REPLACE would take a frozen row away, for which it asks no trigger on
    deletion. An upsert asks the same trigger first: one that leaves the frozen columns as they are has to pass.
    """
    with wrapper.cursor() as cursor:
        cursor.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk")  # noqa: S608 - a table of ours
        own = [name for (name,) in cursor.fetchall()]
        keys = [(own, "")]
        cursor.execute(
            f"SELECT l.name, m.sql FROM pragma_index_list('{table}') l JOIN sqlite_master m ON m.name = l.name"  # noqa: S608
            " WHERE l.\"unique\" AND l.origin <> 'pk'"
        )
        for index, sql in cursor.fetchall():
            cursor.execute(f"SELECT name FROM pragma_index_info('{index}')")  # noqa: S608 - an index of ours
            only = (sql or "").partition(" WHERE ")[2]
            keys.append(([name for (name,) in cursor.fetchall()], f" AND {only}" if only else ""))
    same = [" AND ".join(f'"{one}" = NEW."{one}"' for one in columns) + only for columns, only in keys]
    if changed := _is_changed("sqlite", table, old=table):
        other = " OR ".join(f'{table}."{one}" IS NOT NEW."{one}"' for one in own)
        same = [f"{one} AND ({other} OR {changed})" for one in same]
    rows = [f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same]  # noqa: S608 - names of ours
    return f"WHEN {' OR '.join(rows)} "


def _statements(wrapper: BaseDatabaseWrapper, table: str) -> tuple[list[str], list[str]]:
    """(up, down): what puts the guard on, and what takes it off."""
    changed = _is_changed(wrapper.vendor, table)
    when = f"WHEN {changed} " if changed else ""
    if wrapper.vendor == "sqlite":
        act = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        guards = (("update", when), ("delete", ""), ("insert", _is_known(wrapper, table)))
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
    to change these and lets the others be; with `since` from when on that column is set.
    """

    reversible = True

    def __init__(self, table: str, columns: tuple[str, ...] = (), since: str = "") -> None:
        self.table = table
        _tables[table] = columns
        _since[table] = since

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        _run(schema_editor.connection, _statements(schema_editor.connection, self.table)[0])

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        _run(schema_editor.connection, _statements(schema_editor.connection, self.table)[1])

    def describe(self) -> str:
        return f"Make {self.table} append-only"


def append_only_tables() -> list[str]:
    """Known once the migrations are loaded."""
    return sorted(_tables)


@contextmanager
def lifted(tables: list[str]) -> Iterator[None]:
    """Takes the guard off for the time of a restore or of emptying a test database."""
    for table in tables:
        _run(connection, _statements(connection, table)[1])
    try:
        yield
    finally:
        for table in tables:
            _run(connection, _statements(connection, table)[0])
