"""
More than 300 files that are broken or mean harm, made by code from one seed. Each names what is to come of it: the number
of its rows, the code of a sentence, or "any" where either will do.
"""

import codecs
import json
import random
import zlib
from collections.abc import Iterator

from embudo.foundation.transfer.tests import workbooks as made
from embudo.foundation.transfer.tests.hostile_file import TABLE, Hostile
from embudo.foundation.transfer.tests.hostile_texts import cards, charsets, lines, odd_tables, quotes
from embudo.foundation.transfer.tests.workbooks import HEAD, MAIN, ods, ods_row, sheet, text_row, xlsx

SEED = 20260101


def all_files() -> list[Hostile]:
    families = (bombs, far_cells, entities, wide, long_cells, odd_workbooks, odd_dates, odd_ods, charsets, quotes, disguised, locked,
                truncated, flipped, noise, cards, lines, odd_tables)  # fmt: skip
    return [one for family in families for one in family(random.Random(f"{SEED}{family.__name__}"))]


BLANKS = " " * (28 * 1024 * 1024)


def bombs(_dice: random.Random) -> Iterator[Hostile]:
    yield Hostile(
        "blanks in the sheet", xlsx(sheet=f"{HEAD}<worksheet {MAIN}>{BLANKS}<sheetData/></worksheet>"), "bomb"
    )
    yield Hostile("blanks in the workbook", xlsx(workbook=made.WORKBOOK + BLANKS), "bomb")
    yield Hostile("blanks in the styles", xlsx(styles=made.STYLES + BLANKS), "bomb")
    yield Hostile("blanks in the texts", xlsx(strings=f"{HEAD}<sst {MAIN}>{BLANKS}</sst>"), "bomb")
    yield Hostile("blanks in the relations", xlsx(relations=made.RELATIONS + BLANKS), "bomb")
    yield Hostile("blanks in the ODS", ods(BLANKS), "bomb")
    yield Hostile(
        "one text of 28 MB",
        xlsx(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{BLANKS}x</t></is></c></row>'),
        ("bomb", "long_cell"),
    )
    yield Hostile(
        "many parts", made.zipped({"xl/workbook.xml": "", **{f"x{n}": "" for n in range(2_500)}}), "bomb"
    )
    yield Hostile(
        "archive in an archive", made.zipped({"a.zip": made.zipped({"b.xlsx": made.good_xlsx()})}), "archive"
    )


def far_cells(_dice: random.Random) -> Iterator[Hostile]:
    far = xlsx('<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="XFD200000"><v>1</v></c></row>')
    yield Hostile("two cells, 100 GB apart", far, "columns")
    yield Hostile("last row", xlsx('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'), 1)
    yield Hostile("row beyond the last", xlsx('<row r="9999999"><c r="A9999999"><v>1</v></c></row>'), "rows")
    many = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row>'
    yield Hostile("a million empty rows in ODS", ods(many), 0)
    yield Hostile(
        "a billion rows in ODS",
        ods(
            ods_row("a").replace(
                "<table:table-row>", '<table:table-row table:number-rows-repeated="999999999">'
            )
        ),
        "rows",
    )
    yield Hostile(
        "a billion cells in ODS",
        ods(
            ods_row("a").replace(
                "<table:table-cell", '<table:table-cell table:number-columns-repeated="99999999"'
            )
        ),
        "columns",
    )
    yield Hostile(
        "a million empty cells in ODS",
        ods('<table:table-row><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'),
        0,
    )
    yield Hostile("JSON in 100,000 brackets", b'{"a":' + b"[" * 100_000, "json_line")
    yield Hostile(
        "XML in 200,000 elements",
        xlsx(sheet=f"{HEAD}<worksheet {MAIN}><sheetData>" + "<a>" * 200_000),
        "damaged",
    )
    yield Hostile("ODS in 200,000 tables", ods("<table:table>" * 200_000), "damaged")
    yield Hostile("gzip bomb", zlib.compress(b"\0" * 1_000_000, wbits=31), "archive")


LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = (
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    f'<!DOCTYPE x [<!ENTITY e0 "ha">{LAUGHS}<!ENTITY e "&e9;">]>',
    f'<!DOCTYPE x [<!ENTITY e "{"a" * 50_000}">]>',
)


def entities(_dice: random.Random) -> Iterator[Hostile]:
    body = '<row r="1"><c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row>'
    for number, doctype in enumerate(DOCTYPES):
        top = HEAD + doctype

        def bent(whole: str, top: str = top) -> str:
            return whole.replace(HEAD, top)

        yield Hostile(f"entity {number} in the sheet", xlsx(sheet=bent(sheet(body))), "doctype")
        yield Hostile(f"entity {number} in the workbook", xlsx(workbook=bent(made.WORKBOOK)), "doctype")
        yield Hostile(f"entity {number} in the relations", xlsx(relations=bent(made.RELATIONS)), "doctype")
        yield Hostile(f"entity {number} in the styles", xlsx(styles=bent(made.STYLES)), "doctype")
        yield Hostile(
            f"entity {number} in the texts",
            xlsx(strings=f"{top}<sst {MAIN}><si><t>&e;</t></si></sst>"),
            "doctype",
        )
        content = f"{top}<office:document-content {made.ODS_NAMES}><a>&e;</a></office:document-content>"
        yield Hostile(f"entity {number} in an ODS", ods("", content=content), "doctype")
        yield Hostile(f"entity {number} as XML", (top + "<x>&e;</x>").encode(), "xml")
    yield Hostile("entity that nobody declared", xlsx(sheet=sheet(body)), "damaged")


def wide(_dice: random.Random) -> Iterator[Hostile]:
    for width in (501, 10_000, 16_384):
        cells = [f"c{n}" for n in range(width)]
        for sign in ",;\t|":
            yield Hostile(f"{width} columns in CSV {sign!r}", (sign.join(cells) + "\n").encode(), "columns")
        yield Hostile(f"{width} columns in XLSX", xlsx(text_row(1, cells)), "columns")
        yield Hostile(f"{width} columns in ODS", ods(ods_row(cells)), "columns")
        yield Hostile(f"{width} columns in JSON", json.dumps(dict.fromkeys(cells, 1)).encode(), "columns")
    yield Hostile("10,000 empty columns in CSV", b"a" + b"," * 10_000 + b"\n", "columns")
    yield Hostile("500 columns", (",".join(f"c{n}" for n in range(500)) + "\n").encode(), 1)


def long_cells(_dice: random.Random) -> Iterator[Hostile]:
    for length in (32_767, 32_768, 65_536, 99_999):
        text = "x" * length
        yield Hostile(f"cell of {length} in CSV", f"name,b\n{text},1\n".encode(), 2)
        yield Hostile(f"cell of {length} in XLSX", xlsx(text_row(1, ["name"]) + text_row(2, [text])), 2)
        yield Hostile(f"cell of {length} in ODS", ods(ods_row(["name"]) + ods_row([text])), 2)
        yield Hostile(f"cell of {length} in JSON", json.dumps({"name": text}).encode(), 2)
        shared = f"{HEAD}<sst {MAIN}><si><t>{text}</t></si></sst>"
        yield Hostile(
            f"cell of {length} in shared texts",
            xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=shared),
            1,
        )
    for length in (100_001, 1_000_000):
        text = "x" * length
        yield Hostile(f"cell of {length} in CSV", f"name,b\n{text},1\n".encode(), ("lone_quote", "long_cell"))
        yield Hostile(
            f"cell of {length} in XLSX", xlsx(text_row(1, ["name"]) + text_row(2, [text])), "long_cell"
        )
        yield Hostile(f"cell of {length} in ODS", ods(ods_row(["name"]) + ods_row([text])), "long_cell")
        yield Hostile(
            f"cell of {length} in JSON", json.dumps({"a": [{"b": text}]}).encode(), ("long_cell", "json_line")
        )


