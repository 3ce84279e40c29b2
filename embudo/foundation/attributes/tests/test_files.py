from typing import Any

import pytest

from embudo.business.directory.models import Company, Person
from embudo.foundation.attributes import queries
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.transfer.tests.builders import a_run_import, importer

pytestmark = pytest.mark.django_db
COMPANY = "directory.company"
FILE = (
    "Company name;Tier;Renewal;Contract;Seats\n"
    "Alfa;Gold;2026-03-21;C-1;10\n"
    "Beta;silver;;C-2;\n"
    "Gamma;bronze;;C-3;many\n"
)


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def attributes(kind: str = COMPANY) -> None:
    an_attribute("choice", "Tier", kind=kind, choices="Gold\nSilver")
    an_attribute("date", "Renewal", kind=kind)
    an_attribute("text", "Contract", kind=kind, is_unique=True)
    an_attribute("number", "Seats", kind=kind, default="5")


def test_import_writes_custom_values_and_says_what_is_wrong() -> None:
    attributes()
    found = a_run_import(importer(), FILE)
    assert (found.created_count, found.failed_count) == (2, 1)
    assert {one.name: one.custom for one in Company.objects.order_by("name")} == {
        "Alfa": {"tier": "gold", "renewal": "2026-03-21", "contract": "C-1", "seats": 10},
        "Beta": {"tier": "silver", "contract": "C-2", "seats": 5},
    }


def test_import_of_the_same_file_twice_changes_nothing() -> None:
    attributes()
    actor = importer()
    a_run_import(actor, FILE)
    again = a_run_import(actor, FILE)
    assert (again.created_count, again.updated_count, again.same_count) == (0, 0, 2)


def test_import_of_people_brings_custom_values_too() -> None:
    attributes("directory.person")
    a_run_import(importer(), "First name;Last name;Tier\nAnna;Nowak;Gold\n", kind="directory.person")
    assert Person.objects.get().custom == {"tier": "gold", "seats": 5}


def test_import_fields_are_those_one_may_change() -> None:
    an_attribute("text", "Margin", kind=COMPANY, edit_roles=("manager",), labels={"pl": "Marża"})
    assert [one.name for one in queries.import_fields(importer(), COMPANY)] == ["custom_margin"]
    assert queries.import_fields(importer(), COMPANY)[0].words == ("margin", "marża")
