import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from django.utils.translation import gettext

from embudo.foundation.transfer import permissions
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.foundation.transfer.events import ListExported
from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.foundation.transfer.rules import cells as rules
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.event import publish

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
