"""A streaming reader of XLSX: one pass over the sheet, cell by cell; formulas and macros are never run."""

import math
import re
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from embudo.foundation.transfer.rules.readers import scan, zipped
from embudo.foundation.transfer.rules.readers.fault import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    FileFault,
    Row,
    Table,
)

BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
NOT_A_PATTERN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s|hh|mm|ss)[^\]]*\]', re.IGNORECASE)
LEAP_BUG = 60  # spreadsheets believe in 29 February 1900
LAST_DAY = 2_958_466
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(archive: zipfile.ZipFile, options: Mapping[str, Any]) -> Table:
    sheets, is_1904 = _sheets(archive)
    if not sheets:
        raise FileFault("no_sheet")
    chosen = min(max(int(options.get("sheet") or 0), 0), len(sheets) - 1)
    strings = _Strings(archive)
    dates = _date_styles(archive)
    sheet = _Sheet(strings, dates, is_1904=is_1904)
    told = {"sheets": [name for name, _path in sheets], "sheet": chosen}
    return Table("xlsx", sheet.rows(archive, sheets[chosen][1]), told)


def _sheets(archive: zipfile.ZipFile) -> tuple[list[tuple[str, str]], bool]:
    found: list[tuple[str, str, str]] = []
    is_1904 = False

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal is_1904
        tag, given = zipped.local(name), zipped.attributes(given)
        if tag == "sheet":
            found.append((given.get("name", "")[:60], given.get("id", ""), given.get("state", "visible")))
        elif tag == "workbookPr":
            is_1904 = given.get("date1904", "") in ("1", "true")

    parser = zipped.new_parser()
    parser.StartElementHandler = start
    zipped.parse(archive, "xl/workbook.xml", parser)
    targets = _targets(archive)
    known = set(archive.namelist())
    listed = [(name, targets.get(relation, ""), state) for name, relation, state in found]
    present = [(name, path, state) for name, path, state in listed if path in known]
    visible = [one for one in present if one[2] == "visible"] or present
    return [(name, path) for name, path, _state in visible], is_1904


