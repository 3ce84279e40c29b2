import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from embudo.kernel.fold import fold

DATA = Path(__file__).parent / "data"
MOST_PLACES = 20
VOIVODESHIPS: Mapping[str, str] = {
    "02": "dolnośląskie", "04": "kujawsko-pomorskie", "06": "lubelskie", "08": "lubuskie", "10": "łódzkie",
    "12": "małopolskie", "14": "mazowieckie", "16": "opolskie", "18": "podkarpackie", "20": "podlaskie",
    "22": "pomorskie", "24": "śląskie", "26": "świętokrzyskie", "28": "warmińsko-mazurskie",
    "30": "wielkopolskie", "32": "zachodniopomorskie",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    postcode: str
    town: str
    region: str


def table(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=";")


@cache
def _towns() -> Mapping[str, tuple[str, str]]:
    """Town and voivodeship by postcode; 22,090 of them, read when the first is asked for."""
    return {
        row["postcode"]: (row["town"], VOIVODESHIPS.get(row["voivodeship"], ""))
        for row in table("postcodes_pl")
    }


@cache
def _folded() -> tuple[tuple[str, str], ...]:
    return tuple((fold(town), code) for code, (town, _region) in _towns().items())


def place(postcode: str) -> Place | None:
    """Where a postcode such as 80-001 belongs, as far as is known: one town a code."""
    digits = "".join(sign for sign in postcode if sign.isdigit())
    code = f"{digits[:2]}-{digits[2:]}"
    found = _towns().get(code)
    return Place(code, *found) if found else None


def places(words: str) -> list[Place]:
    """Places whose postcode begins with the digits, or whose town begins with the words, however accented."""
    typed = fold(words).strip()
    digits = typed.replace("-", "").replace(" ", "")
    if not typed:
        return []
    if digits.isdigit():
        found = (code for code in _towns() if code.replace("-", "").startswith(digits))
    else:
        found = (code for town, code in _folded() if town.startswith(typed))
    chosen = [code for code, _number in zip(found, range(MOST_PLACES), strict=False)]
    return [Place(code, *_towns()[code]) for code in chosen]


def regions() -> list[str]:
    return sorted(VOIVODESHIPS.values(), key=fold)


def doubt(postcode: str, town: str, region: str) -> Place | None:
    """The place that the postcode means, when town or voivodeship say something else; None when all fits or nothing is known."""
    known = place(postcode)
    if known is None:
        return None
    other_town = bool(town) and fold(town) != fold(known.town)
    other_region = bool(region) and bool(known.region) and fold(region) != fold(known.region)
    return known if other_town or other_region else None


def place_hints(country: str, *, postcode: str, town: str, region: str) -> dict[str, Any]:
    """What the values typed so far say about town and voivodeship; nothing for other countries than Poland."""
    if country != "PL":
        return {"regions": ()}
    known = place(postcode)
    found = [known] if known else places(postcode or town)
    return {
        "towns": sorted({one.town for one in found}),
        "regions": [known.region] if known and known.region else regions(),
        "place": known if known and not town else None,
        "doubt": doubt(postcode, town, region),
    }
