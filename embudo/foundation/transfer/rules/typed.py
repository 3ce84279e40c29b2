"""Cells as people write them, read as what a field holds."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any
from uuid import UUID

from babel.core import Locale
from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer.rules.cells import undefused
from embudo.foundation.transfer.rules.steps import ACTIONS
from embudo.kernel.fold import fold
from embudo.kernel.kind import ImportField

LANGUAGES = ("en", "fr", "es", "pl", "de")
YES = frozenset(
    [
        "1",
        "true",
        "yes",
        "y",
        "x",
        "t",
        "tak",
        "oui",
        "o",
        "vrai",
        "si",
        "s",
        "verdadero",
        "prawda",
        "ja",
        "✓",
    ]
)
NO = frozenset(["0", "false", "no", "n", "nie", "non", "faux", "falso", "falsz", "f", "nein", "-"])
NUMBER = re.compile(r"[+-]?\d{1,15}([.,]0+)?")
GROUPED = re.compile(r"\d{1,3}([ .,\u00a0\u202f']\d{3})+")
ISO_DAY = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?:[T ][\d:.]*)?$", re.ASCII
)
YEAR_LAST = re.compile(r"(?P<day>\d{1,2})([-/.])(?P<month>\d{1,2})\2(?P<year>\d{4})", re.ASCII)
WRONG_DAY = _("Write the date as year-month-day, such as 2026-03-21.")
OTHER_NAMES = {"uk": "GB", "usa": "US", "great britain": "GB", "england": "GB", "holland": "NL", "czech republic": "CZ", "rzeczpospolita polska": "PL"}  # fmt: skip
MARKS = ("'", "#", " ", "")  # of our own defusing, of errors of formulas, of nothing
CELL_ERROR = re.compile(r"#(N/A|DIV/0!|REF!|NAME\?|VALUE!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)")


class Misread(Exception):
    """A cell can't be what its field holds; the message says what to write."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(message)


@cache
def countries() -> Mapping[str, str]:
    """Names in five languages, folded, and codes -> code."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found[fold(name)] = code
                found[code.lower()] = code
    return {**found, **OTHER_NAMES}


def reader_of(field: ImportField, people: Mapping[str, UUID]) -> Callable[[str], Any]:
    """What reads this field's cells: the value that a text stands for. It refuses (Misread) what can be none."""
    meant = READERS.get(field.type)
    if field.type == "choice":
        meant = partial(_choice, field)
    elif field.type == "user":
        meant = partial(_user, people=people)

    def read(text: str) -> Any:
        if not (text.isprintable() and text[:1] not in MARKS and text[-1:] != " "):
            text = _cleaned(field, text)
        return meant(text) if meant else text

    return read


def _cleaned(field: ImportField, text: str) -> str:
    text = undefused(text).strip()
    if CELL_ERROR.fullmatch(text):
        raise Misread(_("The cell holds the error of a formula. Put the value there."))
    if field.type != "long_text" and len(text) > 1:
        text = text.strip("\u200b\ufeff")
    return text


@lru_cache(maxsize=1024)
def _yes_no(text: str) -> bool:
    word = fold(text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise Misread(_("Write yes or no."))


def _number(text: str) -> str:
    if text.isdecimal() and text.isascii() and len(text) <= 15:
        return text
    if NUMBER.fullmatch(text):
        return re.split(r"[.,]", text)[0]
    if GROUPED.fullmatch(text):
        return re.sub(r"\D", "", text)
    raise Misread(_("Write a whole number."))


@lru_cache(maxsize=1024)
def _country(text: str) -> str:
    code = countries().get(fold(text).strip(" ."))
    if not code:
        raise Misread(_("Write the country's name or its code of two letters."))
    return code


def _date(text: str) -> str:
    """In ISO form; else the day stands first, as all but Americans write it."""
    found = ISO_DAY.match(text) or YEAR_LAST.fullmatch(text)
    if found is None:
        raise Misread(WRONG_DAY)
    parts = found.groupdict()
    try:
        return date(int(parts["year"]), int(parts["month"]), int(parts["day"])).isoformat()
    except ValueError:
        raise Misread(WRONG_DAY) from None


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Misread(_("Leave the ID as the export wrote it.")) from None


def _code(text: str) -> str:
    return text.removesuffix(".0")


def _choice(field: ImportField, text: str) -> str:
    word = fold(text)
    for value, label in field.choices:
        if word in (fold(str(value)), fold(str(label))):
            return str(value)
    raise Misread(
        _("Write one of: %(choices)s.") % {"choices": ", ".join(str(label) for _v, label in field.choices)}
    )


def _user(text: str, people: Mapping[str, UUID]) -> str:
    found = people.get(fold(text))
    if found is None:
        raise Misread(_("Write the e-mail address or the name of a colleague."))
    return str(found)


READERS: Mapping[str, Any] = {
    "yes_no": _yes_no, "number": _number, "country": _country, "id": _id, "code": _code, "date": _date,
}  # fmt: skip


def action_of(text: str) -> str:
    """What a row's own cell asks for; "" when it says nothing. Refuses (Misread) other words."""
    word = fold(undefused(text))
    if not word:
        return ""
    for action, words in ACTIONS.items():
        if word in words:
            return action
    raise Misread(_("Write create, update or skip."))
