import argparse
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from embudo.project import archive, dumps
from embudo.project.archive import BackupError
from embudo.project.contents import Digest, columns, digest, rows_by_key, stored_models
from embudo.project.database import database_from, sqlite

SOURCE, TARGET = "copy", "target"
CHUNK = 1000


@dataclass(frozen=True)
class Compared:
    table: str
    before: Digest
    after: Digest

    @property
    def is_equal(self) -> bool:
        return self.before == self.after


def main(options: argparse.Namespace) -> int:
    try:
        move(options.url)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def move(url: str) -> None:
    """
    Copies this SQLite installation to an empty PostgreSQL database and compares every table; nothing is changed on this
    side. All or nothing: when anything differs, the target stays empty. Raises BackupError.
    """
    started = perf_counter()
    _check_source()
    with archive.workroom(Path(settings.DATA)) as room, _opened(url, room / "copy.sqlite3"):
        _prepare_target()
        with transaction.atomic(using=TARGET):
            _empty_target()
            compared = [_moved(model) for model in stored_models()]
            _check_equal(compared)
            _reset_sequences()
            _check_unchanged(room / "copy.sqlite3")
    rows = sum(one.before[0] for one in compared)
    print(
        f"\n{rows:,} rows of {len(compared)} tables are equal on both sides; {perf_counter() - started:,.1f} s."
    )
    print(
        "Now stop Embudo, set DATABASE_URL to the new database and start again. Keep DATA: files and secret stay there."
    )


def _check_source() -> None:
    if connection.vendor != "sqlite":
        raise BackupError(
            "This installation is on PostgreSQL already. Unset DATABASE_URL to move the SQLite one in DATA."
        )
    if not dumps.sqlite_path().exists():
        raise BackupError(f"There is no SQLite installation at {dumps.sqlite_path()}. Check --data or DATA.")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupError(
            "The SQLite database is not up to this version yet. Run `embudo migrate`, then move."
        )


@contextmanager
def _opened(url: str, copy: Path) -> Iterator[None]:
    """Two more databases: a copy of this one, taken in one instant, and the target."""
    try:
        target = database_from(url, Path(settings.DATA))
    except ValueError as error:
        raise BackupError(
            "Give the address of a database: postgresql://user:password@host/database"
        ) from error
    if "postgresql" not in target["ENGINE"]:
        raise BackupError(
            "Give the address of a PostgreSQL database: postgresql://user:password@host/database"
        )
    dumps.dump_sqlite(copy)
    added = connections.configure_settings({"default": {}, SOURCE: sqlite(str(copy)), TARGET: target})
    connections.settings.update({alias: added[alias] for alias in (SOURCE, TARGET)})
    try:
        yield
    finally:
        for alias in (SOURCE, TARGET):
            connections[alias].close()
            del connections[alias]
            del connections.settings[alias]


def _prepare_target() -> None:
    wrapper = connections[TARGET]
    try:
        wrapper.ensure_connection()
    except DatabaseError as error:
        raise BackupError(f"The database does not answer: {str(error).strip().splitlines()[0]}") from error
    foreign = set(wrapper.introspection.table_names()) - _our_tables()
    if foreign:
        raise BackupError(f"The database holds other tables ({min(foreign)}). Name an empty one.")
    call_command("migrate", database=TARGET, verbosity=0, interactive=False)
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM access_user)")
        if cursor.fetchone()[0]:
            raise BackupError("There is an installation in this database already. Name an empty one.")


def _our_tables() -> set[str]:
    return {model._meta.db_table for model in stored_models()} | {"django_migrations"}


def _empty_target() -> None:
    """Migrations put a few rows into a new database; those of this installation take their place."""
    with connections[TARGET].cursor() as cursor:
        for model in stored_models():
            if model._base_manager.using(TARGET).exists():
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608 - a table of our own


def _moved(model: type[models.Model]) -> Compared:
    table = model._meta.db_table
    fields = columns(model)
    try:
        rows = rows_by_key(model, SOURCE)
        while chunk := list(islice(rows, CHUNK)):
            _insert(model, fields, chunk)
    except (DatabaseError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise BackupError(
            f"PostgreSQL does not take a row of {table}: {reason}. The target stays empty."
        ) from error
    one = Compared(table, digest(model, SOURCE), digest(model, TARGET))
    mark = "equal" if one.is_equal else "DIFFERENT"
    print(f"{table:<40}{one.before[0]:>12,}{one.after[0]:>12,}  {one.after[1][:16]}  {mark}", flush=True)
    return one


def _insert(
    model: type[models.Model], fields: list[models.Field[Any, Any]], rows: list[models.Model]
) -> None:
    """As they are: no default and no automatic date may touch them."""
    model._base_manager.using(TARGET)._insert(rows, fields=fields, using=TARGET, raw=True)  # type: ignore[attr-defined] # noqa: SLF001 - what Django's own loaddata does


def _check_equal(compared: list[Compared]) -> None:
    different = [one.table for one in compared if not one.is_equal]
    if different:
        raise BackupError(f"These tables came out different: {', '.join(different)}. The target stays empty.")


def _reset_sequences() -> None:
    with connections[TARGET].cursor() as cursor:
        for statement in connections[TARGET].ops.sequence_reset_sql(no_style(), stored_models()):
            cursor.execute(statement)


def _check_unchanged(copy: Path) -> None:
    """Whoever writes while this runs would miss it afterwards."""

    def newest(file: Path) -> Any:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as found:
            return found.execute("SELECT max(seq) FROM kernel_logentry").fetchone()

    if newest(dumps.sqlite_path()) != newest(copy):
        raise BackupError(
            "Somebody wrote while the tables were copied, and that is not in the new database. "
            "Stop Embudo, then move again. The target stays empty."
        )