ONE = '<c r="A1"><v>1</v></c>'
ODD_ROWS = {
    "merged cells": (text_row(1, ["Name", "", "Town"]) + '</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells><sheetData>', 1),
    "formula with its result": ('<row r="1"><c r="A1" t="str"><f>1+1</f><v>2</v></c></row>', 1),
    "formula without a result": ('<row r="1"><c r="A1"><f>NOW()</f></c><c r="B1"><v>1</v></c></row>', 1),
    "text like a formula": (text_row(1, ["=cmd|' /C calc'!A0"]), 1),
    "error of a formula": ('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>', 1),
    "no references": ('<row><c><v>1</v></c><c t="inlineStr"><is><t>b</t></is></c></row>', 1),
    "reference behind the style": ('<row r="1"><c s="1" r="C1"><v>3</v></c></row>', 1),
    "small letters": ('<row r="1"><c r="a1"><v>3</v></c></row>', 1),
    "unknown type": ('<row r="1"><c r="A1" t="zz"><v>3</v></c></row>', 1),
    "unknown style": ('<row r="1"><c r="A1" s="999"><v>3</v></c></row>', 1),
    "unknown shared text": ('<row r="1"><c r="A1" t="s"><v>77</v></c><c r="B1"><v>1</v></c></row>', 1),
    "shared text that is no number": ('<row r="1"><c r="A1" t="s"><v>x</v></c><c r="B1"><v>1</v></c></row>', 1),
    "number that is none": ('<row r="1"><c r="A1"><v>abc</v></c></row>', 1),
    "number without end": ('<row r="1"><c r="A1"><v>1e999</v></c><c r="B1"><v>1</v></c></row>', 1),
    "rows backwards": (f'<row r="5">{ONE}</row><row r="2">{ONE}</row>', 2),
    "the same cell twice": (f'<row r="1">{ONE}{ONE}</row>', 1),
    "row without a number": (f'<row r="x">{ONE}</row>', 1),
    "comment": (f'<!-- <row r="9"/> --><row r="1">{ONE}</row>', 1),
    "CDATA": ('<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c></row>', 1),
    "processing instruction": (f'<?x y?><row r="1">{ONE}</row>', 1),
    "escaped signs": (text_row(1, ["a_x000D_b &amp; &#65; &#x0;"]), "damaged"),
    "rich text": ('<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>', 1),
    "empty rows": ('<row r="1"/><row r="2"></row>', 0),
    "no end": ('<row r="1"><c r="A1">', "damaged"),
    "crossed elements": ('<row r="1"><c r="A1"></row></c>', "damaged"),
    "NUL": (text_row(1, ["a\0b"]), "damaged"),
    "true and false": ('<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c></row>', 1),
}  # fmt: skip


