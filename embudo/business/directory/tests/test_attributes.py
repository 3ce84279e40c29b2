import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import override

from embudo.business.directory import queries, rules
from embudo.business.directory.models import Company
from embudo.business.directory.rules import poland
from embudo.foundation.access.tests.builders import an_admin
from embudo.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"country": "ES", "tax_id": "A-13585625"}, "A13585625"),
        ({"country": "ES", "tax_id": "54362315-K"}, "54362315K"),
        ({"country": "FR", "tax_id": "732 829 320"}, "732829320"),
        ({"country": "FR", "tax_id": "FR 40 303 265 045"}, "40303265045"),
        ({"country": "DE", "tax_id": "136,695 976".replace(",", " ")}, "136695976"),
        ({"country": "US", "tax_id": "12-3456789"}, "123456789"),
    ],
)
def test_tax_number_follows_the_country(given: dict[str, Any], kept: str) -> None:
    assert rules.checked_company(given)["tax_id"] == kept


@pytest.mark.parametrize(
    ("field", "value", "country", "kept"),
    [
        ("vat_id", "pl 526-025-02-74", "", "PL5260250274"),
        ("vat_id", "094259216", "GR", "EL094259216"),
        ("siret", "732 829 320", "FR", "732829320"),
        ("siret", "732 829 320 00074", "FR", "73282932000074"),
        ("pkd", "6210B", "", "62.10.B"),
        ("pkd", "62", "", "62"),
        ("pkd", "62.01.z", "", "2007:62.01.Z"),
        ("pkd", "2007:6201Z", "", "2007:62.01.Z"),
        ("pkd_others", "62.10.B, 6201Z;62.10.B", "", "62.10.B, 2007:62.01.Z"),
        ("fax", "58 301 22 14", "PL", "+48583012214"),
        ("size", "small", "", "small"),
    ],
)
def test_standard_attribute_is_checked_and_normalised(
    field: str, value: str, country: str, kept: str
) -> None:
    assert rules.checked_company({field: value}, country)[field] == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vat_id", "US123"), ("vat_id", "PL1234567890"), ("vat_id", "PL" + "1" * 40), ("siret", "732829321"),
        ("siret", "1"), ("pkd", "99.99.Z"), ("pkd", "62.10.BB"), ("pkd", "software"), ("pkd_others", "62.10.B, x"),
        ("pkd_others", ",".join(f"{number:02}.11.Z" for number in range(100))), ("size", "huge"), ("source1", "x" * 121),
    ],
)  # fmt: skip
def test_standard_attribute_names_the_fault(field: str, value: str) -> None:
    with pytest.raises(Invalid) as fault:
        rules.checked_company({field: value}, "")
    assert list(fault.value.errors) == [field]


@pytest.mark.parametrize(
    ("employees", "size"),
    [(0, "micro"), (9, "micro"), (10, "small"), (49, "small"), (50, "medium"), (250, "large")],
)
def test_size_follows_from_the_employees(employees: int, size: str) -> None:
    assert rules.checked_company({"employees": employees, "size": "micro"})["size"] == size


def test_postcode_suggests_town_and_region() -> None:
    assert rules.place("80001") == rules.Place("80-001", "Gdańsk", "pomorskie")
    assert rules.place("00-000") is None
    assert {one.town for one in rules.places("80-00")} == {"Gdańsk"}
    assert rules.places("zakopa")[0].town == "Zakopane"
    assert rules.places(" ") == []


def test_postcode_doubts_another_town_or_region() -> None:
    assert rules.doubt("80-001", "gdansk", "Pomorskie") is None
    assert rules.doubt("80-001", "Kraków", "") == rules.place("80-001")
    assert rules.doubt("80-001", "Gdańsk", "śląskie") == rules.place("80-001")
    assert rules.doubt("99-999", "Kraków", "") is None


def test_reference_data_is_whole() -> None:
    rows = list(poland.table("postcodes_pl"))
    assert (len(rows), len(rules.regions())) == (22_090, 16)
    assert all(row["voivodeship"] in poland.VOIVODESHIPS for row in rows if row["voivodeship"])
    assert len(list(poland.table("pkd_2007"))) == 656
    assert len(list(poland.table("nace_2_1"))) == 1047


def test_activity_is_found_by_code_and_by_words() -> None:
    assert rules.activities("62.10")[0].code == "62.10"
    assert rules.activities("6210B")[0].code == "62.10.B"
    assert "2007:62.01.Z" in [one.code for one in rules.activities("oprogramowaniem")]
    assert len(rules.activities("")) == 20
    assert rules.activities("no such words at all") == []
    found = rules.activity("62.10.B")
    assert found is not None
    assert (str(found), found.list_name) == ("62.10.B Computer programming activities", "PKD 2025")


def test_section_is_named_in_polish_for_who_reads_it() -> None:
    with override("pl"):
        assert rules.section_name("01.11") == "Rolnictwo, leśnictwo i rybactwo"
    with override("en"):
        assert rules.section_name("01.11").lower() == "agriculture, forestry and fishing"
    assert rules.section_name("2007:62.01.Z") == ""


def test_reference_data_is_read_only_when_asked_for() -> None:
    code = (
        "from embudo.business.directory.rules.activities import _of_2025;"
        "from embudo.business.directory.rules.poland import _towns;"
        "print(_towns.cache_info().currsize, _of_2025.cache_info().currsize)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (told.stdout.split(), told.stderr) == (["0", "0"], "")


@pytest.mark.django_db
@pytest.mark.parametrize("is_customer", [True, False])
def test_customers_are_looked_up_in_an_index(is_customer: bool) -> None:  # noqa: FBT001 - a parameter of the test
    rare = [Company(name=f"Boats {n}", is_customer=(n % 40 == 0) is is_customer) for n in range(2000)]
    Company.objects.bulk_create(rare)
    if connection.vendor == "postgresql":  # of an unknown table it believes anything
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE directory_company")
    found = queries.companies(an_admin(), is_customer=is_customer).order_by("-updated", "-id")[:10]
    plan = found.explain()
    assert "company_customer_updated" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
