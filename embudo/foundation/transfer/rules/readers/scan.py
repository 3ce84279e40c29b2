"""
The quick way through the XML that spreadsheet programs write: split at the ends of rows, cells found by one pattern. An
XML parser without handlers goes along and vouches for the form. What looks unusual is left to the slow way.
"""

import re
import zipfile
from collections.abc import Iterator

from embudo.foundation.transfer.rules.readers import zipped

# column letters, other attributes, an inline text, a value, anything else
CELL = re.compile(
    r'<c(?: r="([A-Z]{1,3})[0-9]{1,7}")?([^>]*?)(?:/>|>(?:<is><t(?: [^>]*)?>([^<]*)</t></is>|<v>([^<]*)</v>)</c>|>(.*?)</c>)',
    re.DOTALL,
)
TEXT = re.compile(r"<t(?: [^>]*)?>([^<]*)</t>")
VALUE = re.compile(r"<v(?: [^>]*)?>([^<]*)</v>")
PHONETIC = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)
ATTRIBUTE = re.compile(r'\b(r|s|t)="([^"]*)"')
ROW_NUMBER = re.compile(r'\br="([0-9]{1,7})"')
REFERENCE = re.compile(r"&(#x[0-9A-Fa-f]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);")
NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
OTHER_CHARSET = re.compile(rb'<\?xml[^>]*encoding=["\'](?!utf-?8["\'])', re.IGNORECASE)


PREFIXED = re.compile(rb"<\w+:(worksheet|sst)\b")
LONGEST_PART = 64 * 1024 * 1024


class Unusual(Exception):
    """Not as the usual programs write it; the slow way understands it."""


def decoded(text: str) -> str:
    return REFERENCE.sub(_sign, text) if "&" in text else text


def _sign(found: "re.Match[str]") -> str:
    name = found[1]
    if name in NAMED:
        return NAMED[name]
    code = int(name, 0) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def parts(archive: zipfile.ZipFile, path: str, root: bytes, end: str) -> Iterator[str]:
    """The text of one entry, cut after each `end`. Raises Unusual on comments, CDATA, prefixes and other charsets."""
    parser = zipped.new_parser()
    mark = end.encode()
    rest, is_first = b"", True
    for piece in zipped.pieces(archive, path, zipped.MOST_UNPACKED):
        zipped.feed(parser, piece)
        if is_first and (
            root not in piece[:65_536] or PREFIXED.search(piece[:4096]) or OTHER_CHARSET.search(piece[:300])
        ):
            raise Unusual
        whole = rest + piece
        if b"<!" in whole or (not is_first and b"<?" in whole):
            raise Unusual
        is_first = False
        done, found, rest = whole.rpartition(mark)
        if found:
            yield from done.decode("utf-8", "replace").split(end)
        if len(rest) > LONGEST_PART:
            raise Unusual
    zipped.feed(parser, b"", final=True)


def string_of(part: str) -> str | None:
    """The raw text of one shared string; None when there is none."""
    start = part.rfind("<si>")
    if start < 0:
        return None
    if (
        part.startswith("<si><t>", start)
        and part.endswith("</t>")
        and part.find("<", start + 7) == len(part) - 4
    ):
        return part[start + 7 : -4]
    inner = part[start + 4 :]
    if "<rPh" in inner:
        inner = PHONETIC.sub("", inner)
    return "".join(TEXT.findall(inner))
