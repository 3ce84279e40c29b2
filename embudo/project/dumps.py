"""One database in one file, and back; for SQLite and for PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, connections, transaction
from psycopg.conninfo import make_conninfo

from embudo.project.archive import BackupError, damaged

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


# --- SQLite ----------------------------------------------------------------------------------------------------


def sqlite_path() -> Path:
    return Path(str(settings.DATABASES["default"]["NAME"]))


def dump_sqlite(target: Path) -> None:
    """The backup API in one go: one read of one instant, while writers go on."""
    if not sqlite_path().exists():
        raise BackupError(f"There is no database at {sqlite_path()}. Check --data or DATA.")
    address = f"file:{sqlite_path()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=20)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def count_sqlite(file: Path, tables: Sequence[str]) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as found:
        known = {name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: found.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of our own tables
            for name in tables
            if name in known
        }


def check_sqlite(file: Path, counts: dict[str, int]) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as found:
            said = found.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise damaged(f"the database in it is not sound ({said})")
        if count_sqlite(file, tuple(counts)) != counts:
            raise damaged("its tables do not have the rows that were counted")
    except sqlite3.DatabaseError as error:
        raise damaged(str(error)) from error


def retire_sqlite() -> None:
    """
    Makes sure that nobody has the database open: only then does SQLite let its write-ahead log go, and only then may
    another file take the place.
    """
    connections.close_all()
    path = sqlite_path()
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=2)) as found:
            mode = found.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "wal"
    except sqlite3.DatabaseError:  # not a database at all: nobody can be using it
        mode = "delete"
    if mode == "wal":
        raise BackupError("Embudo is still running on this database. Stop it first, then restore.")


def restore_sqlite(file: Path) -> None:
    """The file takes the database's place in one step."""
    path = sqlite_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    file.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- PostgreSQL ------------------------------------------------------------------------------------------------


def program(name: str) -> str:
    """The newest of PostgreSQL's own tools that this machine has. Raises BackupError with what to install."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(places[-1]) if places else shutil.which(name)
    if not found:
        raise BackupError(
            f"The program {name} is missing. Install PostgreSQL's client (Debian, Ubuntu: apt install postgresql-client)."
        )
    return found


def _address() -> tuple[str, dict[str, str]]:
    """Where the database is, for PostgreSQL's tools; the password by the environment, which other users cannot read."""
    given = connection.get_connection_params()
    ours = {"cursor_factory", "prepare_threshold", "context", "client_encoding", "password", "row_factory"}
    conninfo = make_conninfo(
        **{name: value for name, value in given.items() if name not in ours and value != ""}
    )
    return conninfo, dict(os.environ) | ({"PGPASSWORD": given["password"]} if given.get("password") else {})


def _run(arguments: Sequence[str], **streams: object) -> None:
    conninfo, environment = _address()
    done = subprocess.run(
        [*arguments, f"--dbname={conninfo}"],
        env=environment,
        stderr=subprocess.PIPE,
        check=False,
        **streams,  # type: ignore[call-overload]
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupError(f"{Path(arguments[0]).name} failed: {said[0] if said else 'it said nothing'}")


@contextmanager
def _snapshot() -> Iterator[str]:
    """One instant of the database that several readers share."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


@contextmanager
def dump_postgresql(target: Path) -> Iterator[None]:
    """Within the block `connection` sees exactly what the file holds."""
    tool = program("pg_dump")
    with _snapshot() as instant:
        options = (
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            f"--snapshot={instant}",
        )
        _run([tool, *options, f"--file={target}"])
        yield


# What the database holds of ours goes, and what was dumped comes, in one transaction. Numbers of transactions mean
# nothing in another cluster, so entries of the log get 0, and each cursor stands before the first entry that it had not
# passed: a reaction may hear an event twice (it is safe to repeat), never not at all.
CLEAR = """
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  LOOP EXECUTE 'DROP TABLE ' || one.name || ' CASCADE'; END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE 'DROP ROUTINE ' || one.name || ' CASCADE'; END LOOP;
END $$;
"""
RENUMBER = """
SET search_path TO {schema};
UPDATE kernel_cursor AS place SET txid = 0, seq = COALESCE(
  (SELECT min(entry.seq) - 1 FROM kernel_logentry AS entry WHERE (entry.txid, entry.seq) > (place.txid, place.seq)),
  (SELECT max(entry.seq) FROM kernel_logentry AS entry), 0);
ALTER TABLE kernel_logentry DISABLE TRIGGER USER;
UPDATE kernel_logentry SET txid = 0 WHERE txid <> 0;
ALTER TABLE kernel_logentry ENABLE TRIGGER USER;
"""


def restore_postgresql(file: Path, folder: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
    connections.close_all()
    script, before, after = folder / "script.sql", folder / "before.sql", folder / "after.sql"
    before.write_text(CLEAR)
    after.write_text(RENUMBER.format(schema=schema))
    options = ("--no-owner", "--no-privileges", "--no-comments", f"--file={script}")
    done = subprocess.run([program("pg_restore"), *options, str(file)], capture_output=True, check=False)
    if done.returncode:
        raise damaged(done.stderr.decode(errors="replace").strip())
    files = [f"--file={part}" for part in (before, script, after)]
    switches = ("--single-transaction", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
    _run([program("psql"), *switches, *files], stdout=subprocess.DEVNULL)
