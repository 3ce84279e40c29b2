"""XLSX, written block by block in constant memory: a column of a block at a time, for a call a cell would cost most of the time."""

import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from math import isfinite
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from embudo.foundation.transfer.rules import cells as rules
from embudo.kernel import money
from embudo.kernel.money import Money

SHEET_ROWS = 1_048_575  # beside the heading
BLOCK = 500
QUICK = 1  # of zlib's levels: four fifths of the saving for a third of the time
BOLD = 1
FIRST_DAY = date(1900, 3, 1)  # spreadsheets believe in 29 February 1900: earlier days are written as text
DAY_ZERO = date(1899, 12, 30)
PARTED = "\x7f"
# What a text may not hold as it is: signs of XML, control characters, Excel's own escapes, blanks at its ends.
SPECIAL = re.compile(
    "[&<>\x00-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_|^ | $|  |\x7f | \x7f", re.ASCII
)
UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
EXCEL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx_file(title: str, headings: Sequence[str], rows: Iterable[rules.Row]) -> IO[bytes]:
    """A workbook in a temporary file; more rows than a sheet holds go on the next."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    styles = _Styles()
    cells = _Cells(len(headings), styles)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK) as archive:
        sheets = 0
        for content in _sheets(cells, headings, iter(rows)):
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as part:
                for piece in content:
                    part.write(piece.encode())
        for name, text in _other_parts(title, sheets, styles):
            archive.writestr(name, XML + text)
    file.seek(0)
    return file


def _sheets(cells: "_Cells", headings: Sequence[str], rows: Iterator[rules.Row]) -> Iterator[Iterator[str]]:
    """The content of each sheet; the first is there even without rows."""
    yield _sheet(cells, headings, islice(rows, SHEET_ROWS))
    for row in rows:
        yield _sheet(cells, headings, chain([row], islice(rows, SHEET_ROWS - 1)))


def _sheet(cells: "_Cells", headings: Sequence[str], rows: Iterator[rules.Row]) -> Iterator[str]:
    width = max(len(headings), 1)
    yield (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
        f' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{width}" width="20"'
        f' customWidth="1"/></cols><sheetData>{cells.headings(headings)}'
    )
    first = 2
    while block := list(islice(rows, BLOCK)):
        yield cells.block(first, block)
        first += len(block)
    yield "</sheetData></worksheet>"


class _Styles:
    """Number formats by their number; they are told at the end of the file."""

    def __init__(self) -> None:
        self.patterns: dict[str, int] = {}

    def number(self, pattern: str) -> int:
        return self.patterns.setdefault(pattern, BOLD + 1 + len(self.patterns))

    def told(self) -> str:
        count = len(self.patterns)
        formats = "".join(
            f'<numFmt numFmtId="{163 + number}" formatCode={quoteattr(pattern)}/>'
            for pattern, number in self.patterns.items()
        )
        used = "".join(
            f'<xf numFmtId="{163 + number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for number in self.patterns.values()
        )
        font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
        return (
            f'<styleSheet xmlns="{MAIN}">{f"<numFmts count={quoteattr(str(count))}>{formats}</numFmts>" if count else ""}'
            f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{count + 2}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
            f'<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>{used}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )


class _Cells:
    """Rows as XML."""

    def __init__(self, width: int, styles: _Styles) -> None:
        self.styles = styles
        self.letters = [_letters(column) for column in range(width)]
        self.writers: dict[type, Callable[[str, Any], str]] = {
            str: self._text,
            int: lambda place, value: f'<c r="{place}"><v>{value}</v></c>',
            bool: lambda place, value: f'<c r="{place}" t="b"><v>{int(value)}</v></c>',
            float: self._fraction,
            Decimal: lambda place, value: f'<c r="{place}"><v>{value:f}</v></c>',
            date: self._day,
            datetime: self._moment,
            Money: self._money,
            type(None): lambda _place, _value: "",
        }

    def headings(self, headings: Sequence[str]) -> str:
        named = [
            f'<c r="{letters}1" s="{BOLD}" t="inlineStr"><is><t xml:space="preserve">{_sound(heading)}</t></is></c>'
            for letters, heading in zip(self.letters, headings, strict=True)
        ]
        return f'<row r="1">{"".join(named)}</row>'

    def block(self, first: int, rows: Sequence[rules.Row]) -> str:
        numbers = range(first, first + len(rows))
        columns = [
            self._column(letters, numbers, values)
            for letters, values in zip(self.letters, zip(*rows, strict=True), strict=True)
        ]
        cells = zip(*columns, strict=True) if columns else ((),) * len(rows)
        return "".join(
            [f'<row r="{number}">{"".join(row)}</row>' for number, row in zip(numbers, cells, strict=True)]
        )

    def _column(self, letters: str, numbers: range, values: Sequence[Any]) -> list[str]:
        if set(map(type, values)) == {str} and not SPECIAL.search(PARTED.join(values)):
            return [
                f'<c r="{letters}{number}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""
                for number, value in zip(numbers, values, strict=True)
            ]
        writers, other = self.writers, self._other
        return [
            writers.get(type(value), other)(f"{letters}{number}", value)
            for number, value in zip(numbers, values, strict=True)
        ]

    def _other(self, place: str, value: Any) -> str:
        for kind in (bool, int, float, Decimal, datetime, date):
            if isinstance(value, kind):
                return self.writers[kind](place, value)
        return self._text(place, str(value))

    def _text(self, place: str, value: str) -> str:
        if not value:
            return ""
        sound = value if not SPECIAL.search(value) else _sound(value)
        kept = ' xml:space="preserve"' if sound is not value else ""
        return f'<c r="{place}" t="inlineStr"><is><t{kept}>{sound}</t></is></c>'

    def _fraction(self, place: str, value: float) -> str:
        return f'<c r="{place}"><v>{value!r}</v></c>' if isfinite(value) else ""

    def _day(self, place: str, value: date) -> str:
        if value < FIRST_DAY:
            return self._text(place, value.isoformat())
        style = self.styles.number("yyyy-mm-dd")
        return f'<c r="{place}" s="{style}"><v>{(value - DAY_ZERO).days}</v></c>'

    def _moment(self, place: str, value: datetime) -> str:
        if value.date() < FIRST_DAY:
            return self._text(place, value.isoformat(" ", "seconds"))
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        serial = (value.date() - DAY_ZERO).days + seconds / 86_400
        return f'<c r="{place}" s="{self.styles.number("yyyy-mm-dd hh:mm")}"><v>{serial:.10f}</v></c>'

    def _money(self, place: str, value: Money) -> str:
        digits = "0" * money.exponent(value.currency)
        pattern = f'#,##0{"." + digits if digits else ""} "{value.currency}"'
        return f'<c r="{place}" s="{self.styles.number(pattern)}"><v>{value.major:f}</v></c>'


def _sound(text: str) -> str:
    """Without what XML can't hold; an underscore that Excel would take for an escape of its own is escaped."""
    return EXCEL_ESCAPE.sub("_x005F_", escape(UNSOUND.sub("", text)))


