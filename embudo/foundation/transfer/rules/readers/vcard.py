"""Address cards, versions 2.1 to 4.0: one row a card."""

import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from embudo.foundation.transfer.rules.readers import delimited
from embudo.foundation.transfer.rules.readers.fault import LONGEST_CELL, FileFault, Row, Table

HEADINGS = (
    "First name", "Last name", "Name", "Company", "Job title", "E-mail", "Phone", "Mobile", "Website", "Street",
    "Postcode", "Town", "Region", "Country", "Remarks", "Birthday", "Categories", "Kind",
)  # fmt: skip
UNESCAPED = re.compile(r"\\(.)")
PARTS = re.compile(r"(?<!\\);")
SIMPLE = {
    "TITLE": "Job title", "URL": "Website", "NOTE": "Remarks", "FN": "Name", "BDAY": "Birthday",
    "CATEGORIES": "Categories", "KIND": "Kind",
}  # fmt: skip


def read(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    charset, skipped = delimited.charset_of(file, options.get("charset") or "")
    lines = delimited.text_of(file, charset, skipped)
    return Table("vcard", _rows(lines), {"charset": charset, "has_headings": True})


def _rows(lines: Iterable[str]) -> Iterator[Row]:
    yield [0, *HEADINGS]
    card: dict[str, str] | None = None
    number = 0
    for line in _unfolded(lines):
        name, parameters, value = _parted(line)
        if name == "BEGIN" and value.upper() == "VCARD":
            card, number = {}, number + 1
        elif name == "END" and card is not None:
            yield [number, *(card.get(heading, "") for heading in HEADINGS)]
            card = None
        elif card is not None:
            _enter(card, name, parameters, value)
    if card is not None:
        raise FileFault("card_cut", row=number)
    if not number:
        raise FileFault("empty")


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Long lines go on in the next, which then begins with a blank; quoted-printable ones end in "="."""
    whole = ""
    for raw in lines:
        line = raw.rstrip("\r\n")
        if line[:1] in {" ", "\t"}:
            whole += line[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper():
            whole = whole[:-1] + line
        else:
            if whole:
                yield whole
            whole = line
        if len(whole) > 40 * LONGEST_CELL:
            raise FileFault("card_long")
    if whole:
        yield whole


def _parted(line: str) -> tuple[str, str, str]:
    """Name, parameters in upper case, value; a group in front ("item1.") is left out."""
    head, _colon, value = line.partition(":")
    while head.count('"') % 2 and ":" in value:
        further, _colon, value = value.partition(":")
        head = f"{head}:{further}"
    name, _semicolon, parameters = head.partition(";")
    parameters = parameters.upper()
    if "QUOTED-PRINTABLE" in parameters:
        charset = re.search(r"CHARSET=([\w-]+)", parameters)
        value = _unquoted(value, charset[1] if charset else "utf-8")
    return name.rpartition(".")[2].strip().upper(), parameters, value


def _unquoted(value: str, charset: str) -> str:
    try:
        return quopri.decodestring(value.encode("latin-1", "replace")).decode(charset, "replace")
    except LookupError:
        return value


def _plain(value: str) -> str:
    return UNESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()


def _enter(card: dict[str, str], name: str, parameters: str, value: str) -> None:
    if name == "N":
        last, first, *_rest = [_plain(part) for part in [*PARTS.split(value), "", ""]]
        card["First name"], card["Last name"] = first, last
    elif name == "ORG":
        card.setdefault("Company", _plain(PARTS.split(value)[0]))
    elif name == "EMAIL":
        card.setdefault("E-mail", _plain(value).removeprefix("mailto:"))
    elif name == "TEL":
        _enter_phone(card, parameters, _plain(value).removeprefix("tel:"))
    elif name == "ADR":
        _enter_address(card, [_plain(part) for part in [*PARTS.split(value), *[""] * 7]])
    elif name in SIMPLE:
        card.setdefault(SIMPLE[name], _plain(value)[:LONGEST_CELL])


def _enter_phone(card: dict[str, str], parameters: str, number: str) -> None:
    kind = "Mobile" if "CELL" in parameters else "Phone"
    if "FAX" not in parameters:
        card.setdefault(kind if kind not in card else "Phone" if kind == "Mobile" else "Mobile", number)


def _enter_address(card: dict[str, str], parts: list[str]) -> None:
    _box, _more, street, town, region, postcode, country = parts[:7]
    for heading, text in (
        ("Street", street), ("Town", town), ("Region", region), ("Postcode", postcode), ("Country", country),
    ):  # fmt: skip
        card.setdefault(heading, text)
