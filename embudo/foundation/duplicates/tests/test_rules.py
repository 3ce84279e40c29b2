import pytest

from embudo.foundation.duplicates.rules.normal import (
    company_key,
    email_domain,
    latin,
    mailbox,
    phone_digits,
    tax_country,
    tax_key,
    web_domain,
)
from embudo.foundation.duplicates.rules.scanning import LARGEST_BLOCK, block_pairs, candidate_pairs, parted
from embudo.foundation.duplicates.rules.traits import company_traits, person_traits
from embudo.foundation.duplicates.rules.weighing import (
    COMPANY,
    PERSON,
    POSSIBLE,
    probability,
    rarity_bits,
)

ACME = {
    "name": "Acme Transport Sp. z o.o.", "tax_id": "5260250274", "country": "PL", "email": "office@acme.pl",
    "phone": "+48583012214", "website": "https://www.acme.pl", "town": "Gdańsk", "postcode": "80-001", "street": "Długa", "number": "5",
}  # fmt: skip
ANNA = {
    "first_name": "Katarzyna",
    "last_name": "Wójcik",
    "email": "k.wojcik@acme.pl",
    "phone": "+48600100200",
    "company": "Acme",
}


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ACME, Sp. z o.o.", "acme"),
        ("Acme spółka z ograniczoną odpowiedzialnością", "acme"),
        ("Acme S. A.", "acme"),
        ("Établissements Dupont S.A.R.L.", "etablissements dupont"),
        ("Muebles León, S.L.", "muebles leon"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Acme Ltd.", "acme"),
        ("P.H.U. Kowalski s.c.", "kowalski"),
        ("S.A.S.", "sas"),
    ],
)
def test_company_key(typed: str, key: str) -> None:
    assert company_key(typed) == key


@pytest.mark.parametrize(
    ("typed", "plain"), [("Müller", "muller"), ("Mueller", "muller"), ("Киев", "kiev"), ("Łódź", "lodz")]
)
def test_latin(typed: str, plain: str) -> None:
    assert latin(typed) == plain


def test_normal_forms() -> None:
    assert mailbox(" Jan+crm@ACME.pl ") == "jan@acme.pl"
    assert (email_domain("a@acme.pl"), email_domain("a@gmail.com")) == ("acme.pl", "")
    assert web_domain("https://www.Acme.pl:8080/shop") == "acme.pl"
    assert (tax_key("PL 526-025-02-74"), tax_country("PL5260250274")) == ("5260250274", "PL")
    assert phone_digits("+48 58 301 22 14") == "583012214"


def likelihood(one: dict[str, str], other: dict[str, str]) -> float:
    comparison, traits = (PERSON, person_traits) if "last_name" in one else (COMPANY, company_traits)
    return comparison.likeness(traits(one), traits(other)).probability


@pytest.mark.parametrize(
    "other",
    [
        {"name": "ACME TRANSPROT"},
        {"name": "Transport Acme", "tax_id": ""},
        {"tax_id": "5260250247", "email": "biuro@acme.pl"},
        {"name": "Acme", "phone": "", "email": ""},
    ],
)
def test_company_written_otherwise_is_the_same(other: dict[str, str]) -> None:
    assert likelihood(ACME, ACME | other) >= 0.8


@pytest.mark.parametrize(
    "other",
    [
        # another branch of the chain
        {"tax_id": "1111111111", "email": "sopot@acme.pl", "phone": "+48583019999", "town": "Sopot", "postcode": "81-701", "street": "Morska"},
        # another firm in the same house, behind the same switchboard
        {"name": "Acme Meble", "tax_id": "1111111111", "email": "", "website": ""},
        # the same number in another country
        {"name": "Zebra", "country": "FR", "email": "", "phone": "", "website": "", "town": "Lyon", "postcode": "69001", "street": ""},
    ],
)  # fmt: skip
def test_company_that_only_looks_alike_is_another(other: dict[str, str]) -> None:
    assert likelihood(ACME, ACME | other) < POSSIBLE


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Kasia", "phone": ""},
        {"first_name": "Wojcik", "last_name": "Katarzyna", "email": ""},
        {"last_name": "Wojcki", "company": ""},
        {"company": "Elsewhere", "email": "k.wojcik@elsewhere.com"},
    ],
)
def test_person_written_otherwise_is_the_same(other: dict[str, str]) -> None:
    assert likelihood(ANNA, ANNA | other) >= 0.8


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Piotr", "email": "p.wojcik@acme.pl"},  # the family firm, with one phone
        {"email": "kw@other.com", "phone": "+48511222333", "company": "Other"},  # a namesake
        {"first_name": "Piotr", "email": "info@acme.pl", "phone": ""},
    ],
)
def test_person_that_only_looks_alike_is_another(other: dict[str, str]) -> None:
    assert likelihood(ANNA, ANNA | other) < POSSIBLE


def test_empty_records_are_no_duplicates() -> None:
    empty = company_traits({})
    assert COMPANY.likeness(empty, empty).probability < POSSIBLE
    assert COMPANY.keys(empty) == []


def test_reasons_name_the_weightiest_first() -> None:
    told = COMPANY.likeness(company_traits(ACME), company_traits(ACME | {"name": "ACME"}))
    assert COMPANY.reasons(told.levels)[0] == ("tax", 0)


def test_rare_names_say_more_than_common_ones() -> None:
    assert rarity_bits(2) > rarity_bits(32) == 0 > rarity_bits(500)


def test_probability_of_even_odds_is_a_half() -> None:
    assert (probability(0), round(probability(3), 3)) == (0.5, 0.889)


def test_pairs_are_compared_once_whatever_they_share() -> None:
    known = [company_traits(ACME)] * 3
    entries = [key << 24 | index for key in (1, 2) for index in range(3)]
    assert [parted(pair) for pair in candidate_pairs(entries, known)] == [(0, 1), (0, 2), (1, 2)]


def test_large_blocks_grow_only_with_their_size() -> None:
    count = 20 * LARGEST_BLOCK
    known = [company_traits({"name": f"Acme {index}"}) for index in range(count)]
    assert len(list(block_pairs(list(range(count)), known))) < 9 * count


@pytest.mark.parametrize(
    "other",
    [{"name": "ACME"}, {"name": "Zebra"}, {"tax_id": "1111111111"}, {"phone": "", "email": ""}, {"name": ""}],
)
def test_short_way_gives_the_same_answer(other: dict[str, str]) -> None:
    one, two = company_traits(ACME), company_traits(ACME | other)
    assert COMPANY.is_possible(one, two) == (COMPANY.likeness(one, two).probability >= POSSIBLE)
