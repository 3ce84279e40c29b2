import argparse
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from embudo.kernel import clock
from embudo.project import archive, dumps, erasures
from embudo.project.archive import FORMAT, BackupError, Writer
from embudo.project.contents import migrations_in, row_counts, stored_models
from embudo.project.environment import env
from embudo.project.version import VERSION

SECRET, HEADS, FILES = "secret.key", "audit-heads.txt", "files"


def main_backup(options: argparse.Namespace) -> int:
    return _told(lambda: print(back_up(Path(options.file))))


def main_restore(options: argparse.Namespace) -> int:
    return _told(lambda: restore(Path(options.file), replace=options.replace))


def _told(act: Any) -> int:
    try:
        act()
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


# --- taking ----------------------------------------------------------------------------------------------------


def back_up(path: Path) -> str:
    """
    Database, files and secret in one file, while people work; returns what was written, in a sentence. The database comes
    first: every file that it names was there before it, so none can be missing.
    """
    started = perf_counter()
    path = path.resolve()
    with archive.workroom(path.parent) as room, archive.writing(path) as writer:
        dump = room / dumps.NAMES[connection.vendor]
        with _dumped(dump) as counts:
            manifest = _manifest(counts)
        writer.add(dump.name, dump, is_packed=connection.vendor == "postgresql")
        dump.unlink()
        files = _add_files(writer)
        writer.finish(manifest)
    size, seconds = path.stat().st_size / 1e6, perf_counter() - started
    return (
        f"Wrote {path}: {sum(counts.values()):,} rows of {len(counts)} tables and {files:,} files, "
        f"{size:,.1f} MB in {seconds:,.1f} s.\n{_warning()}"
    )


def _warning() -> str:
    if _is_secret_ours():
        return "It holds the secret key of this installation: keep it where only you can read it."
    return "The secret key comes from the environment and is not in the file: keep it with the backup."


@contextmanager
def _dumped(dump: Path) -> Iterator[dict[str, int]]:
    """The dump, and how many rows of each table are in it; `connection` reads the same instant within the block."""
    if connection.vendor == "sqlite":
        dumps.dump_sqlite(dump)
        yield dumps.count_sqlite(dump, [model._meta.db_table for model in stored_models()])
    else:
        with dumps.dump_postgresql(dump):
            yield row_counts()


def _manifest(counts: dict[str, int]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "product": "embudo",
        "version": VERSION,
        "vendor": connection.vendor,
        "made": clock.now().isoformat(),
        "secret": _fingerprint(settings.SECRET_KEY),
        "migrations": sorted(migrations_in()),
        "rows": counts,
    }


def _fingerprint(secret: str) -> str:
    """Tells one secret from another and gives none away."""
    return hmac.new(secret.encode(), b"which secret", hashlib.sha256).hexdigest()[:32]


def _is_secret_ours() -> bool:
    return not env("SECRET_KEY") and (Path(settings.DATA) / SECRET).exists()


def _add_files(writer: Writer) -> int:
    data = Path(settings.DATA)
    if _is_secret_ours():
        writer.add(SECRET, data / SECRET)
    if (data / HEADS).exists():
        writer.add(HEADS, data / HEADS)
    root, count = Path(settings.MEDIA_ROOT), 0
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                writer.add(f"{FILES}/{path.relative_to(root).as_posix()}", path)
            except FileNotFoundError:  # deleted this moment
                continue
            count += 1
    return count


# --- restoring -------------------------------------------------------------------------------------------------


def restore(path: Path, *, replace: bool = False) -> None:
    """
    Brings a backup into this installation, which must be empty unless `replace`. Everything is unpacked and compared before
    anything is changed. Raises BackupError.
    """
    started = perf_counter()
    data = Path(settings.DATA)
    with archive.reading(path.resolve()) as source:
        manifest = archive.manifest_of(source)
        _check_fits(manifest)
        _check_empty(manifest, replace=replace)
        erasures.remember()
        with archive.workroom(data) as room:
            _unpack(source, manifest, room)
            _put_in_place(manifest, room, data)
    rows, files = (
        sum(manifest["rows"].values()),
        sum(name.startswith(f"{FILES}/") for name in manifest["members"]),
    )
    print(
        f"Restored {rows:,} rows of {len(manifest['rows'])} tables and {files:,} files, made on {manifest['made'][:19]}Z."
    )
    _finish(manifest)
    print(f"Done in {perf_counter() - started:,.1f} s.")


