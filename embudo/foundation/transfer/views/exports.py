from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer import permissions
from embudo.foundation.transfer.commands import exports as commands
from embudo.foundation.transfer.commands.plain_exports import json_lines, ods_file
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.foundation.transfer.queries.reading import reading
from embudo.foundation.transfer.rules import cells as rules
from embudo.foundation.ui.pages.lists import ListPage
from embudo.foundation.ui.parts import Column
from embudo.foundation.ui.table import value_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid

CHUNK = 2000
ODS = "application/vnd.oasis.opendocument.spreadsheet"
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ListExporter:
    """Fills the slot of ui's lists: what one sees, with its filters and its order, as a file."""

    permission = permissions.EXPORT
    workbook = staticmethod(xlsx_file)  # for other modules' tables
    formats = (
        ("xlsx", "Excel (XLSX)"),
        ("csv", "CSV"),
        ("ods", "OpenDocument (ODS)"),
        ("jsonl", _("JSON lines")),
    )

    def read(self, file: IO[bytes], most: int) -> list[list[Any]]:
        """The rows of an uploaded table, each with its number in front. Refuses (Invalid) what can't be read."""
        with reading(file, {}) as found:
            rows = list(islice(found.rows, most))
        return [[row[0], *(rules.undefused(str(cell)).strip() for cell in row[1:])] for row in rows]

    def table(
        self, actor: Actor, title: str, address: str, headings: Sequence[str], rows: Sequence[rules.Row]
    ) -> FileResponse:
        """Another module's table as a workbook; it stands in the log like every export."""
        commands.record_export(actor, title=title, address=address, rows=len(rows), format="xlsx")
        file = xlsx_file(title, headings, rows)
        name = f"{slugify(title) or 'list'}-{clock.today().isoformat()}.xlsx"
        return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)

    def respond(self, page: ListPage, found: QuerySet[Any], format: str) -> HttpResponseBase:  # noqa: A002 - as in the address
        """The file. Refuses (Invalid) formats there are not; every export stands in the log."""
        if format not in commands.FORMATS:
            raise Invalid({"export": [_("Choose XLSX, CSV, ODS or JSON lines.")]})
        title = str(page.get_title())
        commands.record_export(
            page.actor, title=title, address=page.url(), rows=found.order_by().count(), format=format
        )
        headings = [str(column.label) for column in page.columns]
        name = f"{slugify(title) or 'list'}-{clock.today().isoformat()}.{format}"
        rows = self._rows(page, found)
        if format == "xlsx":
            file = xlsx_file(title, headings, rows)
            return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
        if format == "ods":
            file = ods_file(title, headings, rows)
            return FileResponse(file, as_attachment=True, filename=name, content_type=ODS)
        lines = commands.csv_lines(headings, rows) if format == "csv" else json_lines(headings, rows)
        answer = StreamingHttpResponse(lines, content_type=TYPES[format])
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _rows(self, page: ListPage, found: QuerySet[Any]) -> Iterator[rules.Row]:
        zone = ZoneInfo(page.actor.time_zone)
        readers = [(_reader(column, page), column.kind) for column in page.columns]
        ordered = page.ordered(found)
        rows = (ordered.values("pk", *page.fields) if page.fields else ordered).iterator(chunk_size=CHUNK)
        while some := list(islice(rows, CHUNK)):
            page.prepare(some)
            columns = [
                rules.exported_column([read(row) for row in some], kind, zone) for read, kind in readers
            ]
            yield from zip(*columns, strict=True)


def _reader(column: Column, page: ListPage) -> Callable[[Any], Any]:
    is_held = page.fields and column.key in page.fields and not column.value and not column.cell
    return itemgetter(column.key) if is_held else value_of(column)
