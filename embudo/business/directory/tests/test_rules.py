from typing import Any

import pytest

from embudo.business.directory.rules import (
    checked_company,
    checked_person,
    company_key,
    parted_name,
    person_key,
    tax_key,
)
from embudo.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ACME, Sp. z o.o.", "acme"),
        ("Acme spółka z ograniczoną odpowiedzialnością", "acme"),
        ("Żabka Polska S.A.", "zabka polska"),
        ("Acme Corporation", "acme"),
        ("L'Oréal SA", "l oreal"),
        ("Müller & Söhne GmbH", "muller sohne"),
        ("SA", "sa"),
    ],
)
def test_company_key_drops_legal_form_and_accents(name: str, key: str) -> None:
    assert company_key(name) == key


def test_person_key_does_not_mind_the_order() -> None:
    assert person_key("Łucja", "Nowak") == person_key("Nowak", "lucja") == "lucja nowak"


def test_tax_key_drops_country_and_signs() -> None:
    assert tax_key("PL 526-025-02-74") == "5260250274"


def test_checked_company_normalises() -> None:
    given = {
        "name": "  Acme   Ltd ", "tax_id": "526-025-02-74", "phone": "58 301 22 14", "website": "acme.pl",
        "postcode": "00950", "country": "pl", "krs": "28860", "email": "Office@ACME.pl",
    }  # fmt: skip
    assert checked_company(given) == {
        "name": "Acme Ltd", "tax_id": "5260250274", "phone": "+48583012214", "website": "https://acme.pl",
        "postcode": "00-950", "country": "PL", "krs": "0000028860", "email": "office@acme.pl",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " -- "), ("tax_id", "526-025-02-75"), ("regon", "123456786"), ("krs", "12a"), ("email", "a@b"),
        ("phone", "12"), ("website", "acme"), ("postcode", "0095"), ("country", "XX"), ("employees", -1),
        ("founded", 99999), ("town", "x" * 81), ("street", "a\0b"), ("tax_id", "ż" * 9),
    ],
)  # fmt: skip
def test_checked_company_names_field_and_remedy(field: str, value: Any) -> None:
    with pytest.raises(Invalid) as fault:
        checked_company({field: value}, "PL")
    assert list(fault.value.errors) == [field]


def test_checked_person_needs_a_last_name() -> None:
    with pytest.raises(Invalid) as fault:
        checked_person({"last_name": ""})
    assert str(fault.value.errors["last_name"][0]) == "Enter the last name."


@pytest.mark.parametrize(
    ("whole", "first", "last", "parts"),
    [
        ("Anna Maria Nowak", "Anna", "Nowak", ("Anna Maria", "Nowak")),
        ("Anna Nowak Kowalska", "Anna", "Nowak", ("Anna", "Nowak Kowalska")),
        ("Jan van Dyk", "Piet", "van Dyk", ("Jan", "van Dyk")),
        ("Ewa Lis", "Anna", "Nowak", ("Ewa", "Lis")),
        ("Nowak", "Anna", "Nowak", ("", "Nowak")),
        ("  Lis ", "", "", ("", "Lis")),
    ],
)
def test_parted_name(whole: str, first: str, last: str, parts: tuple[str, str]) -> None:
    assert parted_name(whole, first, last) == parts
