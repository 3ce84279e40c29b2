import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from django.utils.translation import get_language

from embudo.business.directory.rules.official import subclasses
from embudo.business.directory.rules.poland import table
from embudo.kernel.fold import fold

MOST_FOUND = 20
OLD = "2007:"  # in front of codes of the classification before


@dataclass(frozen=True)
class Activity:
    """A code of PKD 2025, or of PKD 2007 where `code` begins with "2007:"."""

    code: str
    name: str

    @property
    def pk(self) -> str:
        return self.code

    @property
    def plain_code(self) -> str:
        return self.code.removeprefix(OLD)

    @property
    def list_name(self) -> str:
        return "PKD 2007" if self.code.startswith(OLD) else "PKD 2025"

    def __str__(self) -> str:
        return f"{self.plain_code} {self.name}".strip()


@cache
def _of_2025() -> Mapping[str, str]:
    """Divisions, groups and classes as the product has them; Poland's own subclasses are in the official list."""
    return {row["code"]: row["name"] for row in table("nace_2_1") if row["code"][:1].isdigit()}


@cache
def _of_2007() -> Mapping[str, str]:
    return {row["code"]: row["name"] for row in table("pkd_2007")}


def _searched() -> tuple[tuple[str, Activity], ...]:
    return _folded(tuple(subclasses().items()))


@lru_cache(maxsize=2)
def _folded(official: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Activity], ...]:
    new = (Activity(code, name) for code, name in sorted({**_of_2025(), **dict(official)}.items()))
    old = (Activity(OLD + code, name) for code, name in _of_2007().items())
    return tuple((fold(f"{one.plain_code} {one.name}"), one) for one in (*new, *old))


@cache
def _sections(*, in_polish: bool) -> tuple[tuple[str, str, str], ...]:
    """First and last division of each section, and its name."""
    english = {row["code"]: row["name"] for row in table("nace_2_1")}
    return tuple(
        (
            *row["divisions"].partition("-")[::2],
            row["name"] if in_polish else english.get(row["section"], row["name"]),
        )
        for row in table("pkd_2025_sections")
    )


def section_name(code: str) -> str:
    """The section that a code of PKD 2025 belongs to: in Polish for who reads Polish."""
    if code.startswith(OLD):
        return ""
    in_polish = (get_language() or "").startswith("pl")
    found = (
        name for first, last, name in _sections(in_polish=in_polish) if first <= code[:2] <= (last or first)
    )
    return next(found, "")


def dotted(typed: str) -> str:
    """ "6201Z" -> "62.01.Z", as the codes are printed."""
    plain = re.sub(r"[^0-9A-Z]", "", typed.upper())
    found = re.fullmatch(r"(\d{2})(\d{0,2})([A-Z]?)", plain)
    return ".".join(part for part in found.groups() if part) if found else ""


def activity(typed: str) -> Activity | None:
    """
    What a code means, as people and registers write it ("62.10.B", "6210B", "2007:62.01.Z"). One of both lists is taken
    as the newer; None where neither knows it.
    """
    is_old = typed.strip().startswith(OLD)
    code = dotted(typed.strip().removeprefix(OLD))
    if not code:
        return None
    stem, _point, letter = code.rpartition(".") if code[-1].isalpha() else (code, "", "")
    if not is_old and stem in _of_2025() and (not letter or len(stem) == 5):
        return _official(code, stem) if letter else Activity(code, _of_2025()[stem])
    name = _of_2007().get(code) if letter else _first_of(stem)
    return Activity(OLD + code, name) if name else None


def _official(code: str, stem: str) -> Activity | None:
    """By the official list where it is known; without it any letter goes, under the class's name."""
    official = subclasses()
    if not official:
        return Activity(code, _of_2025()[stem])
    return Activity(code, official[code]) if code in official else None


def _first_of(stem: str) -> str | None:
    """A class of the old list by its only subclass; several share no name."""
    names = [name for code, name in _of_2007().items() if code.startswith(f"{stem}.")]
    return names[0] if len(stem) == 5 and names else None


def activities(words: str) -> list[Activity]:
    """Those whose code begins with what is typed, then those whose name holds every word; the newer list first."""
    asked = fold(words).split()
    if not asked:
        return [Activity(code, name) for code, name in _of_2025().items() if len(code) == 2][:MOST_FOUND]
    by_code = dotted(words)
    first = [one for _text, one in _searched() if by_code and one.plain_code.startswith(by_code)]
    exact = activity(words)
    named = [one for text, one in _searched() if all(word in text for word in asked)]
    found = dict.fromkeys((*([exact] if exact else []), *first, *named))
    return list(found)[:MOST_FOUND]


def division_options() -> list[Activity]:
    """What can be chosen without script: the divisions."""
    return [Activity(code, name) for code, name in _of_2025().items() if len(code) == 2]
