from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.directory import commands, queries
from embudo.business.directory.models import Address, Affiliation, Company, ContactPoint
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.tests.builders import a_client, ann, bob

pytestmark = pytest.mark.django_db


# --- pages ---


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_company_and_person_pages_ask_the_same_queries_for_0_and_3_contacts() -> None:
    client, company, person = (
        a_client(ann()),
        a_company(email="a@acme.com", town="Hel"),
        a_person(email="a@acme.com"),
    )
    pages = (f"/companies/{company.pk}/", f"/people/{person.pk}/")
    client.get(pages[0])
    few = [queries_of(client, page) for page in pages]
    for number in range(3):
        for side in ({"company": company}, {"person": person}):
            commands.add_contact(ann(), medium="email", value=f"b{number}@acme.com", **side)
            commands.add_address(ann(), town=f"Town {number}", **side)
            commands.add_address(ann(), town=f"Other {number}", **side)
    assert [queries_of(client, page) for page in pages] == few
    assert max(few) <= 12


def test_pages_add_prefer_change_and_remove() -> None:
    client, company = a_client(ann()), a_company(email="a@acme.com", phone="+48583012214", town="Hel")
    page = f"/companies/{company.pk}/"
    assert client.get(f"{page}emails/").status_code == 200
    assert client.post(f"{page}emails/", {"value": "b@acme.com", "kind": "billing"}).status_code == 302
    assert client.post(f"{page}phones/", {"value": "+48583012215", "kind": "work"}).status_code == 302
    assert client.post(f"{page}addresses/", {"kind": "delivery", "town": "Sopot"}).status_code == 302
    assert client.post(f"{page}emails/", {"value": "x", "kind": "work"}).status_code == 422
    assert (
        client.post(
            f"{page}kinds/", {"email_kind": "home", "phone_kind": "work", "address_kind": "work"}
        ).status_code
        == 302
    )
    point, place = ContactPoint.objects.get(medium="email"), Address.objects.get()
    shown = client.get(page).content.decode()
    assert all(
        word in shown for word in ("b@acme.com", "+48 58 301 22 15", "Sopot", f"/contacts/{point.pk}/prefer/")
    )
    assert client.get(f"/contacts/{point.pk}/prefer/").status_code == 200
    assert client.post(f"/contacts/{point.pk}/prefer/").status_code == 302
    assert (
        client.post(f"/contacts/{point.pk}/edit/", {"value": "c@acme.com", "kind": "other"}).status_code
        == 302
    )
    assert client.post(f"/contacts/{point.pk}/remove/").status_code == 302
    assert client.get(f"/addresses/{place.pk}/edit/").status_code == 200
    assert client.post(f"/addresses/{place.pk}/edit/", {"kind": "post", "town": "Gdynia"}).status_code == 302
    assert client.post(f"/addresses/{place.pk}/prefer/").status_code == 302
    assert client.post(f"/addresses/{place.pk}/remove/").status_code == 302
    company.refresh_from_db()
    assert (company.email, company.email_kind, company.town, company.further) == (
        "b@acme.com", "billing", "Gdynia", "+48583012215",
    )  # fmt: skip


def test_person_pages_add_and_show() -> None:
    client, person = a_client(ann()), a_person(email="a@acme.com")
    page = f"/people/{person.pk}/"
    assert "fax" not in client.get(f"{page}phones/").content.decode()
    assert client.post(f"{page}emails/", {"value": "b@acme.com", "kind": "home"}).status_code == 302
    assert client.post(f"{page}addresses/", {"kind": "home", "town": "Sopot"}).status_code == 302
    assert client.get(f"{page}kinds/").status_code == 200
    shown = client.get(page).content.decode()
    assert "b@acme.com" in shown
    assert "Sopot" in shown


def test_who_may_only_look_sees_no_buttons() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="b@acme.com")
    shown = a_client(bob()).get(f"/companies/{company.pk}/").content.decode()
    assert "b@acme.com" in shown
    assert "/contacts/" not in shown


def test_company_page_links_changes_and_ends_affiliations() -> None:
    client, company, person = a_client(ann()), a_company(), a_person()
    page = f"/companies/{company.pk}/"
    assert client.get(f"{page}person/").status_code == 200
    assert client.post(f"{page}person/", {"person": str(person.pk), "role": "Buyer"}).status_code == 302
    link = Affiliation.objects.get()
    place = f"/affiliations/{link.pk}/edit/"
    assert client.get(place).status_code == 200
    assert client.post(place, {"role": "Boss", "since": "1 2 2020", "until": "1 3 2021"}).status_code == 302
    link.refresh_from_db()
    assert (link.role, link.until) == ("Boss", date(2021, 3, 1))
    assert "former" in client.get(page).content.decode()


def test_form_takes_every_standard_attribute() -> None:
    top = a_company("Top")
    typed = {
        "name": "Żółw", "country": "PL", "tax_id": "526-025-02-74", "vat_id": "5260250274", "regon": "610188201",
        "krs": "28860", "siret": "", "email": "biuro@zolw.pl", "phone": "58 301 22 14", "mobile": "601202303",
        "fax": "58 301 22 16", "street": "Prosta", "number": "51", "postcode": "00838", "town": "Warszawa",
        "region": "mazowieckie", "sector": "IT", "activity": "Software", "pkd": "62.10.B",
        "pkd_others": "6201Z; 63.10.A", "size": "large", "employees": "12", "founded": "1999", "parent": str(top.pk),
        "source1": "web", "source2": "fair", "source3": "", "source4": "phone book", "remarks": "x",
    }  # fmt: skip
    answer = a_client(ann()).post("/companies/new/", typed)
    assert answer.status_code == 302, answer.content.decode()
    made = Company.objects.get(name="Żółw")
    assert (made.vat_id, made.fax, made.pkd, made.pkd_others, made.size, made.parent, made.source4) == (
        "PL5260250274", "+48583012216", "62.10.B", "2007:62.01.Z, 63.10.A", "small", top, "phone book",
    )  # fmt: skip
    shown = a_client(ann()).get(f"/companies/{made.pk}/").content.decode()
    assert "Computer programming activities" in shown
    edit = a_client(ann()).get(f"/companies/{made.pk}/edit/").content.decode()
    assert 'value="62.10.B" selected' in edit


def test_lookups_suggest_codes_and_places() -> None:
    client = a_client(ann())
    found = client.get("/companies/activities/?q=programming").content.decode()
    assert "62.10" in found
    assert "01.11" in client.get("/companies/activities/?q=upraw zboz").content.decode()
    places = client.get("/companies/places/?postcode=80-001&country=PL").content.decode()
    assert "Gdańsk" in places
    assert "pomorskie" in places
    doubt = client.get("/people/places/?postcode=80-001&town=Kraków&country=PL").content.decode()
    assert "compare town and region" in doubt
    assert "Gdańsk" not in client.get("/companies/places/?postcode=80-001&country=DE").content.decode()


def test_message_offers_undo() -> None:
    client, person = a_client(ann()), a_person(email="a@acme.com")
    client.post(f"/people/{person.pk}/emails/", {"value": "b@acme.com", "kind": "home"})
    point = ContactPoint.objects.get()
    client.post(f"/contacts/{point.pk}/remove/")
    act = queries.newest_contacts_act(ann(), person)
    undo = f"/people/{person.pk}/undo/{act}/"
    assert undo in client.get(f"/people/{person.pk}/").content.decode()
    assert client.get(undo).status_code == 200
    assert client.post(undo).status_code == 302
    assert ContactPoint.objects.get().value == "b@acme.com"
    assert client.post(undo).status_code == 422
