import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext

from embudo.foundation.transfer import permissions
from embudo.foundation.transfer.events import ListExported
from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.foundation.transfer.rules import cells as rules
from embudo.kernel import money
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.money import Money

SHEET_ROWS = 1_048_575  # beside the heading
FORMATS = ("xlsx", "csv", "ods", "jsonl")


@command(permissions.EXPORT)
def record_export(actor: Actor, *, title: str, address: str, rows: int, format: str) -> None:  # noqa: A002 - its name for people
    """Writes to the log that a list leaves the product. Refused without the right to export."""
    publish(ListExported(title, address, rows, format))


def csv_lines(headings: Sequence[str], rows: Iterable[rules.Row]) -> Iterator[bytes]:
    """With a byte-order mark, so that spreadsheets read the letters right; in pieces of some hundred rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(headings)
    for number, row in enumerate(rows):
        writer.writerow([rules.as_text(value) for value in row])
        if number % 500 == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx_file(title: str, headings: Sequence[str], rows: Iterable[rules.Row]) -> IO[bytes]:
    """A workbook in a temporary file, written row by row in constant memory; more rows than a sheet holds go on the next."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": title})
    sheet = _Sheet(book, title, headings)
    for row in rows:
        sheet = sheet.with_room()
        sheet.add(row)
    book.close()
    file.seek(0)
    return file


def failed_rows_file(import_: Import) -> IO[bytes]:
    """The rows of an import that were not taken, cell by cell as they were, with the reason in the last column."""
    width = len(import_.headings)
    headings = [*import_.headings, gettext("What is wrong")]

    def rows() -> Iterator[rules.Row]:
        failures = ImportChunk.objects.filter(run=import_).exclude(failures=[]).order_by("number")
        for part in failures.values_list("failures", flat=True).iterator(chunk_size=20):
            for _number, cells, reason in part:
                kept = [str(cell)[: rules.LONGEST_CELL] for cell in cells[:width]]
                yield [*kept, *[""] * (width - len(kept)), reason]

    return xlsx_file(import_.name.rpartition(".")[0], headings, rows())


class _Sheet:
    def __init__(self, book: Any, title: str, headings: Sequence[str], number: int = 1) -> None:
        self.book, self.title, self.headings, self.number = book, title, headings, number
        self.formats: dict[str, Any] = {}
        self.sheet = book.add_worksheet(_sheet_name(title, number))
        self.sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        self.sheet.set_column(0, len(headings) - 1, 20)
        for column, heading in enumerate(headings):
            self.sheet.write_string(0, column, heading, bold)
        self.filled = 0

    def with_room(self) -> "_Sheet":
        if self.filled < SHEET_ROWS:
            return self
        return _Sheet(self.book, self.title, self.headings, self.number + 1)

    def add(self, row: rules.Row) -> None:
        self.filled += 1
        for column, value in enumerate(row):
            self._write(column, value)

    def _write(self, column: int, value: Any) -> None:
        place = (self.filled, column)
        if isinstance(value, Money):
            digits = "0" * money.exponent(value.currency)
            pattern = f'#,##0{"." + digits if digits else ""} "{value.currency}"'
            self.sheet.write_number(*place, float(value.major), self._format(pattern))
        elif isinstance(value, datetime):
            self.sheet.write_datetime(*place, value, self._format("yyyy-mm-dd hh:mm"))
        elif isinstance(value, date):
            self.sheet.write_datetime(*place, value, self._format("yyyy-mm-dd"))
        elif isinstance(value, bool):
            self.sheet.write_boolean(*place, value)
        elif isinstance(value, int | float | Decimal):
            self.sheet.write_number(*place, value)
        elif value != "":
            self.sheet.write_string(*place, str(value))

    def _format(self, pattern: str) -> Any:
        if pattern not in self.formats:
            self.formats[pattern] = self.book.add_format({"num_format": pattern})
        return self.formats[pattern]


def _sheet_name(title: str, number: int) -> str:
    """Spreadsheets refuse some signs and more than 31 letters."""
    clean = "".join(letter for letter in title if letter not in "[]:*?/\\'")[:26].strip() or "Embudo"
    return clean if number == 1 else f"{clean} {number}"
