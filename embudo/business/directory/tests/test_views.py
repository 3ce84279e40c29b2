import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.models import Organisation
from embudo.foundation.access.tests.builders import a_client, ann, bob, cat, user_of
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return a_client(ann())


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize("page", ["/companies/", "/people/"])
def test_list_asks_the_same_queries_for_1_and_3_rows(client: Client, page: str) -> None:
    a_person("One", company=a_company("One"))
    client.get(page)
    few = queries_of(client, page)
    for name in ("Two", "Three"):
        a_person(name, company=a_company(name))
    assert queries_of(client, page) == few
    assert few <= 12


def test_company_page_asks_the_same_queries_for_1_and_3_people(client: Client) -> None:
    company = a_company()
    a_person("One", company=company)
    client.get(f"/companies/{company.pk}/")
    few = queries_of(client, f"/companies/{company.pk}/")
    for name in ("Two", "Three"):
        a_person(name, company=company)
    assert queries_of(client, f"/companies/{company.pk}/") == few
    assert few <= 12


def test_list_tabs_and_search(client: Client) -> None:
    a_company("Mine", is_customer=True)
    a_company("Theirs", owner=user_of(bob()))
    assert "Theirs" not in client.get("/companies/?tab=mine").content.decode()
    assert "Theirs" not in client.get("/companies/?tab=customers").content.decode()
    assert "Theirs" in client.get("/companies/?q=their").content.decode()


def test_form_registers_a_company(client: Client) -> None:
    answer = client.post("/companies/new/", {"name": "Acme", "email": "office@acme.com"})
    company = Company.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/companies/{company.pk}/")


def test_form_keeps_what_was_typed_and_names_the_fault(client: Client) -> None:
    answer = client.post("/companies/new/", {"name": "Acme", "country": "PL", "tax_id": "123"})
    assert answer.status_code == 422
    assert "This is no valid NIP" in answer.content.decode()
    assert 'value="Acme"' in answer.content.decode()


def test_form_without_a_country_checks_numbers_by_the_organisations(client: Client) -> None:
    Organisation.objects.update(country="PL")
    answer = client.post("/companies/new/", {"name": "Acme", "country": "", "tax_id": "123"})
    assert answer.status_code == 422
    assert "This is no valid NIP" in answer.content.decode()
    Organisation.objects.update(country="")
    assert client.post("/companies/new/", {"name": "Acme", "tax_id": "123"}).status_code == 302


def test_form_asks_before_it_registers_a_duplicate(client: Client) -> None:
    known = a_company("Acme Ltd")
    answer = client.post("/companies/new/", {"name": "ACME"})
    assert (answer.status_code, Company.objects.count()) == (422, 1)
    assert f"/companies/{known.pk}/" in answer.content.decode()
    assert client.post("/companies/new/", {"name": "ACME", "confirm": "on"}).status_code == 302


def test_duplicates_are_shown_while_one_types(client: Client) -> None:
    a_company("Acme Ltd")
    a_person(first_name="Anna")
    drain()
    assert "Acme Ltd" in client.get("/companies/duplicates/?name=acme").content.decode()
    assert (
        "Anna Kowalska"
        in client.get("/people/duplicates/?first_name=Ana&last_name=Kowalska").content.decode()
    )
    assert client.get("/people/duplicates/?last_name=").content.strip() == b""


def test_person_is_registered_changed_linked_and_ended(client: Client) -> None:
    company = a_company()
    assert client.get(f"/people/new/?company={company.pk}").status_code == 200
    client.post("/people/new/", {"last_name": "Kowalska", "company": str(company.pk)})
    person, link = Person.objects.get(), Affiliation.objects.get()
    assert client.get(f"/people/{person.pk}/").status_code == 200
    assert (
        client.post(f"/people/{person.pk}/edit/", {"last_name": "Nowak", "version": "1"}).status_code == 302
    )
    assert client.post(f"/affiliations/{link.pk}/end/", {"until": ""}).status_code == 302
    assert client.post(f"/people/{person.pk}/company/", {"company": str(company.pk)}).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.company) == ("Nowak", company)


def test_stale_edit_is_told(client: Client) -> None:
    company = a_company()
    client.post(f"/companies/{company.pk}/edit/", {"name": "Two", "version": "1"})
    assert client.post(f"/companies/{company.pk}/edit/", {"name": "Three", "version": "1"}).status_code == 422


def test_owner_is_changed(client: Client) -> None:
    company = a_company()
    assert client.get(f"/companies/{company.pk}/owner/").status_code == 200
    client.post(f"/companies/{company.pk}/owner/", {"owner": str(bob().id), "version": "1"})
    company.refresh_from_db()
    assert company.owner_id == bob().id


def test_lookups_answer_options(client: Client) -> None:
    company = a_company()
    a_person(company=company)
    assert "Acme Ltd" in client.get("/companies/options/?q=acm").content.decode()
    assert "Kowalska" in client.get(f"/people/options/?company={company.pk}").content.decode()
    assert client.get("/people/options/?company=x").status_code == 404


def test_pages_are_closed_without_grant() -> None:
    company = a_company()
    closed = a_client(cat())
    assert [
        closed.get(page).status_code for page in ("/companies/", f"/companies/{company.pk}/", "/people/")
    ] == [403] * 3