def odd_workbooks(_dice: random.Random) -> Iterator[Hostile]:

    for name, (body, outcome) in ODD_ROWS.items():
        yield Hostile(name, xlsx(body), outcome)
    body = f'<row r="1">{ONE}</row>'
    yield Hostile("macros", xlsx(body, macros=b"\xcc\x61Attribut"), 1)
    yield Hostile(
        "prefixes",
        xlsx(
            sheet=sheet(body)
            .replace(f"<worksheet {MAIN}", f'<x:worksheet xmlns:x="m" {MAIN}')
            .replace("</worksheet", "</x:worksheet")
            .replace("<row", "<x:row")
            .replace("</row", "</x:row")
            .replace("<c ", "<x:c ")
            .replace("</c>", "</x:c>")
            .replace("<v>", "<x:v>")
            .replace("</v>", "</x:v>")
        ),
        1,
    )
    yield Hostile(
        "UTF-16 sheet",
        xlsx(sheet=codecs.BOM_UTF16_LE + sheet(body).replace("UTF-8", "UTF-16").encode("utf-16-le")),
        1,
    )
    yield Hostile(
        "wrong charset in the sheet",
        xlsx(sheet=sheet(text_row(1, ["Łódź"])).encode("cp1250", "replace")),
        "damaged",
    )
    yield Hostile("no sheet", xlsx(workbook=f"{HEAD}<workbook {MAIN}/>"), "no_sheet")
    yield Hostile("sheet elsewhere", xlsx(relations=made.RELATIONS.replace("sheet1", "sheet9")), "no_sheet")
    yield Hostile(
        "path out of the archive",
        xlsx(relations=made.RELATIONS.replace("worksheets/", "../../../etc/")),
        "no_sheet",
    )
    yield Hostile("no relations", xlsx(relations=""), "damaged")
    yield Hostile("no styles", xlsx(body, styles=""), 1)
    yield Hostile("no content types", xlsx(body, content=""), 1)
    yield Hostile("binary workbook", made.zipped({"xl/workbook.bin": b"\x83\x01"}), "xlsb")
    yield Hostile("empty sheet", xlsx(""), 0)
    yield Hostile("empty XML", xlsx(sheet=" "), "damaged")


