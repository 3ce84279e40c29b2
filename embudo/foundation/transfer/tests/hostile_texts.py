"""Broken and hostile files that are text: CSV, address cards, JSON lines."""

import codecs
import random
from collections.abc import Iterator

from embudo.foundation.transfer.tests.hostile_file import TABLE, Hostile


def charsets(dice: random.Random) -> Iterator[Hostile]:
    polish, western = "Name;Town\nZażółć gęślą;Łódź\n", "Name;Town\nÉlodie;Besançon\n"
    for text, names in (
        (polish, ("cp1250", "iso-8859-2", "cp852")),
        (western, ("cp1252", "iso-8859-1", "mac-roman", "cp850")),
    ):
        for name in names:
            yield Hostile(f"CSV in {name}", text.encode(name), 2)
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Hostile(f"CSV in {name}", TABLE.encode(name), 3)
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE):
        yield Hostile(f"only the mark {mark.hex()}", mark, "empty")
        yield Hostile(f"mark {mark.hex()} before UTF-8", mark + TABLE.encode(), "any")
    yield Hostile("half a letter at the end", TABLE.encode()[:-1] + b"\xc5", "any")
    yield Hostile("UTF-16 cut in a letter", TABLE.encode("utf-16")[:-1], "any")
    yield Hostile(
        "two charsets in one file", TABLE.encode() * 2000 + TABLE.encode("cp1250", "replace"), "any"
    )
    yield Hostile("surrogates", b"a;b\n\xed\xa0\x80;1\n", "any")
    for number in range(6):
        raw = bytearray(TABLE.encode() * 20)
        for _time in range(5):
            raw[dice.randrange(len(raw))] = dice.randrange(128, 256)
        yield Hostile(f"broken letters {number}", bytes(raw), "any")


def quotes(_dice: random.Random) -> Iterator[Hostile]:
    tables = {
        "inch mark": ('size;name\n5" pipe;a\n7" pipe;b\n', 3),
        "opened and never closed": ('a;b\n1;2\n"3;4\n5;6\n7;8\n', "lone_quote"),
        "opened at the end": ('a;b\n1;"2', 2),
        "closed twice": ('a;b\n"1"";2\n3;4\n', "any"),
        "text behind the closing one": ('a;b\n"1"x;2\n', 2),
        "only quotes": ('"""""""\n' * 5, "any"),
        "lines in quotes": ('a;b\n"1\n2\n3";4\n', 2),
        "single quotes": ("'a';'b;c'\n'1';'2'\n", 2),
        "typographic": ("„a”;“b”\n1;2\n", 2),
        "sep line": ("sep=|\na|b\n1|2\n", 2),
        "backslashes": ('a;b\n"1\\"x";2\n', "any"),
    }
    for name, (text, outcome) in tables.items():
        yield Hostile(name, text.encode(), outcome)
        yield Hostile(f"{name}, with CR", text.replace("\n", "\r").encode(), outcome)
        yield Hostile(
            f"{name}, with CRLF", text.replace("\n", "\r\n").encode(), "any" if "lines" in name else outcome
        )
    yield Hostile("a quote, then 300 kB", b'a,b\n"' + b"1,2\n" * 75_000, "lone_quote")


