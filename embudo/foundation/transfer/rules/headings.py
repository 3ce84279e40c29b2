"""Which column means what: by its heading, in any of four languages, and by what stands in it."""

import re
from collections.abc import Sequence
from hashlib import sha256

from embudo.foundation.transfer.rules.steps import ACTION_FIELD
from embudo.kernel.fold import fold
from embudo.kernel.kind import ImportField

SIGNS = re.compile(r"[^a-z0-9]+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
PHONE = re.compile(
    r"(?:\+|00)[\d\s()/.-]{8,20}|\(?\d{2,4}\)?[\s/-]\d{2,4}[\s-]\d{2,4}[\s-]\d{2,4}|\d{3}[\s-]?\d{3}[\s-]?\d{3}"
)
URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
CONTENTS = (("email", EMAIL), ("url", URL), ("phone", PHONE))
ACTION_WORDS = ("action", "akcja", "accion", "what to do")
ENOUGH = 0.6


def plain(heading: str) -> str:
    """As headings are compared: "E-Mail *" and "e mail" are the same."""
    return " ".join(SIGNS.sub(" ", fold(heading)).split())


def headings_key(headings: Sequence[str]) -> str:
    return sha256("\n".join(plain(one) for one in headings).encode()).hexdigest()


def guessed(
    headings: Sequence[str], rows: Sequence[Sequence[str]], fields: Sequence[ImportField]
) -> dict[str, str]:
    """Column number -> field. A heading's own word is surest, then a word within it, then the cells below."""
    known = [plain(one) for one in headings]
    found: dict[str, str] = {}
    for column, heading in enumerate(known):
        if heading in ACTION_WORDS:
            found[str(column)] = ACTION_FIELD
    for is_fit in (_is_own_word, _has_word):
        for field in fields:
            if field.name not in found.values():
                _take(
                    found, field, [c for c, heading in enumerate(known) if heading and is_fit(heading, field)]
                )
    _by_content(found, rows, fields, len(known))
    return found


def _take(found: dict[str, str], field: ImportField, columns: Sequence[int]) -> None:
    free = next((column for column in columns if str(column) not in found), None)
    if free is not None:
        found[str(free)] = field.name


def _is_own_word(heading: str, field: ImportField) -> bool:
    return heading in (plain(field.name), plain(str(field.label))) or heading in _words(field)


def _words(field: ImportField) -> tuple[str, ...]:
    """As headings are compared: those of custom attributes are as somebody typed them."""
    return tuple(plain(word) for word in field.words)


def _has_word(heading: str, field: ImportField) -> bool:
    return any(len(word) > 3 and f" {word} " in f" {heading} " for word in _words(field))


def _by_content(
    found: dict[str, str], rows: Sequence[Sequence[str]], fields: Sequence[ImportField], width: int
) -> None:
    for kind, pattern in CONTENTS:
        free = [field for field in fields if field.type == kind and field.name not in found.values()]
        for column in range(width):
            if free and str(column) not in found and _share(rows, column, pattern) >= ENOUGH:
                found[str(column)] = free.pop(0).name


def _share(rows: Sequence[Sequence[str]], column: int, pattern: "re.Pattern[str]") -> float:
    texts = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
    return sum(bool(pattern.fullmatch(text)) for text in texts) / len(texts) if len(texts) > 1 else 0.0


def heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Where the headings stand: the first row that fills at least half of the columns. Rows are without their numbers."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows[:20]]
    most = max(widths, default=0)
    return next((at for at, width in enumerate(widths) if width * 2 >= most and width), 0)


def unnamed(headings: Sequence[str], width: int, word: str) -> list[str]:
    """Every column has a name: those without get "Column 3"."""
    named = [*headings, *[""] * (width - len(headings))]
    return [" ".join(one.split())[:80] or word % {"n": number} for number, one in enumerate(named, 1)]


def mapped(columns: Sequence[tuple[int, str]], cells: Sequence[str]) -> dict[str, str]:
    """Field -> text of one row; two columns for one field: the first that says something."""
    values: dict[str, str] = {}
    width = len(cells)
    for place, name in columns:
        if place < width and name not in values and (text := cells[place]):
            values[name] = text
    return values
