import pytest
from django.test import Client

from embudo.business.directory import commands
from embudo.business.directory.models import Person
from embudo.business.directory.tests.builders import a_company, a_group, a_person
from embudo.business.directory.tests.test_api import JSON, a_caller
from embudo.foundation.access.tests.builders import ann, bob, user_of

pytestmark = pytest.mark.django_db


# --- the API ---


def test_api_keeps_contacts_and_addresses(client: Client) -> None:
    me, company = a_caller(ann()), a_company(email="a@acme.com", town="Hel")
    place = f"/api/v1/companies/{company.pk}/contacts"
    body = {"medium": "email", "value": "b@acme.com", "kind": "billing"}
    made = client.post(place, body, content_type=JSON, headers=me).json()
    assert [(one["value"], one["kind"], one["is_preferred"]) for one in made] == [
        ("a@acme.com", "work", True),
        ("b@acme.com", "billing", False),
    ]
    assert client.get(place, headers=me).json() == made
    point = f"/api/v1/contacts/{made[1]['id']}"
    changed = client.patch(point, {"note": "Eva"}, content_type=JSON, headers=me).json()
    assert (changed[1]["note"], changed[1]["kind"]) == ("Eva", "billing")
    assert client.post(f"{point}/prefer", headers=me, content_type=JSON).json()[0]["value"] == "b@acme.com"
    assert client.delete(point, headers=me).status_code == 204
    place = f"/api/v1/companies/{company.pk}/addresses"
    made = client.post(place, {"town": "Sopot", "kind": "delivery"}, content_type=JSON, headers=me).json()
    assert [(one["town"], one["is_preferred"]) for one in made] == [("Hel", True), ("Sopot", False)]
    point = f"/api/v1/addresses/{made[1]['id']}"
    assert (
        client.patch(point, {"street": "Długa"}, content_type=JSON, headers=me).json()[1]["street"] == "Długa"
    )
    assert client.post(f"{point}/prefer", headers=me, content_type=JSON).json()[0]["town"] == "Sopot"
    assert client.delete(point, headers=me).status_code == 204
    assert client.post(place, {"town": ""}, content_type=JSON, headers=me).status_code == 422


def test_api_keeps_contacts_of_people(client: Client) -> None:
    me, person = a_caller(ann()), a_person(email="a@acme.com")
    place = f"/api/v1/people/{person.pk}"
    body = {"medium": "phone", "value": "+48583012214", "kind": "home"}
    assert len(client.post(f"{place}/contacts", body, content_type=JSON, headers=me).json()) == 2
    assert client.get(f"{place}/contacts", headers=me).json()[1]["kind"] == "home"
    body = {"town": "Sopot", "kind": "home"}
    assert len(client.post(f"{place}/addresses", body, content_type=JSON, headers=me).json()) == 1
    assert client.get(f"{place}/addresses", headers=me).json()[0]["is_preferred"] is True
    other = a_person("Other", owner=user_of(bob()))
    assert (
        client.post(f"/api/v1/people/{other.pk}/addresses", body, content_type=JSON, headers=me).status_code
        == 403
    )
    assert Person.objects.get(pk=other.pk).town == ""


def test_api_tells_groups_affiliations_and_standard_attributes(client: Client) -> None:
    me = a_caller(ann())
    top, middle, bottom = a_group()
    found = client.get(f"/api/v1/companies/{bottom.pk}/group", headers=me).json()
    assert [(one["name"], one["parent_id"]) for one in found] == [
        ("Top", None), ("Middle", str(top.pk)), ("Bottom", str(middle.pk)),
    ]  # fmt: skip
    below = client.get(f"/api/v1/companies?parent={top.pk}", headers=me).json()["items"]
    assert [one["name"] for one in below] == ["Middle"]
    link = commands.link_person_to_company(ann(), a_person(), company=top)
    patched = client.patch(f"/api/v1/affiliations/{link.pk}", {"role": "Boss"}, content_type=JSON, headers=me)
    assert patched.json()["role"] == "Boss"
    assert len(client.get(f"/api/v1/companies/{top.pk}/affiliations", headers=me).json()) == 1
    body = {
        "pkd": "6210B",
        "country": "FR",
        "siret": "73282932000074",
        "tax_id": "732829320",
        "size": "medium",
    }
    made = client.patch(f"/api/v1/companies/{top.pk}", body, content_type=JSON, headers=me).json()
    assert (made["pkd"], made["siret"], made["tax_id"], made["size"]) == (
        "62.10.B", "73282932000074", "732829320", "medium",
    )  # fmt: skip
    wrong = client.patch(f"/api/v1/companies/{top.pk}", {"pkd": "99.99.Z"}, content_type=JSON, headers=me)
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["pkd"])