def cards(_dice: random.Random) -> Iterator[Hostile]:
    def card(body: str) -> bytes:
        return f"BEGIN:VCARD\r\nVERSION:3.0\r\n{body}\r\nEND:VCARD\r\n".encode()

    sound_ones = {
        "plain": "N:Nowak;Anna;;;\r\nEMAIL:a@b.example.com", "without a name": "ORG:Alfa;Sales", "group": "item1.TEL:123\r\nitem1.X-ABLabel:x",
        "folded": "N:Now\r\n ak;Anna", "quoted-printable": "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C5=81ata;Anna=\r\n x",
        "unknown charset": "N;CHARSET=KLINGON;ENCODING=QUOTED-PRINTABLE:=C5;x", "bad quoted-printable": "N;ENCODING=QUOTED-PRINTABLE:=ZZ=;x",
        "escapes": "NOTE:a\\nb\\,c\\;d\\\\", "no colon": "N Nowak", "only signs": ";;;:::", "quoted parameter": 'ADR;LABEL="a:b":;;Street;Town;;1;PL',
        "URI": "TEL;VALUE=uri:tel:+48-600", "NUL": "N:No\0wak;Anna", "picture": "PHOTO:" + "A" * 5000,
    }  # fmt: skip
    for name, body in sound_ones.items():
        yield Hostile(f"card: {name}", card(body), 2)
    yield Hostile("card cut", card("N:Nowak;Anna")[:-14], "card_cut")
    yield Hostile("card in a card", card("BEGIN:VCARD\nN:x;y\nEND:VCARD"), "any")
    yield Hostile("card with a picture of 5 MB", card("PHOTO:" + "A" * 5_000_000), "card_long")
    yield Hostile("card in CP1250", card("N:Łata;Żaneta").decode().encode("cp1250"), 2)
    yield Hostile("card in UTF-16", card("N:Łata;Żaneta").decode().encode("utf-16"), 2)


def lines(_dice: random.Random) -> Iterator[Hostile]:
    good = b'{"name": "a"}\n'
    broken = {
        "half": b'{"name": ', "list": b"[1, 2]", "number": b"7", "text": b'"a"', "single quotes": b"{'a': 1}", "comma": b'{"a": 1,}', "two on a line": good[:-1] * 2,
        "comment": b"// x", "open text": b'{"a": "b', "control sign": b'{"a": "\x01"}',
    }  # fmt: skip
    for name, line in broken.items():
        yield Hostile(
            f"line: {name}", good * 3 + line + b"\n", "any" if name == "control sign" else "json_line"
        )
    odd = {
        "NaN": '{"a": NaN}', "infinity": '{"a": -Infinity}', "long number": '{"a": ' + "9" * 4000 + "}", "same key twice": '{"a": 1, "a": 2}',
        "nested": '{"a": {"b": [1]}}', "surrogate": '{"a": "\\ud800"}', "NUL": '{"a": "\\u0000"}', "empty key": '{"": 1, "b": 2}', "null": '{"a": null, "b": 1}',
    }  # fmt: skip
    for name, text in odd.items():
        yield Hostile(f"JSON: {name}", text.encode(), "any" if name == "long number" else 2)
    yield Hostile("JSON: no keys", b"{}\n{}\n", "empty")
    yield Hostile("JSON: number of 5,000 digits", ('{"a": ' + "9" * 5_000 + "}").encode(), "json_line")


def odd_tables(_dice: random.Random) -> Iterator[Hostile]:
    tables = {
        "one column": ("name\na\nb\n", 3), "no end of line": ("a,b\n1,2", 2), "uneven rows": ("a,b\n1\n1,2,3\n", 3), "empty rows": ("a,b\n\n\n1,2\n", "any"),
        "only delimiters": (",,,\n,,,\n", "any"), "NULs": ("a,b\n1\0,2\n", 2), "control signs": ("a,b\n\x011,2\x02\n", 2), "form feed": ("a,b\n1\x0c,2\n", 2),
        "line separators": ("a,b\n1\u2028x,2\x85y\n", 2), "old line ends": ("a,b\r1,2\r", 2), "mixed line ends": ("a,b\r\n1,2\r3,4\n", 3), "tabs": ("a\tb\n1\t2\n", 2),
        "bars": ("a|b\n1|2\n", 2), "decimal commas": ("a;b\n1,5;2,5\n3,5;4,5\n", 3), "formulas": ("a,b\n=1+1,@x\n+48 600,-5\n", 3), "a title first": ("Report\n\na,b\n1,2\n", "any"),
        "right to left": ("שם,עיר\nא,ב\n", 2), "zero width": ("\u200ba,b\n1,2\n", 2), "50,000 blank lines": ("a,b\n" + "\n" * 50_000, "any"),
    }  # fmt: skip
    for name, (text, outcome) in tables.items():
        yield Hostile(f"table: {name}", text.encode(), outcome)