def _letters(column: int) -> str:
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _sheet_name(title: str, number: int) -> str:
    """Spreadsheets refuse some signs and more than 31 letters."""
    clean = "".join(letter for letter in UNSOUND.sub("", title) if letter not in "[]:*?/\\'\t\n\r")
    name = clean[:26].strip() or "Embudo"
    return name if number == 1 else f"{name} {number}"


def _other_parts(title: str, sheets: int, styles: _Styles) -> Iterator[tuple[str, str]]:
    numbers = range(1, sheets + 1)
    core, schemas = f"{PACKAGE}/metadata/core-properties", f"{PACKAGE}/relationships"
    yield "xl/styles.xml", styles.told()
    listed = "".join(
        f'<sheet name={quoteattr(_sheet_name(title, n))} sheetId="{n}" r:id="rId{n}"/>' for n in numbers
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
    )
    leads = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        (
            f'<Relationships xmlns="{schemas}">{leads}<Relationship Id="rId{sheets + 1}" Type="{OFFICE}/styles"'
            ' Target="styles.xml"/></Relationships>'
        ),
    )
    yield (
        "docProps/core.xml",
        (
            f'<cp:coreProperties xmlns:cp="{core}" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<dc:title>{_sound(title)}</dc:title></cp:coreProperties>"
        ),
    )
    yield (
        "_rels/.rels",
        (
            f'<Relationships xmlns="{schemas}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            f'<Relationship Id="rId2" Type="{schemas}/metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
        ),
    )
    yield "[Content_Types].xml", _content_types(numbers)


def _content_types(numbers: range) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{sheets}'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )
