import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from embudo.kernel.money import Money

FORMULA = ("=", "+", "-", "@", "\t", "\r")
TAGS = re.compile(r"<[^>]*>")
NOT_PLAIN = re.compile(r"  | \||\| |—")  # blanks that say nothing, and what stands where there is nothing
PLAIN_NUMBER = re.compile(r"[+-]?\d+([ .,]\d+)*")
LONGEST_CELL = 32_767  # what a spreadsheet's cell holds
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@lru_cache(maxsize=4096)  # badges come again and again
def _unmarked(markup: str) -> str:
    return unescape(TAGS.sub(" ", markup))


def words_of(markup: Any) -> str:
    """What a cell drawn for the screen says."""
    text = _unmarked(markup) if isinstance(markup, SafeString) else str(markup)
    return " ".join(text.split())


def defused(text: str) -> str:
    """A spreadsheet would run a text that begins like a formula; a phone or an amount that begins with a sign is none."""
    return f"'{text}" if text.startswith(FORMULA) and not PLAIN_NUMBER.fullmatch(text) else text


def undefused(text: str) -> str:
    """Takes our own apostrophe away again, and only ours: what follows it has to look like a formula."""
    rest = text[1:]
    return rest if text[:1] == "'" and rest.startswith(FORMULA) and not PLAIN_NUMBER.fullmatch(rest) else text


def exported(value: Any, kind: str, zone: ZoneInfo) -> Any:
    """A cell's value as a spreadsheet keeps it: numbers as numbers, days as days, instants in the reader's time zone."""
    if value is None or value == "—":
        return ""
    if isinstance(value, Money):
        return value
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
        return Money(*value)
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, date | bool | int | float | Decimal):
        return value
    return ILLEGAL.sub("", words_of(value))[:LONGEST_CELL]


def exported_column(values: Sequence[Any], kind: str, zone: ZoneInfo) -> Sequence[Any]:
    """The same for a column of many rows: texts in which there is nothing to change are looked at together."""
    if set(map(type, values)) == {str}:
        whole = f"|{'|'.join(values)}|"
        if whole.isprintable() and not NOT_PLAIN.search(whole) and max(map(len, values)) <= LONGEST_CELL:
            return values
    return [exported(value, kind, zone) for value in values]


def as_text(value: Any) -> str:
    """For CSV: ISO days and times, amounts with a point and their currency."""
    if isinstance(value, Money):
        return f"{value.major} {value.currency}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return defused(str(value))


Row = Sequence[Any]
Reader = Callable[[Any], Any]
