"""Tables as text: delimiter, charset and quote are guessed, and may be told."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import IO, Any

from embudo.foundation.transfer.rules.readers.fault import LONGEST_CELL, MOST_COLUMNS, FileFault, Row, Table

HEAD = 65_536
LONGEST_LINE = 8 * 1024 * 1024
DELIMITERS = ",;\t|^~:"
QUOTES = "\"'"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
CHARSETS = ("utf-8", "cp1250", "cp1252", "iso-8859-2", "iso-8859-1", "cp852", "cp850", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "mac-roman")  # fmt: skip
ONE_BYTE = {
    "cp1252": False,
    "cp1250": True,
    "iso-8859-2": True,
    "cp852": True,
    "mac-roman": False,
    "cp850": False,
}  # whether Polish
POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
WESTERN = "éèêëàâçùûüôöîïñáíóúäßÉÈÊÀÂÇÔÖÎÑÁÍÓÚÄÜ¿¡œŒ€"
CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
LINE_END = re.compile(r"\r\n?|\n")
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


def read(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    charset, skipped = charset_of(file, options.get("charset") or "")
    head = _decoded_head(file, charset, skipped)
    lead = SEPARATOR_LINE.match(head)
    body = head[lead.end() :] if lead else head
    quote = options.get("quote")
    delimiter = options.get("delimiter") or (lead and lead[1])
    if not delimiter:
        delimiter = _delimiter(body)
    if quote is None:
        quote = _quote(body, delimiter)
    told = {"delimiter": delimiter, "charset": charset, "quote": quote}
    return Table("csv", _rows(text_of(file, charset, skipped), delimiter, quote, has_lead=bool(lead)), told)


def charset_of(file: IO[bytes], asked: str) -> tuple[str, int]:
    """The charset and how many bytes of a mark stand in front."""
    file.seek(0)
    head = file.read(HEAD)
    for mark, name in MARKS:
        if head.startswith(mark) and asked in ("", name):
            return name, len(mark)
    if asked:
        return asked, 0
    zeros = head.count(0)
    if zeros > len(head) // 4:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if min(even, odd) > len(head) // 20:
            raise FileFault("binary")
        return ("utf-16-le", 0) if odd > even else ("utf-16-be", 0)
    if _is_binary(head):
        raise FileFault("binary")
    return ("utf-8", 0) if _is_utf8(file) else (_one_byte(file), 0)


def _is_binary(head: bytes) -> bool:
    odd = sum(head.count(code) for code in range(1, 32) if code not in (9, 10, 13, 26, 27))
    return odd + head.count(0) > max(8, len(head) // 50)


def _is_utf8(file: IO[bytes]) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(1 << 20):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(file: IO[bytes]) -> str:
    """Among the old charsets the one in which most signs beyond ASCII are letters of words."""
    file.seek(0)
    counts: Counter[int] = Counter()
    for _piece in range(64):
        piece = file.read(1 << 20)
        if not piece:
            break
        counts.update(piece.translate(None, bytes(range(128))))
    scores = {name: _letters(counts, name) for name in ONE_BYTE}
    return max(ONE_BYTE, key=lambda name: scores[name])  # among equals the first


def _letters(counts: Counter[int], charset: str) -> int:
    good = POLISH if ONE_BYTE[charset] else WESTERN
    score = 0
    for code, times in counts.items():
        sign = bytes([code]).decode(charset, "replace")
        if sign in good:
            score += times
        elif sign == "\ufffd" or ord(sign) < 160:
            score -= 10 * times
        elif not sign.isalpha():
            score -= times
    return score


def _decoded_head(file: IO[bytes], charset: str, skipped: int) -> str:
    file.seek(skipped)
    try:
        return codecs.getincrementaldecoder(charset)("replace").decode(file.read(HEAD)).translate(CONTROLS)
    except LookupError:
        raise FileFault("charset_unknown", charset=charset) from None


def _delimiter(head: str) -> str:
    """What parts the first lines into the most columns, the same number in each."""
    scores = {one: _evenness(head, one) for one in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: scores[one])
    return best if scores[best] > 0 else ","


def _evenness(head: str, delimiter: str) -> float:
    widths = []
    try:
        for row in csv.reader(io.StringIO(head), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) >= 60:
                break
    except csv.Error:
        return 0
    if len(widths) > 1:
        widths.pop()  # the last may be cut off
    if not widths or max(widths) == 1:
        return 0
    width, times = Counter(width for width in widths).most_common(1)[0]
    return (
        0
        if width == 1
        else times / len(widths) * (1 + min(width, 50) / 100) - (0.3 if delimiter in "^~:" else 0)
    )


def _quote(head: str, delimiter: str) -> str:
    edge = re.escape(delimiter)
    counts = {
        one: len(re.findall(rf"(?:^|{edge}){one}", head, re.MULTILINE))
        + len(re.findall(rf"{one}(?:$|{edge})", head, re.MULTILINE))
        for one in QUOTES
    }
    return "'" if counts["'"] > 2 and not counts['"'] and counts["'"] % 2 == 0 else '"'


def text_of(file: IO[bytes], charset: str, skipped: int) -> Iterator[str]:
    """Lines as they stand, line ends kept; signs that carry no meaning (NUL and such) are left out."""
    file.seek(skipped)
    reader = io.TextIOWrapper(_Kept(file), encoding=charset, errors="strict", newline="")  # type: ignore[type-var]
    number = 0
    try:
        while line := reader.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise FileFault("long_line", row=number)
            yield line.translate(CONTROLS) if not line.isprintable() else line
    except UnicodeError:
        raise FileFault("charset", charset=charset, row=number + 1) from None


class _Kept(io.RawIOBase):
    """The file, from where it stands."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    def read1(self, size: int = -1) -> bytes:
        return self.file.read(size if size > 0 else HEAD)


def _rows(lines: Iterator[str], delimiter: str, quote: str, *, has_lead: bool) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    if has_lead:
        next(lines, None)
    quoting = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE, "quotechar": None}
    number, last = 0, 0
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=False, **quoting)
        for cells in _closed(reader, quote):
            number += 1
            last = number
            if len(cells) > MOST_COLUMNS:
                raise FileFault("columns", row=number, most=MOST_COLUMNS)
            yield [number, *cells]
    except csv.Error as error:
        if "field larger" in str(error):
            raise FileFault("lone_quote" if quote else "long_cell", row=last + 1, most=LONGEST_CELL) from None
        raise FileFault("row", row=last + 1) from None
    except TypeError:
        raise FileFault("delimiter") from None


def _closed(reader: Any, quote: str) -> Iterator[list[str]]:
    """The rows; a quotation mark that is never closed has swallowed the rest, which shows in the last cell."""
    swallowed: list[str] | None = None
    for cells in reader:
        if swallowed is not None:
            yield swallowed
        swallowed = cells
    if swallowed is not None:
        if (
            quote
            and swallowed
            and len(LINE_END.findall(swallowed[-1])) > 1
            and not _ends_quoted(swallowed[-1])
        ):
            raise csv.Error("field larger: never closed")
        yield swallowed


def _ends_quoted(cell: str) -> bool:
    return not cell.endswith(("\n", "\r"))
