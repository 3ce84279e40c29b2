"""OpenDocument and JSON lines, written row by row in constant memory."""

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from embudo.foundation.transfer.commands.workbook import SHEET_ROWS
from embudo.foundation.transfer.rules import cells
from embudo.kernel.money import Money

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{address}:1.0"'
    for name, address in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible"),
        ("number", "datastyle"),
    )
)  # fmt: skip
STYLES = """<office:automatic-styles>
<number:date-style style:name="day"><number:year number:style="long"/><number:text>-</number:text>\
<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
<number:date-style style:name="moment"><number:year number:style="long"/><number:text>-</number:text>\
<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/><number:text> </number:text>\
<number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/></number:date-style>
<style:style style:name="cd" style:family="table-cell" style:data-style-name="day"/>
<style:style style:name="cm" style:family="table-cell" style:data-style-name="moment"/>
<style:style style:name="ch" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>
</office:automatic-styles>"""
MANIFEST = f"""{HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""


def json_lines(headings: Sequence[str], rows: Iterable[cells.Row]) -> Iterator[bytes]:
    """One object a row; empty values are left out, of two columns with one heading the second is numbered."""
    names = unlike(headings)
    lines: list[str] = []
    for row in rows:
        values = {name: _json(value) for name, value in zip(names, row, strict=True) if value != ""}
        lines.append(json.dumps(values, ensure_ascii=False))
        if len(lines) >= 500:
            yield ("\n".join(lines) + "\n").encode()
            lines = []
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def unlike(headings: Sequence[str]) -> list[str]:
    names: list[str] = []
    for heading in headings:
        times = sum(name == heading or name.startswith(f"{heading} ") for name in names)
        names.append(f"{heading} {times + 1}" if heading in names else heading)
    return names


def _json(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Money | datetime | date):
        return cells.as_text(value)
    return str(value)


def ods_file(title: str, headings: Sequence[str], rows: Iterable[cells.Row]) -> IO[bytes]:
    """A workbook in a temporary file; more rows than a sheet holds go on the next."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr("mimetype", MIMETYPE, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as content:
            for piece in _content(title, headings, rows):
                content.write(piece.encode())
    file.seek(0)
    return file


def _content(title: str, headings: Sequence[str], rows: Iterable[cells.Row]) -> Iterator[str]:
    yield f'{HEAD}<office:document-content {NAMES} office:version="1.3">{STYLES}<office:body><office:spreadsheet>'
    filled, number = SHEET_ROWS, 0
    for row in rows:
        if filled >= SHEET_ROWS:
            yield "</table:table>" if number else ""
            filled, number = 0, number + 1
            yield _opened(title, headings, number)
        filled += 1
        yield f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"
    yield "</table:table>" if number else _opened(title, headings, 1) + "</table:table>"
    yield "</office:spreadsheet></office:body></office:document-content>"


def _opened(title: str, headings: Sequence[str], number: int) -> str:
    name = title if number == 1 else f"{title} {number}"
    cells_ = "".join(_text(heading, ' table:style-name="ch"') for heading in headings)
    return f"<table:table table:name={quoteattr(_sound(name))}><table:table-row>{cells_}</table:table-row>"


def _cell(value: Any) -> str:
    if value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        said = "true" if value else "false"
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{said}"/>'
    if isinstance(value, Money):
        money = (
            f'office:value-type="currency" office:currency="{value.currency}" office:value="{value.major}"'
        )
        return f"<table:table-cell {money}><text:p>{cells.as_text(value)}</text:p></table:table-cell>"
    if isinstance(value, datetime | date):
        style = "cm" if isinstance(value, datetime) else "cd"
        at = value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()
        shown = cells.as_text(value)
        return f'<table:table-cell table:style-name="{style}" office:value-type="date" office:date-value="{at}"><text:p>{shown}</text:p></table:table-cell>'
    if isinstance(value, int | float | Decimal):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    return _text(str(value))


def _text(text: str, style: str = "") -> str:
    paragraphs = "".join(f"<text:p>{_blanks(line)}</text:p>" for line in _sound(text).split("\n"))
    return f'<table:table-cell{style} office:value-type="string">{paragraphs}</table:table-cell>'


def _blanks(line: str) -> str:
    """Blanks in a row, and tabs, have elements of their own."""
    return escape(line).replace("  ", ' <text:s text:c="1"/>').replace("\t", "<text:tab/>")


def _sound(text: str) -> str:
    return cells.ILLEGAL.sub("", text).replace("\r", "")
