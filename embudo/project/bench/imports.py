"""What comes in as a file: 100,000 rows of 20 columns as XLSX, checked, compared with what is known, and written."""

import csv
import io
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import xlsxwriter
from django.core.files.base import File
from django.db import connection

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.transfer import commands, queries
from embudo.foundation.transfer.models import Import
from embudo.kernel import job, worker
from embudo.kernel.follow import follow
from embudo.project.bench.apart import apart, own_memory
from embudo.project.bench.figures import Control, Row

ROWS = 100_000
MAPPED = 256  # MB of its file that SQLite maps at most (project/database.py): the system's cache, as PostgreSQL's is its own
RAW = 150_000.0  # rows a second by csv and executemany on an idle machine
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
HEADINGS = (
    "Nazwa firmy", "E-mail", "Telefon", "Komórka", "WWW", "Ulica", "Numer", "Kod pocztowy", "Miasto", "Województwo", "Kraj",
    "Branża", "Zatrudnienie", "Rok założenia", "Klient", "Uwagi", "KRS", "Umowa z dnia", "Obrót", "Symbol",
)  # fmt: skip
TOWNS = ("Gdańsk", "Łódź", "Kraków", "Poznań", "Sopot")


def row(n: int) -> list[Any]:
    return [
        f"Przedsiębiorstwo {n:06} Sp. z o.o.", f"biuro{n}@import{n}.example.com", f"+48 58 {n % 1000:03} {n // 1000 % 100:02} {n % 100:02}",
        f"+48 600 {n // 1000 % 1000:03} {n % 1000:03}", f"www.import{n}.example.com", f"Długa {n % 99}", str(n % 50 + 1),
        f"{n % 90 + 10:02}-{n % 1000:03}", TOWNS[n % 5], "pomorskie", "Polska", "IT", n % 500, 1950 + n % 70, "tak" if n % 2 else "nie",
        f"Uwaga numer {n}", f"{n:010}", date(2020, 1, 1) + timedelta(days=n % 900), n * 1.25, f"R-{n:06}",
    ]  # fmt: skip


def workbook(path: Path, count: int) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
    sheet, day = book.add_worksheet("Firmy"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADINGS)
    for number in range(count):
        for column, value in enumerate(row(number)):
            sheet.write(number + 1, column, value, day if isinstance(value, date) else None)
    book.close()


def raw_rate(count: int, folder: Path) -> float:
    """The control: the same rows as CSV, read and put into a bare SQLite table."""
    text = io.StringIO()
    csv.writer(text).writerows([str(value) for value in row(number)] for number in range(count))
    text.seek(0)
    started = perf_counter()
    with sqlite3.connect(folder / "raw.sqlite3") as bare:
        bare.execute(f"CREATE TABLE rows ({', '.join(f'c{n} TEXT' for n in range(20))})")
        bare.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * 20)})", csv.reader(text))  # noqa: S608 - marks only
    return count / (perf_counter() - started)


def started(actor: Any, path: Path) -> Import:
    with path.open("rb") as file:
        found = commands.start_import(
            actor, kind="directory.company", name=path.name, file=File(file, path.name)
        )
    head = queries.head(found, {})
    return commands.match_columns(
        actor,
        found,
        mapping=queries.guessed_mapping(actor, found, head),
        rule={},
        reading={**head.told_reading(), "heading_row": head.heading_row},
        headings=head.headings,
    )


def work() -> None:
    """The jobs that are due, and those that follow from them."""
    while (due := job.claim("bench", worker.LEASE)) is not None:
        worker.execute(due)


def run(actor: Any, path: Path) -> tuple[Import, float, float]:
    """The import, and the seconds that checking and writing took."""
    begun = perf_counter()
    found = started(actor, path)
    work()
    found.refresh_from_db()
    checked = perf_counter()
    found = commands.run_import(actor, found)
    work()
    found.refresh_from_db()
    return found, checked - begun, perf_counter() - checked


def followed() -> float:
    """Seconds until the search box and the keys of duplicates know the new records."""
    begun = perf_counter()
    while follow():
        pass
    return perf_counter() - begun


def measured(path: str) -> dict[str, float]:
    """In a process of its own, as the worker is one: the file twice, and what follows from the first time."""
    actor = actor_of(User.objects.get(email="admin@example.com"), origin="cli")
    before = own_memory()
    first, checking, writing = run(actor, Path(path))
    following = followed()
    grown = own_memory() - before
    again, rechecking, rewriting = run(actor, Path(path))
    return {
        "checking": checking, "writing": writing, "following": following, "again": rechecking + rewriting, "grown": grown,
        "created": first.created_count, "changed": again.created_count + again.updated_count,
    }  # fmt: skip


def imports() -> list[Row]:
    name = NAMES[connection.vendor]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "companies.xlsx"
        workbook(path, ROWS)
        told, most = apart(measured, str(path))
        control = Control(
            "csv into bare SQLite, rows a second", raw_rate(ROWS, Path(folder)), RAW, is_rate=True
        )
    checking, writing = told["checking"], told["writing"]
    return [
        Row(f"import on {name}, check and write", ROWS / (checking + writing), "rows/s", 2000, control, is_rate=True),
        Row(f"import on {name}, of that the check", ROWS / checking, "rows/s", 4000, control, is_rate=True),
        Row(f"import on {name}, the same file again", ROWS / told["again"], "rows/s", 2000, control, is_rate=True),
        Row(f"import on {name}, what follows in the background", ROWS / told["following"], "rows/s", 1000, control, is_rate=True),
        Row(f"import on {name}: rows not created", ROWS - told["created"], "", 0),
        Row(f"import on {name}: changed by the same file", told["changed"], "", 0),
        Row("import: memory of the worker and its reader", most.own, "MB", 350),
        Row("import: with the files that they map, SQLite's too", most.whole, "MB", 350 + MAPPED),
        Row("import: growth of the worker", told["grown"], "MB", 100),
    ]  # fmt: skip


BENCHES: dict[str, Callable[[], list[Row]]] = {"import": imports}
