from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from embudo.foundation.duplicates.rules.normal import (
    company_key,
    email_domain,
    latin_letters,
    mailbox,
    phone_digits,
    tax_country,
    tax_key,
    web_domain,
    words_of,
)

Row = Mapping[str, Any]  # what a record holds, by role
# Letter boxes of a house, not of a person.
SHARED_BOXES = frozenset([
    "accounts", "accueil", "admin", "administracion", "biuro", "contact", "contacto", "hello", "hr",
    "info", "kadry", "kontakt", "ksiegowosc", "kundenservice", "mail", "office", "poczta", "praca",
    "recepcja", "sales", "secretariat", "sekretariat", "shop", "sklep", "sprzedaz", "support", "ventas",
    "ventes",
])  # fmt: skip


class Traits(NamedTuple):
    """A record as it is compared; the same places for every kind, empty where there is nothing to compare."""

    name: str  # its words in alphabetical order
    first: str  # of a person
    last: str
    email: str
    phones: tuple[str, ...]
    site: str  # the domain of the website or, if it is nobody's provider, of the mail
    tax: str
    tax_country: str
    town: str
    postcode: str
    street: str
    house: str  # where a person works


def _text(row: Row, role: str) -> str:
    return row.get(role) or ""


def _phones(row: Row) -> tuple[str, ...]:
    found = [phone_digits(row.get(role) or "") for role in ("phone", "mobile")]
    return tuple(digits for digits in found if len(digits) >= 6)


def company_traits(row: Row) -> Traits:
    """A company by its roles: name, tax_id, country, email, phone, mobile, website, town, postcode, street, number."""
    email = mailbox(_text(row, "email"))
    tax_id = _text(row, "tax_id")
    street = words_of(f"{_text(row, 'street')} {_text(row, 'number')}")
    return Traits(
        name=" ".join(sorted(latin_letters(company_key(_text(row, "name"))).split())),
        first="",
        last="",
        email=email,
        phones=_phones(row),
        site=web_domain(_text(row, "website")) or email_domain(email),
        tax=tax_key(tax_id),
        tax_country=tax_country(tax_id) or _text(row, "country").upper(),
        town=words_of(_text(row, "town")),
        postcode="".join(_text(row, "postcode").split()).upper(),
        street=street,
        house="",
    )


def person_traits(row: Row) -> Traits:
    """A person by their roles: first_name, last_name, email, phone, mobile, company (its name), town."""
    email = mailbox(_text(row, "email"))
    first, last = words_of(_text(row, "first_name")), words_of(_text(row, "last_name"))
    return Traits(
        name=" ".join(sorted(f"{first} {last}".split())),
        first=first,
        last=last,
        email="" if email.partition("@")[0] in SHARED_BOXES else email,
        phones=_phones(row),
        site=email_domain(email),
        tax="",
        tax_country="",
        town=words_of(_text(row, "town")),
        postcode="",
        street="",
        house=company_key(_text(row, "company")),
    )


def _start(word: str, letters: int) -> str:
    return word.replace(" ", "")[:letters]


def skeleton(text: str) -> str:
    """The first letter and the consonants after it, doubles once: what most typing mistakes leave as it is."""
    kept = text[:1]
    for letter in text[1:]:
        if letter not in "aeiouyhw " and letter != kept[-1]:
            kept += letter
    return kept[:8]


def company_blocks(one: Traits) -> list[str]:
    """Keys of which two records of one company very likely share at least one."""
    keys = _shared_blocks(one)
    if one.tax:
        keys.append(f"t{one.tax}")
    if one.site:
        keys.append(f"d{one.site}")
    if one.name:
        keys.append(f"n{one.name}")
        place = one.postcode[:2] or _start(one.town, 3)
        keys += [f"w{word[:4]}|{place}" for word in one.name.split() if len(word) > 2][:3] if place else []
        if not one.tax:
            keys.append(f"s{skeleton(one.name)}")
    if one.street and one.postcode:
        keys.append(f"a{one.postcode}{_start(one.street, 5)}")
    return keys


def person_blocks(one: Traits) -> list[str]:
    """Keys of which two records of one person very likely share at least one."""
    keys = _shared_blocks(one)
    if one.name:
        keys.append(f"n{one.name}")
    if one.last:
        keys.append(f"i{one.first[:1]}{skeleton(one.last)}")
    if one.email:
        keys.append(f"m{one.email.partition('@')[0]}")
    for house in {one.house, one.site} - {""}:
        keys += [f"h{house}|{part[:3]}" for part in {one.first, one.last} if part]
    return keys


def _shared_blocks(one: Traits) -> list[str]:
    keys = [f"p{digits}" for digits in set(one.phones)]
    if one.email:
        keys.append(f"e{one.email}")
    return keys


Preparing = Callable[[Row], Traits]
Blocking = Callable[[Traits], Sequence[str]]
