from typing import Any

import pytest
from django.test import Client

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import ann, bob, user_of

pytestmark = pytest.mark.django_db
JSON = "application/json"


def a_caller(who: Any) -> dict[str, str]:
    _token, secret = access.create_token(who, name="test")
    return {"Authorization": f"Bearer {secret}"}


def test_company_goes_in_comes_out_and_changes(client: Client) -> None:
    me = a_caller(ann())
    made = client.post(
        "/api/v1/companies",
        {"name": "Acme", "country": "PL", "phone": "583012214"},
        content_type=JSON,
        headers=me,
    )
    assert (made.status_code, made.json()["phone"], made.json()["owner_id"]) == (
        201,
        "+48583012214",
        str(ann().id),
    )
    place = made["Location"]
    read = client.get(place, headers=me)
    assert (read.json() | {"duplicates": []}, read["ETag"]) == (made.json(), '"1"')
    headers = me | {"If-Match": read["ETag"]}
    changed = client.patch(place, {"town": "Gdynia"}, content_type=JSON, headers=headers)
    assert (changed.json()["town"], changed.json()["phone"], changed["ETag"]) == (
        "Gdynia",
        "+48583012214",
        '"2"',
    )
    assert client.patch(place, {"town": "Hel"}, content_type=JSON, headers=headers).status_code == 412


def test_faults_are_named_by_field(client: Client) -> None:
    answer = client.post(
        "/api/v1/companies", {"name": "A", "email": "x"}, content_type=JSON, headers=a_caller(ann())
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["email"])


def test_list_is_filtered_and_paged(client: Client) -> None:
    a_company("Mine", is_customer=True)
    a_company("Theirs", owner=user_of(bob()))
    me = a_caller(ann())
    answer = client.get(f"/api/v1/companies?owner={bob().id}&count=true", headers=me).json()
    assert ([one["name"] for one in answer["items"]], answer["count"], answer["next"]) == (
        ["Theirs"],
        1,
        None,
    )
    assert [one["name"] for one in client.get("/api/v1/companies?sort=name", headers=me).json()["items"]] == [
        "Mine",
        "Theirs",
    ]


def test_company_of_somebody_else_is_not_changed(client: Client) -> None:
    company = a_company()
    answer = client.patch(
        f"/api/v1/companies/{company.pk}", {"town": "Hel"}, content_type=JSON, headers=a_caller(bob())
    )
    assert (answer.status_code, Company.objects.get().town) == (403, "")


def test_owner_is_handed_over(client: Client) -> None:
    company = a_company()
    answer = client.post(
        f"/api/v1/companies/{company.pk}/owner",
        {"owner_id": str(bob().id)},
        content_type=JSON,
        headers=a_caller(ann()),
    )
    assert answer.json()["owner_id"] == str(bob().id)


def test_person_is_linked_and_unlinked(client: Client) -> None:
    me, company, person = a_caller(ann()), a_company(), a_person()
    place = f"/api/v1/people/{person.pk}/affiliations"
    link = client.post(place, {"company_id": str(company.pk), "role": "Buyer"}, content_type=JSON, headers=me)
    assert (link.status_code, link.json()["role"]) == (201, "Buyer")
    again = client.post(place, {"company_id": str(company.pk)}, content_type=JSON, headers=me)
    assert (again.status_code, again.json()["code"]) == (409, "directory.already_linked")
    end = f"/api/v1/affiliations/{link.json()['id']}/end"
    assert (
        client.post(end, {"until": "2999-01-01"}, content_type=JSON, headers=me).json()["until"]
        == "2999-01-01"
    )
    assert len(client.get(place, headers=me).json()) == 1


def test_person_goes_in_and_out(client: Client) -> None:
    me, company = a_caller(ann()), a_company()
    data = {"first_name": "Anna", "last_name": "Kowalska", "company_id": str(company.pk)}
    made = client.post("/api/v1/people", data, content_type=JSON, headers=me)
    assert (made.status_code, made.json()["name"], made.json()["company_id"]) == (
        201,
        "Anna Kowalska",
        str(company.pk),
    )
    changed = client.patch(made["Location"], {"first_name": "Eva"}, content_type=JSON, headers=me)
    assert changed.json()["name"] == "Eva Kowalska"
    found = client.get(f"/api/v1/people?company={company.pk}&q=eva", headers=me).json()["items"]
    assert [one["name"] for one in found] == ["Eva Kowalska"]


def test_new_records_tell_whom_they_may_repeat(client: Client) -> None:
    me = a_caller(ann())
    company = a_company("Acme Ltd", email="office@acme.com")
    person = a_person("Nowak", first_name="Anna", email="anna@acme.com")
    made = client.post(
        "/api/v1/companies", {"name": "ACME", "email": "office@acme.com"}, content_type=JSON, headers=me
    )
    assert [one["id"] for one in made.json()["duplicates"]] == [str(company.pk)]
    made = client.post(
        "/api/v1/people",
        {"last_name": "Nowak", "first_name": "Ana", "email": "anna@acme.com"},
        content_type=JSON,
        headers=me,
    )
    assert [one["id"] for one in made.json()["duplicates"]] == [str(person.pk)]
