import pytest
from django.db import connection

from embudo.business.directory import commands
from embudo.business.directory.commands.import_companies import (
    checked_companies,
    companies_by_key,
    company_key_of,
)
from embudo.business.directory.commands.import_people import checked_people, people_by_key, person_key_of
from embudo.business.directory.models import Company, Person
from embudo.foundation.access.tests.builders import ann, cat
from embudo.kernel.act import acting
from embudo.kernel.change import changes_of_act
from embudo.kernel.editing import written
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.kind import ImportRow
from embudo.kernel.models import LogEntry
from embudo.kernel.prepared import MANY

pytestmark = pytest.mark.django_db


def test_import_companies_creates_and_changes_in_one_go() -> None:
    known = commands.register_company(ann(), name="Alfa", town="Hel")
    rows = [
        ImportRow({"town": "Sopot"}, known.pk),
        ImportRow({"name": "Beta"}),
        ImportRow({"town": "Sopot"}, known.pk, only_empty=True),
    ]
    results = commands.import_companies(ann(), rows=rows[:2])
    assert [one.outcome for one in results] == ["updated", "created"]
    assert [one.outcome for one in commands.import_companies(ann(), rows=rows[2:])] == ["same"]
    assert sorted(Company.objects.values_list("name", "town")) == [("Alfa", "Sopot"), ("Beta", "")]


def test_import_companies_refuses_without_the_grant() -> None:
    with pytest.raises(Forbidden):
        commands.import_companies(cat(), rows=[])


def test_import_people_links_to_companies_by_name() -> None:
    commands.register_company(ann(), name="Alfa S.A.")
    rows = [
        ImportRow({"last_name": "Nowak", "company": "ALFA"}),
        ImportRow({"last_name": "Kos", "company": "Beta"}),
    ]
    assert [one.outcome for one in commands.import_people(ann(), rows=rows)] == ["created", "created"]
    found = Person.objects.order_by("last_name").values_list("last_name", "company__name")
    assert list(found) == [("Kos", "Beta"), ("Nowak", "Alfa S.A.")]


def test_import_people_leaves_a_name_that_two_companies_have() -> None:
    for _time in range(2):
        commands.register_company(ann(), name="Alfa")
    [result] = commands.import_people(ann(), rows=[ImportRow({"last_name": "Nowak", "company": "Alfa"})])
    assert (result.outcome, Person.objects.count()) == ("failed", 0)


def test_checked_rows_say_what_is_wrong() -> None:
    sound, wrong = checked_companies(
        ann(), [{"name": "Alfa", "phone": "+48 58 301 22 14"}, {"email": "nobody"}]
    )
    assert sound == {"name": "Alfa", "phone": "+48583012214"}
    assert isinstance(wrong, Invalid)
    [person] = checked_people(ann(), [{"full_name": "Anna Maria Nowak"}])
    assert person == {"first_name": "Anna Maria", "last_name": "Nowak"}


def test_keys_find_records_whatever_their_spelling() -> None:
    company = commands.register_company(ann(), name="Łódzka Sp. z o.o.", town="Łódź", tax_id="5260250274")
    person = commands.register_person(ann(), first_name="Anna", last_name="Nowak", phone="+48600100200")
    for key, values in (
        ("name_town", {"name": "LODZKA", "town": "lodz"}),
        ("tax_id", {"tax_id": "PL5260250274"}),
    ):
        text = company_key_of(key, values)
        assert companies_by_key(ann(), key, [text]) == {text: company.pk}
    text = person_key_of("name", {"first_name": "anna", "last_name": "NOWAK"})
    assert people_by_key(ann(), "name", [text]) == {text: person.pk}
    assert people_by_key(ann(), "phone", ["+48600100200"]) == {"+48600100200": person.pk}


def test_import_companies_fails_only_the_row_of_many_that_the_database_refuses() -> None:
    """More rows than those from which on PostgreSQL takes them together."""
    rows = [
        ImportRow({"name": f'Firma "{n}"\t\\N', "founded": 10**12 if n == 7 else None})
        for n in range(2 * MANY)
    ]
    with acting(ann(), "tests.import"):
        results = written(ann(), lambda actor, some: commands.import_companies(actor, rows=some), rows)
    outcomes = [one.outcome for one in results]
    if connection.vendor == "postgresql":
        assert outcomes.count("failed") == 1
        assert outcomes[7] == "failed"
    names = set(Company.objects.values_list("name", flat=True))
    assert names == {
        row.values["name"] for row, result in zip(rows, outcomes, strict=True) if result == "created"
    }
    made = Company.objects.get(pk=results[0].record_id)
    assert (made.custom, made.owner_id, made.parent_id, made.is_customer) == ({}, ann().id, None, False)
    [change] = [
        one for one in changes_of_act(LogEntry.objects.get(about_id=made.pk).act) if one["id"] == str(made.pk)
    ]
    assert change["after"]["name"] == made.name