def odd_dates(_dice: random.Random) -> Iterator[Hostile]:
    for serial in ("-1", "0", "0.5", "1", "59", "60", "61", "2958465.9", "2958466", "1e300", "nan", "x"):
        yield Hostile(
            f"day {serial}",
            xlsx(f'<row r="1"><c r="A1" s="1"><v>{serial}</v></c><c r="B1"><v>1</v></c></row>'),
            1,
        )
        old = made.WORKBOOK.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
        yield Hostile(
            f"day {serial} since 1904",
            xlsx(f'<row r="1"><c r="A1" s="2"><v>{serial}</v></c><c r="B1"><v>1</v></c></row>', workbook=old),
            1,
        )
    yield Hostile("day of 1810 as text", xlsx(text_row(1, ["1810-03-01"])), 1)
    yield Hostile("ISO day", xlsx('<row r="1"><c r="A1" t="d"><v>1810-03-01T00:00:00</v></c></row>'), 1)
    yield Hostile(
        "ODS day of 1810",
        ods(
            '<table:table-row><table:table-cell office:value-type="date" office:date-value="1810-03-01"><text:p>1</text:p></table:table-cell></table:table-row>'
        ),
        1,
    )


def odd_ods(_dice: random.Random) -> Iterator[Hostile]:
    yield Hostile("no mimetype", made.zipped({"content.xml": f"{HEAD}<a/>"}), "no_sheet")
    yield Hostile("ODT", ods("", mimetype="application/vnd.oasis.opendocument.text"), "document")
    yield Hostile(
        "covered cells",
        ods(ods_row(["a"]).replace("</table:table-row>", "<table:covered-table-cell/></table:table-row>")),
        1,
    )
    yield Hostile(
        "note in a cell",
        ods(
            ods_row(["a"]).replace(
                "<text:p>a", "<office:annotation><text:p>note</text:p></office:annotation><text:p>a"
            )
        ),
        1,
    )
    yield Hostile(
        "table in a cell",
        ods(
            ods_row(["a"]).replace(
                "</table:table-cell>", f"<table:table>{ods_row(['b'])}</table:table></table:table-cell>"
            )
        ),
        1,
    )
    yield Hostile(
        "number that is none",
        ods(
            '<table:table-row><table:table-cell office:value-type="float" office:value="x"><text:p>7</text:p></table:table-cell></table:table-row>'
        ),
        1,
    )
    yield Hostile(
        "negative repetition",
        ods(ods_row("a").replace("<table:table-row>", '<table:table-row table:number-rows-repeated="-5">')),
        1,
    )
    yield Hostile(
        "blanks said once",
        ods(ods_row(["a"]).replace("<text:p>a", '<text:p>a<text:s text:c="99999999"/>b')),
        1,
    )


