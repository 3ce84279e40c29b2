from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from embudo.business.directory import commands, queries
from embudo.business.directory.models import Affiliation
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.tests.builders import ann, bob, cat, user_of
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def test_register_company_belongs_to_who_adds_it() -> None:
    company = a_company("Żabka Polska S.A.", email="biuro@zabka.pl")
    assert (company.owner_id, company.name_key, company.email_key) == (
        ann().id,
        "zabka polska",
        "biuro@zabka.pl",
    )
    assert LogEntry.objects.filter(name="directory.CompanyRegistered", about_id=company.pk).count() == 1


def test_register_company_can_name_an_owner() -> None:
    assert a_company(owner=user_of(bob())).owner_id == bob().id


def test_register_company_without_grant_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        a_company(by=cat())


def test_register_company_names_every_fault() -> None:
    with pytest.raises(Invalid) as fault:
        a_company("", email="x", country="PL", tax_id="1")
    assert sorted(fault.value.errors) == ["email", "name", "tax_id"]


def test_change_company_changes_only_what_is_given() -> None:
    company = a_company(town="Gdynia", employees=5)
    changed = commands.change_company(ann(), company, name="Acme Two", employees=None)
    assert (changed.town, changed.employees, changed.name_key, "gdynia" in changed.search) == (
        "Gdynia",
        None,
        "acme two",
        True,
    )


def test_change_company_refuses_a_stale_version() -> None:
    company = a_company()
    commands.change_company(ann(), company, town="Sopot", version=1)
    with pytest.raises(Stale):
        commands.change_company(ann(), company, town="Hel", version=1)


def test_change_company_of_somebody_else_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        commands.change_company(bob(), a_company(), town="Hel")


def test_change_company_refuses_a_circle() -> None:
    above = a_company("Above")
    below = a_company("Below", parent=above)
    with pytest.raises(Invalid) as fault:
        commands.change_company(ann(), above, parent=below)
    assert list(fault.value.errors) == ["parent"]


def test_change_company_without_difference_leaves_no_trace() -> None:
    company = a_company()
    before = LogEntry.objects.count()
    assert commands.change_company(ann(), company, name="Acme Ltd").version == 1
    assert LogEntry.objects.count() == before


def test_fill_company_sets_only_what_is_empty() -> None:
    company = commands.fill_company(
        ann(), a_company(email="a@acme.com"), email="b@acme.com", website="acme.com"
    )
    assert (company.email, company.website) == ("a@acme.com", "https://acme.com")


def test_change_company_owner_hands_over() -> None:
    company = commands.change_company_owner(ann(), a_company(), owner=user_of(bob()))
    assert company.owner_id == bob().id


def test_change_person_owner_hands_over() -> None:
    assert commands.change_person_owner(ann(), a_person(), owner=None).owner_id is None


def test_register_person_links_to_the_company() -> None:
    company = a_company()
    person = a_person(first_name="Anna", company=company, job_title="Buyer")
    assert (person.name, person.company) == ("Anna Kowalska", company)
    assert Affiliation.objects.get(person=person).role == "Buyer"


def test_register_person_keeps_personal_values_out_of_the_open_log() -> None:
    person = a_person(email="anna@acme.com")
    logged = str(list(LogEntry.objects.filter(about_id=person.pk).values("data", "changes")))
    assert "anna@acme.com" not in logged
    assert "Kowalska" not in logged


def test_change_person_changes_name_and_keys() -> None:
    person = commands.change_person(ann(), a_person(), first_name="Łucja")
    assert (person.name, person.name_key) == ("Łucja Kowalska", "kowalska lucja")


def test_fill_person_sets_only_what_is_empty() -> None:
    person = commands.fill_person(ann(), a_person(email="a@acme.com"), email="b@acme.com", job_title="Buyer")
    assert (person.email, person.job_title) == ("a@acme.com", "Buyer")


def test_link_person_to_company_makes_it_the_present_one() -> None:
    first, second, person = a_company("First"), a_company("Second"), a_person()
    commands.link_person_to_company(ann(), person, company=first)
    commands.link_person_to_company(ann(), person, company=second, role="Boss")
    assert queries.person(ann(), person.pk).company == second


def test_link_person_to_company_twice_is_refused() -> None:
    company = a_company()
    with pytest.raises(Refused) as refusal:
        commands.link_person_to_company(ann(), a_person(company=company), company=company)
    assert refusal.value.code == "directory.already_linked"


def test_end_affiliation_falls_back_to_the_other_company() -> None:
    first, second = a_company("First"), a_company("Second")
    person = a_person(company=first)
    link = commands.link_person_to_company(ann(), person, company=second, since=date(2020, 1, 1))
    ended = commands.end_affiliation(ann(), link, until=date(2021, 1, 1))
    assert (ended.until, queries.person(ann(), person.pk).company) == (date(2021, 1, 1), first)


def test_end_affiliation_refuses_twice_and_a_day_before_its_start() -> None:
    link = commands.link_person_to_company(ann(), a_person(), company=a_company(), since=date(2020, 1, 1))
    with pytest.raises(Invalid):
        commands.end_affiliation(ann(), link, until=date(2019, 1, 1))
    commands.end_affiliation(ann(), link)
    with pytest.raises(Refused):
        commands.end_affiliation(ann(), link)


def test_company_of_nobody_is_not_found_without_grant() -> None:
    with pytest.raises(NotFound):
        queries.company(cat(), a_company().pk)


def test_possible_duplicates_ranks_and_explains() -> None:
    a_company("Acme Spółka z o.o.", country="PL", tax_id="5260250274")
    a_company("Acme Incorporated")
    a_company("Umbrella")
    a_person("Acme")
    found = queries.possible_duplicates(ann(), name="ACME", tax_id="526-025-02-74")
    assert [(one.title, one.reason) for one in found] == [
        ("Acme Spółka z o.o.", "same tax number, same name"),
        ("Acme", "same name"),
        ("Acme Incorporated", "same name"),
    ]
    assert found[0].score > found[1].score > found[2].score > 85


def test_possible_duplicates_finds_people_by_name_mail_and_phone() -> None:
    person = a_person(first_name="Anna", email="anna@acme.com", phone="+48583012214")
    drain()
    for asked in ({"name": "Kowalska Ana"}, {"email": "anna@acme.com"}, {"phone": "+48583012214"}):
        assert [one.id for one in queries.possible_duplicates(ann(), **asked)] == [person.pk]


def test_possible_duplicates_asks_ten_queries_at_most() -> None:
    for number in range(30):
        a_company(f"Acme {number}", email=f"a{number}@acme.com")
        a_person(f"Acme {number}")
    drain()
    actor = ann()
    with CaptureQueriesContext(connection) as asked:
        queries.possible_duplicates(
            actor, name="Acme 1", email="a1@acme.com", phone="+48583012214", tax_id="1"
        )
    assert len(asked) <= 10


def test_companies_are_found_by_words_in_any_case_and_accent() -> None:
    a_company("Żółta Łódź", town="Gdańsk", owner=user_of(bob()))
    assert [one.name for one in queries.companies(ann(), q="LODZ gdansk")] == ["Żółta Łódź"]
