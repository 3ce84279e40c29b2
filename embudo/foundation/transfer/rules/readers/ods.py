"""A streaming reader of OpenDocument spreadsheets."""

import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from embudo.foundation.transfer.rules.readers import zipped
from embudo.foundation.transfer.rules.readers.fault import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    FileFault,
    Row,
    Table,
)
from embudo.foundation.transfer.rules.readers.xlsx import tidy_number

SIGNS = {"text:s": " ", "text:tab": "\t", "text:line-break": "\n"}
MOST_REPEATED = 10_000  # rows with content, said once and meant many times


def read(archive: zipfile.ZipFile, options: Mapping[str, Any]) -> Table:
    if "META-INF/manifest.xml" in archive.namelist() and _is_encrypted(archive):
        raise FileFault("password")
    names = _sheet_names(archive)
    if not names:
        raise FileFault("no_sheet")
    chosen = min(max(int(options.get("sheet") or 0), 0), len(names) - 1)
    return Table("ods", _Content(chosen).rows(archive), {"sheets": names, "sheet": chosen})


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    found = []

    def start(name: str, _given: dict[str, str]) -> None:
        if zipped.local(name) == "encryption-data":
            found.append(name)

    parser = zipped.new_parser()
    parser.StartDoctypeDeclHandler = None  # old manifests name their document type; nothing of it is fetched
    parser.EntityDeclHandler = zipped.refuse_doctype
    parser.StartElementHandler = start
    zipped.parse(archive, "META-INF/manifest.xml", parser)
    return bool(found)


def _sheet_names(archive: zipfile.ZipFile) -> list[str]:
    names: list[str] = []

    def start(name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            names.append(given.get("table:name", "")[:60])

    parser = zipped.new_parser()
    parser.StartElementHandler = start
    zipped.parse(archive, "content.xml", parser, most=zipped.MOST_UNPACKED, stop=lambda: len(names) > 200)
    return names


class _Content:
    def __init__(self, chosen: int) -> None:
        self.chosen, self.sheet = chosen, -1
        self.depth = 0  # of tables: one may stand in a cell of another
        self.number = self.repeated_rows = self.repeated = 0
        self.ready: list[Row] = []
        self.cells: list[Any] = []
        self.given: dict[str, str] | None = None
        self.text: list[str] = []
        self.paragraphs = self.in_note = 0
        self.is_text = False

    def rows(self, archive: zipfile.ZipFile) -> Iterator[Row]:
        parser = zipped.new_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        for piece in zipped.pieces(archive, "content.xml", zipped.MOST_UNPACKED):
            zipped.feed(parser, piece)
            yield from self.ready
            self.ready.clear()
        zipped.feed(parser, b"", final=True)
        yield from self.ready

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self.depth += 1
            self.sheet += self.depth == 1
        elif self.sheet != self.chosen or self.depth != 1:
            return
        elif name == "table:table-row":
            self.cells, self.repeated_rows = [], _count(given, "table:number-rows-repeated")
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self.given, self.text, self.paragraphs = given, [], 0
            self.repeated = _count(given, "table:number-columns-repeated")
        elif name == "office:annotation":
            self.in_note += 1
        elif name in {"text:p", "text:h"} and not self.in_note:
            self.is_text = True
            if self.paragraphs:
                self.text.append("\n")
            self.paragraphs += 1
        elif name in SIGNS:
            self.text.append(SIGNS[name] * min(_count(given, "text:c"), 100))

    def _characters(self, text: str) -> None:
        if self.is_text and not self.in_note and self.given is not None:
            self.text.append(text)

    def _end(self, name: str) -> None:
        if name == "table:table":
            self.depth -= 1
        elif self.sheet != self.chosen or self.depth != 1:
            return
        elif name in {"text:p", "text:h"}:
            self.is_text = self.is_text and bool(self.in_note)
        elif name == "office:annotation":
            self.in_note -= 1
        elif name in {"table:table-cell", "table:covered-table-cell"} and self.given is not None:
            self._close_cell(self.given)
            self.given = None
        elif name == "table:table-row":
            self._close_row()

    def _close_cell(self, given: dict[str, str]) -> None:
        text = _value(given, "".join(self.text))
        if len(text) > LONGEST_CELL:
            raise FileFault("long_cell", row=self.number + 1, most=LONGEST_CELL)
        times = self.repeated
        if not text:
            self.cells.extend([""] * min(times, MOST_COLUMNS + 1))
        elif len(self.cells) + times > MOST_COLUMNS:
            raise FileFault("columns", row=self.number + 1, most=MOST_COLUMNS)
        else:
            self.cells.extend([text] * times)
        del self.cells[4 * MOST_COLUMNS :]

    def _close_row(self) -> None:
        while self.cells and not self.cells[-1]:
            self.cells.pop()
        if self.cells:
            if self.repeated_rows > MOST_REPEATED or self.number + self.repeated_rows > MOST_ROWS:
                raise FileFault("rows", most=MOST_ROWS)
            for further in range(self.repeated_rows):
                self.ready.append([self.number + 1 + further, *self.cells])
        self.number += self.repeated_rows


def _count(given: dict[str, str], name: str) -> int:
    told = given.get(name, "1")
    return max(1, int(told)) if told.isascii() and told.isdecimal() and len(told) < 19 else 1


def _value(given: dict[str, str], shown: str) -> str:
    kind = given.get("office:value-type") or given.get("calcext:value-type") or ""
    if kind in {"float", "percentage", "currency"}:
        try:
            return tidy_number(float(given.get("office:value", "")))
        except (ValueError, OverflowError):
            return shown
    if kind == "date":
        day, _t, time = given.get("office:date-value", shown).partition("T")
        return day if time[:8] in {"", "00:00:00"} else f"{day} {time[:8]}"
    if kind == "boolean":
        return "TRUE" if given.get("office:boolean-value") == "true" else "FALSE"
    return shown or given.get("office:string-value", "")