def disguised(_dice: random.Random) -> Iterator[Hostile]:
    heads = {
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "picture": b"\x89PNG\r\n\x1a\n", "document": b"{\\rtf1\\ansi x}", "binary": b"\x7fELF\x02\x01\x01",
        "archive": b"Rar!\x1a\x07\x01\0", "web_page": b"<!DOCTYPE html><html><table><tr><td>a</td></tr></table>", "xml": b"<?xml version='1.0'?><Workbook/>",
        "json_array": b'[\n{"a": 1}]',
    }  # fmt: skip
    for code, content in heads.items():
        yield Hostile(f"{code} under another name", content + b"x" * 500, code)
    more = {"jpeg": (b"\xff\xd8\xff\xe0", "picture"), "gif": (b"GIF89a", "picture"), "tiff": (b"II*\0", "picture"), "7z": (b"7z\xbc\xaf\x27\x1c", "archive"),
            "gzip": (b"\x1f\x8b\x08", "archive"), "bzip2": (b"BZh9", "archive"), "SQLite": (b"SQLite format 3\0", "binary"), "parquet": (b"PAR1", "binary"),
            "program": (b"MZ\x90\0\x03\0\0\0" + bytes(range(32)) * 8, "binary"), "bitmap": (b"BM" + bytes(range(32)) * 8, "binary")}  # fmt: skip
    for name, (content, code) in more.items():
        yield Hostile(name, content + bytes(300), code)
    yield Hostile("DOCX", made.zipped({"word/document.xml": "<a/>"}), "document")
    yield Hostile("PPTX", made.zipped({"ppt/presentation.xml": "<a/>"}), "document")
    yield Hostile("Numbers", made.zipped({"Index/Document.iwa": b"x"}), "numbers")
    yield Hostile("ZIP of a CSV", made.zipped({"a.csv": TABLE}), "archive")
    yield Hostile("empty ZIP", made.zipped({}), "archive")
    yield Hostile("DOC", made.compound({"WordDocument": b"x" * 4096}), "document")
    yield Hostile("XLS", made.good_xls(), 3)
    for number, raw in enumerate((b"", b" ", b"\n\n\n", b"\t\t", b"\0" * 1000, b"\r\n" * 50)):
        yield Hostile(f"nothing {number}", raw, "empty")


def locked(_dice: random.Random) -> Iterator[Hostile]:
    yield Hostile(
        "XLSX with a password",
        made.compound({"EncryptionInfo": b"\x04\0\x04\0", "EncryptedPackage": b"\x99" * 5000}),
        "password",
    )
    manifest = f'{HEAD}<manifest:manifest xmlns:manifest="m"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'
    yield Hostile("ODS with a password", ods("", manifest=manifest), "password")
    raw = bytearray(made.good_xlsx())
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        raw[at + 8] |= 1
    yield Hostile("ZIP with a password", bytes(raw), "password")
    sealed = made.biff([("a",)]).replace(made._record(0x0A, b""), b"", 1)
    yield Hostile(
        "XLS with a password",
        made.compound({"Workbook": sealed[:20] + made._record(0x2F, b"\0" * 6) + sealed[20:]}),
        "any",
    )


def sound() -> dict[str, bytes]:
    return {
        "XLSX": made.good_xlsx(50), "ODS": made.good_ods(50), "XLS": made.good_xls(), "CSV": (TABLE * 20).encode(),
        "vCard": ("BEGIN:VCARD\nVERSION:3.0\nN:Nowak;Anna\nEND:VCARD\n" * 20).encode(),
        "JSON": (json.dumps({"name": "Łódź", "n": 1.5}) + "\n").encode() * 20,
    }  # fmt: skip


def truncated(dice: random.Random) -> Iterator[Hostile]:
    for name, content in sound().items():
        binary = name in {"XLSX", "ODS"}
        for _time in range(8):
            cut = dice.randrange(8, len(content) - 1)
            yield Hostile(
                f"{name} cut at {cut}", content[:cut], ("damaged", "archive", "bomb") if binary else "any"
            )


def flipped(dice: random.Random) -> Iterator[Hostile]:
    for name, content in sound().items():
        for number in range(10):
            raw = bytearray(content)
            for _time in range(dice.choice((1, 3, 30))):
                raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
            yield Hostile(f"{name} with other bits {number}", bytes(raw))


def noise(dice: random.Random) -> Iterator[Hostile]:
    heads = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"BEGIN:VCARD\n", b"{", b"\xef\xbb\xbf")
    for head in heads:
        for size in (50, 3_000, 60_000):
            yield Hostile(f"noise of {size} behind {head!r}", head + dice.randbytes(size))
