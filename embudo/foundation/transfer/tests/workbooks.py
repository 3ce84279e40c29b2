"""Workbooks made by hand, so that every part of them can be bent."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
WORKBOOK = f'{HEAD}<workbook {MAIN}><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
RELATIONS = (
    f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{RELATION}" Target="worksheets/sheet1.xml"/></Relationships>'
)
STYLES = (
    f'{HEAD}<styleSheet {MAIN}><numFmts><numFmt numFmtId="165" formatCode="dd\\.mm\\.yyyy&quot; r.&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="165"/><xf numFmtId="4"/><xf numFmtId="20"/></cellXfs></styleSheet>'
)
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_NAMES = 'xmlns:office="o" xmlns:table="t" xmlns:text="x" office:version="1.3"'


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def sheet(rows: str) -> str:
    return f"{HEAD}<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def xlsx(rows: str = "", **parts: str | bytes) -> bytes:
    """`rows` as the XML of the rows; parts by their short names replace those of a sound workbook."""
    names = {
        "content": "[Content_Types].xml", "workbook": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels",
        "styles": "xl/styles.xml", "sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "macros": "xl/vbaProject.bin",
    }  # fmt: skip
    given: dict[str, str | bytes] = {
        "content": f"{HEAD}<Types/>", "workbook": WORKBOOK, "relations": RELATIONS, "styles": STYLES, "sheet": sheet(rows),
    }  # fmt: skip
    return zipped({names[name]: content for name, content in {**given, **parts}.items() if content})


def text_row(number: int, cells: Sequence[str]) -> str:
    drawn = "".join(
        f'<c r="{letters(n)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for n, text in enumerate(cells)
    )
    return f'<row r="{number}">{drawn}</row>'


def letters(column: int) -> str:
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def good_xlsx(count: int = 3) -> bytes:
    rows = [text_row(1, ("Name", "E-mail"))]
    rows += [text_row(n + 2, (f"Firma {n}", f"a{n}@firma{n}.example.com")) for n in range(count)]
    return xlsx("".join(rows))


def ods(rows: str, **parts: str | bytes) -> bytes:
    content = f'{HEAD}<office:document-content {ODS_NAMES}><office:body><office:spreadsheet><table:table table:name="One">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    given: dict[str, str | bytes] = {"mimetype": ODS_TYPE, "content": content}
    names = {"mimetype": "mimetype", "content": "content.xml", "manifest": "META-INF/manifest.xml"}
    return zipped({names[name]: text for name, text in {**given, **parts}.items()})


def ods_row(cells: Sequence[str]) -> str:
    drawn = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in cells
    )
    return f"<table:table-row>{drawn}</table:table-row>"


def good_ods(count: int = 3) -> bytes:
    rows = [ods_row(("Name", "E-mail"))]
    rows += [ods_row((f"Firma {n}", f"a{n}@firma{n}.example.com")) for n in range(count)]
    return ods("".join(rows))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _label(row: int, column: int, text: str) -> bytes:
    return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def biff(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A workbook stream of one sheet, as the programs of 1997 wrote it."""
    begin = struct.pack("<HHHHII", 0x600, 0x5, 0xDBB, 0x7CC, 0, 6)
    name = b"One"
    bound = 8 + len(name)
    start = 4 + len(begin) + 4 + bound + 4
    book = _record(0x809, begin)
    book += _record(0x85, struct.pack("<IBBBB", start, 0, 0, len(name), 0) + name)
    book += _record(0x0A, b"")
    cells = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0xDBB, 0x7CC, 0, 6))
    width = max((len(row) for row in rows), default=0)
    cells += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                cells += _label(number, column, value)
            else:
                cells += _record(0x203, struct.pack("<HHHd", number, column, 0, value))
    return book + cells + _record(0x0A, b"")


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound document with its streams one after the other, each filled up to whole sectors."""
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    entries = [_entry("Root Entry", 5, end, 0, child=1 if streams else free)]
    fat = [table, end]  # sector 0 is the table of sectors, 1 the directory
    body = b""
    for number, (name, content) in enumerate(streams.items(), 1):
        padded = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
        count = len(padded) // 512
        first = len(fat)
        fat += [*range(first + 1, first + count), end]
        following = number + 1 if number < len(streams) else free
        entries.append(_entry(name, 2, first, len(padded), right=following))
        body += padded
    directory = b"".join(entries).ljust(512, b"\0")[:512]
    table_sector = struct.pack("<128I", *(fat + [free] * 128)[:128])
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    header += struct.pack("<108I", *[free] * 108)
    return header[:512] + table_sector + directory + body


def _entry(
    name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    raw = name.encode("utf-16-le").ljust(64, b"\0")
    head = struct.pack("<HBBIII", len(name) * 2 + 2, kind, 1, 0xFFFFFFFF, right, child)
    return raw + head + b"\0" * 36 + struct.pack("<IQ", start, size)


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    return compound({"Workbook": biff(rows)})


def good_xls() -> bytes:
    return xls([("Name", "E-mail"), ("Łódź Firma", "a@firma.example.com"), (12.0, 0.5)])