def _targets(archive: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if zipped.local(name) == "Relationship" and given.get("Type", "").endswith("/worksheet"):
            path = given.get("Target", "")
            targets[given.get("Id", "")] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"

    parser = zipped.new_parser()
    parser.StartElementHandler = start
    zipped.parse(archive, "xl/_rels/workbook.xml.rels", parser)
    return targets


class _Strings:
    """The shared texts, packed: a million of them as objects would take four times the memory."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.bytes, self.ends = bytearray(), array("Q")
        self.parts: list[str] = []
        self.in_text = self.in_phonetic = False
        if "xl/sharedStrings.xml" not in archive.namelist():
            return
        try:
            self._scan(archive)
        except scan.Unusual:
            self.bytes, self.ends = bytearray(), array("Q")
            parser = zipped.new_parser()
            parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
            parser.CharacterDataHandler = self._text
            zipped.parse(archive, "xl/sharedStrings.xml", parser, most=zipped.MOST_UNPACKED)

    def _scan(self, archive: zipfile.ZipFile) -> None:
        for part in scan.parts(archive, "xl/sharedStrings.xml", b"<sst", "</si>"):
            raw = scan.string_of(part)
            if raw is None:
                raise scan.Unusual  # an empty <si/>, perhaps
            self.bytes += scan.decoded(raw)[:LONGEST_CELL].encode("utf-8", "replace")
            self.ends.append(len(self.bytes))

    def _start(self, name: str, _given: dict[str, str]) -> None:
        tag = name if ":" not in name else zipped.local(name)
        if tag == "t":
            self.in_text = not self.in_phonetic
        elif tag == "si":
            self.parts = []
        elif tag == "rPh":
            self.in_phonetic = True

    def _end(self, name: str) -> None:
        tag = name if ":" not in name else zipped.local(name)
        if tag == "t":
            self.in_text = False
        elif tag == "rPh":
            self.in_phonetic = False
        elif tag == "si":
            self.bytes += "".join(self.parts)[:LONGEST_CELL].encode("utf-8", "replace")
            self.ends.append(len(self.bytes))

    def _text(self, text: str) -> None:
        if self.in_text:
            self.parts.append(text)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self.ends):
            return ""
        start = self.ends[number - 1] if number else 0
        return self.bytes[start : self.ends[number]].decode("utf-8", "replace")


def _date_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of the cell styles that show a day or a time."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    patterns: dict[str, bool] = {str(number): True for number in BUILT_IN_DATES}
    formats: list[str] = []
    inside = [False]

    def start(name: str, given: dict[str, str]) -> None:
        tag = zipped.local(name)
        if tag == "numFmt":
            patterns[given.get("numFmtId", "")] = is_date_pattern(given.get("formatCode", ""))
        elif tag == "cellXfs":
            inside[0] = True
        elif tag == "xf" and inside[0]:
            formats.append(given.get("numFmtId", "0"))

    def end(name: str) -> None:
        if zipped.local(name) == "cellXfs":
            inside[0] = False

    parser = zipped.new_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    zipped.parse(archive, "xl/styles.xml", parser)
    return frozenset(str(number) for number, one in enumerate(formats) if patterns.get(one, False))


def is_date_pattern(pattern: str) -> bool:
    first = NOT_A_PATTERN.sub("", pattern).partition(";")[0].lower()
    return first != "general" and any(letter in first for letter in "ymdhs")


def column_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def unescaped(text: str) -> str:
    """Signs that XML can't hold stand as _x000D_; an underscore that would look so as _x005F_."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Sheet:
    def __init__(self, strings: _Strings, dates: frozenset[str], *, is_1904: bool) -> None:
        self.strings, self.dates = strings, dates
        self.epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - sheets know no zones
        self.is_1904 = is_1904
        self.ready: list[Row] = []
        self.cells: list[Any] = []
        self.number = self.column = 0
        self.kind = self.style = ""
        self.value: list[str] = []
        self.is_value = self.is_data = False
        self.columns: dict[str, int] = {}
        self.attributes: dict[str, tuple[str, str]] = {}
        self.plain: set[str] = set()  # attributes of cells that hold plain numbers

    def rows(self, archive: zipfile.ZipFile, path: str) -> Iterator[Row]:
        done = 0
        try:
            for row in self._scanned(archive, path):
                done += 1
                yield row
        except scan.Unusual:
            self.number = 0
            yield from islice(self._parsed(archive, path), done, None)

    def _scanned(self, archive: zipfile.ZipFile, path: str) -> Iterator[Row]:
        columns, plain = self.columns, self.plain
        find = scan.CELL.findall
        for part in scan.parts(archive, path, b"<sheetData", "</row>"):
            start = part.rfind("<row")
            if start < 0:
                raise scan.Unusual
            head = part.find(">", start)
            self._open_row(scan.ROW_NUMBER.search(part, start, head))
            cells, column = self.cells, -1
            for letters, others, text, value, inner in find(part, head):
                column = columns[letters] if letters in columns else self._column(letters, column)
                if text:
                    found = text
                elif value:
                    found = value if others in plain and "." not in value else self._told(others, value)
                elif inner:
                    found = self._inner(others, inner)
                else:
                    continue
                if "&" in found or "_x" in found:
                    found = unescaped(scan.decoded(found))
                if len(cells) == column and found and len(found) <= LONGEST_CELL and column < MOST_COLUMNS:
                    cells.append(found)
                else:
                    self._place(column, found)
            if cells:
                yield [self.number, *cells]

    def _open_row(self, told: "re.Match[str] | None") -> None:
        self.number = int(told[1]) if told else self.number + 1
        if self.number > MOST_ROWS:
            raise FileFault("rows", most=MOST_ROWS)
        self.cells, self.column = [], -1

    def _column(self, letters: str, before: int) -> int:
        """Cells may leave out where they stand: then they follow the one before."""
        if not letters:
            return before + 1
        return self.columns.setdefault(letters, column_of(letters))

    def _attributes(self, others: str) -> tuple[str, str]:
        known = self.attributes.get(others)
        if known is None:
            named = dict(scan.ATTRIBUTE.findall(others))
            if "r" in named:
                raise scan.Unusual
            known = self.attributes[others] = (named.get("t", ""), named.get("s", ""))
            if known[0] in {"", "n"} and known[1] not in self.dates:
                self.plain.add(others)
        return known

    def _told(self, others: str, value: str) -> str:
        kind, style = self._attributes(others)
        return self._meant(scan.decoded(value), kind, style)

    def _inner(self, others: str, inner: str) -> str:
        kind, style = self._attributes(others)
        raw = "".join((scan.TEXT if kind == "inlineStr" else scan.VALUE).findall(inner))
        return self._meant(scan.decoded(raw), kind, style) if kind != "inlineStr" else raw

    def _parsed(self, archive: zipfile.ZipFile, path: str) -> Iterator[Row]:
        parser = zipped.new_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        for piece in zipped.pieces(archive, path, zipped.MOST_UNPACKED):
            zipped.feed(parser, piece)
            yield from self.ready
            self.ready.clear()
        zipped.feed(parser, b"", final=True)
        yield from self.ready

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name if ":" not in name else zipped.local(name)
        if tag == "c":
            self._open_cell(given)
        elif tag in {"v", "t"}:
            self.is_value = True
        elif tag == "row":
            told = given.get("r", "")
            self.number = int(told) if told.isdecimal() and len(told) < 8 else self.number + 1
            if self.number > MOST_ROWS:
                raise FileFault("rows", most=MOST_ROWS)
            self.cells, self.column = [], -1

    def _open_cell(self, given: dict[str, str]) -> None:
        place = given.get("r", "")
        if place:
            letters = place.rstrip("0123456789")
            is_sound = letters.isascii() and letters.isalpha() and letters.isupper() and len(letters) < 4
            self.column = self._column(letters, self.column) if is_sound else self.column + 1
        else:
            self.column += 1
        self.kind, self.style = given.get("t", ""), given.get("s", "")
        self.value = []

    def _text(self, text: str) -> None:
        if self.is_value:
            self.value.append(text)

    def _end(self, name: str) -> None:
        tag = name if ":" not in name else zipped.local(name)
        if tag in {"v", "t"}:
            self.is_value = False
        elif tag == "c":
            if self.value:
                self._place(self.column, unescaped(self._meant("".join(self.value), self.kind, self.style)))
        elif tag == "row" and self.cells:
            self.ready.append([self.number, *self.cells])

    def _meant(self, text: str, kind: str, style: str) -> str:
        if kind == "s":
            return self.strings[int(text)] if text.strip().isdecimal() and len(text) < 9 else ""
        if kind in {"", "n"}:
            return self._number(text, style)
        if kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        return text.strip() if kind == "d" else text

    def _place(self, column: int, text: str) -> None:
        if not text:
            return
        if column >= MOST_COLUMNS:
            raise FileFault("columns", row=self.number, most=MOST_COLUMNS)
        if len(text) > LONGEST_CELL:
            raise FileFault("long_cell", row=self.number, most=LONGEST_CELL)
        cells = self.cells
        if len(cells) <= column:
            cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text

    def _number(self, text: str, style: str) -> str:
        if style in self.dates:
            return self._day(text)
        if "." in text or "E" in text or "e" in text:
            try:
                return tidy_number(float(text))
            except (ValueError, OverflowError):
                return text
        return text.strip()

    def _day(self, text: str) -> str:
        try:
            serial = float(text)
        except ValueError:
            return text
        if not 0 <= serial < LAST_DAY:
            return tidy_number(serial)
        if not self.is_1904 and serial < LEAP_BUG:
            serial += 1
        try:
            moment = self.epoch + timedelta(seconds=round(serial * 86_400))
        except OverflowError:
            return tidy_number(serial)
        if serial < 1 or (not self.is_1904 and serial < 2 and float(text) < 1):
            return moment.strftime("%H:%M:%S")
        return (
            moment.date().isoformat()
            if moment.time() == moment.min.time()
            else moment.isoformat(" ", "seconds")
        )


def tidy_number(value: float) -> str:
    """As people write it: 12 and not 12.0, 0.3 and not 0.30000000000000004."""
    if not math.isfinite(value):
        return ""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")