def _check_fits(manifest: dict[str, Any]) -> None:
    vendor = manifest["vendor"]
    if vendor != connection.vendor:
        names = {"sqlite": "SQLite (unset DATABASE_URL)", "postgresql": "PostgreSQL (set DATABASE_URL)"}
        hint = " `embudo move-to-postgres` copies it afterwards." if vendor == "sqlite" else ""
        raise BackupError(
            f"The backup is of {names.get(vendor, vendor)}. Restore it to the same kind of database.{hint}"
        )
    unknown = set(manifest["migrations"]) - {
        f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations
    }
    if unknown:
        raise BackupError(
            f"The backup was made by a newer version of Embudo ({manifest['version']}; this is {VERSION}). "
            "Install that version, then restore."
        )
    if SECRET not in manifest["members"] or env("SECRET_KEY"):
        _check_secret(manifest)


def _check_secret(manifest: dict[str, Any]) -> None:
    if manifest["secret"] != _fingerprint(settings.SECRET_KEY):
        raise BackupError(
            "The backup belongs to another SECRET_KEY: without it the log and the sign-ins cannot be read. "
            "Set SECRET_KEY to that of the installation which was backed up."
        )


def _check_empty(manifest: dict[str, Any], *, replace: bool) -> None:
    tables = set(connection.introspection.table_names())
    ours = {model._meta.db_table for model in stored_models()} | set(manifest["rows"]) | {"django_migrations"}
    if connection.vendor == "postgresql" and tables - ours:
        raise BackupError(
            f"The database holds tables of another program ({min(tables - ours)}). Restore to a database of its own."
        )
    if not replace and (_has_people(tables) or _has_files()):
        raise BackupError(
            "There is an installation here already. Restore to an empty one, or add --replace to overwrite it."
        )


def _has_people(tables: set[str]) -> bool:
    if "access_user" not in tables:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM access_user LIMIT 1")
        return cursor.fetchone() is not None


def _has_files() -> bool:
    return any(path.is_file() for path in Path(settings.MEDIA_ROOT).rglob("*"))


def _unpack(source: zipfile.ZipFile, manifest: dict[str, Any], room: Path) -> None:
    archive.unpack(source, manifest, room)
    if connection.vendor == "sqlite":
        dumps.check_sqlite(room / dumps.NAMES["sqlite"], manifest["rows"])
        dumps.retire_sqlite()


def _put_in_place(manifest: dict[str, Any], room: Path, data: Path) -> None:
    if manifest["vendor"] == "sqlite":
        dumps.restore_sqlite(room / dumps.NAMES["sqlite"])
    else:
        dumps.restore_postgresql(room / dumps.NAMES["postgresql"], room)
    root = Path(settings.MEDIA_ROOT)
    if root.exists():
        shutil.move(root, room / "files-before")
    if (room / FILES).exists():
        (room / FILES).replace(root)
    for name in (SECRET, HEADS):
        if (room / name).exists():
            (room / name).replace(data / name)


def _finish(manifest: dict[str, Any]) -> None:
    """In a process of its own, for it needs the restored secret: newer migrations, then the check of the log's chain."""
    older = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations} - set(
        manifest["migrations"]
    )
    for words in ([["migrate"]] if older else []) + [["erasures", "apply"], ["audit", "verify"]]:
        done = subprocess.run(
            [sys.executable, "-m", "embudo", *words],
            env={**os.environ, "DATA": str(settings.DATA)}, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        print(done.stdout.strip())
        if done.returncode:
            raise BackupError(
                f"The backup is in place, but `embudo {' '.join(words)}` found fault with it (see above)."
            )
