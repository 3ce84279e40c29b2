import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_token, an_admin, ann, user_of
from embudo.foundation.attributes.tests.builders import a_view, an_attribute
from embudo.foundation.search.commands import index_records
from embudo.foundation.search.models import SearchEntry
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
API = "/api/v1"


def call(who: Actor, method: str, path: str, data: Any = None, **query: str) -> tuple[int, Any]:
    response = Client().generic(
        method, f"{API}{path}", json.dumps(data) if data is not None else "", "application/json",
        headers={"Authorization": f"Bearer {a_token(user_of(who))}"}, query_params=query or None,
    )  # fmt: skip
    return response.status_code, response.json() if response.content else None


def test_attribute_is_defined_changed_and_archived() -> None:
    given = {
        "kind": "sales.lead",
        "type": "choice",
        "label": "Tier",
        "choices": "Gold\nSilver",
        "labels": {"pl": "Poziom"},
    }
    status, made = call(an_admin(), "POST", "/attributes", given)
    assert (status, made["key"], made["choices"][0]) == (
        201,
        "tier",
        {"key": "gold", "label": "Gold", "is_offered": True},
    )
    path = f"/attributes/{made['id']}"
    assert (
        call(an_admin(), "PATCH", path, {"label": "Level", "choices": "gold = Gold"})[1]["label"] == "Level"
    )
    assert call(an_admin(), "GET", path)[1]["version"] == 2
    assert call(an_admin(), "POST", f"{path}/archive")[1]["archived"] is not None
    assert call(an_admin(), "POST", f"{path}/restore")[1]["archived"] is None
    assert [one["key"] for one in call(an_admin(), "GET", "/attributes")[1]["items"]] == ["tier"]


def test_attributes_are_for_those_who_may() -> None:
    assert (
        call(ann(), "POST", "/attributes", {"kind": "sales.lead", "type": "text", "label": "Tier"})[0] == 403
    )


def test_wrong_attribute_names_its_faults() -> None:
    status, problem = call(
        an_admin(), "POST", "/attributes", {"kind": "sales.lead", "type": "choice", "label": "Tier"}
    )
    assert (status, list(problem["errors"])) == (422, ["choices"])


def test_record_takes_tells_and_is_found_by_custom_values() -> None:
    an_attribute("choice", choices="gold = Gold\nsilver = Silver")
    an_attribute("money", "Budget", limits={"currency": "EUR"})
    values = {"tier": "gold", "budget": {"amount_minor": 120050, "currency": "EUR"}}
    status, lead = call(ann(), "POST", "/leads", {"name": "Marta", "custom": values})
    assert (status, lead["custom"]) == (201, values)
    assert Lead.objects.get().custom == {"tier": "gold", "budget": 120050}
    assert call(ann(), "PATCH", f"/leads/{lead['id']}", {"custom": {"tier": None}})[1]["custom"] == {
        "budget": values["budget"]
    }
    assert call(ann(), "GET", f"/leads/{lead['id']}")[1]["custom"] == {"budget": values["budget"]}
    tree = json.dumps({"attribute": "custom_budget", "op": "more", "value": 100000})
    assert [one["custom"] for one in call(ann(), "GET", "/leads", filter=tree)[1]["items"]] == [
        {"budget": values["budget"]}
    ]
    none = json.dumps({"not": json.loads(tree)})
    assert call(ann(), "GET", "/leads", filter=none)[1]["items"] == []


def test_wrong_custom_value_and_wrong_filter_are_told() -> None:
    an_attribute("number", "Seats")
    status, problem = call(ann(), "POST", "/leads", {"name": "Marta", "custom": {"seats": "many"}})
    assert (status, problem["errors"]) == (422, {"custom_seats": ["Enter a number, such as 12.5."]})
    status, problem = call(ann(), "GET", "/leads", filter='{"attribute": "colour", "op": "is", "value": "x"}')
    assert (status, list(problem["errors"])) == (422, ["filter"])


def test_companies_people_and_opportunities_take_custom_values_too() -> None:
    for kind in ("directory.company", "directory.person"):
        an_attribute("text", "Contract", kind=kind)
    for path, given in (("/companies", {"name": "Alfa"}), ("/people", {"last_name": "Nowak"})):
        status, made = call(ann(), "POST", path, {**given, "custom": {"contract": "C-1"}})
        assert (status, made["custom"]) == (201, {"contract": "C-1"})
        changed = call(ann(), "PATCH", f"{path}/{made['id']}", {"custom": {"contract": "C-2"}})
        assert changed[1]["custom"] == {"contract": "C-2"}
        tree = json.dumps({"attribute": "custom_contract", "op": "is", "value": "C-2"})
        assert len(call(ann(), "GET", path, filter=tree)[1]["items"]) == 1


def test_what_a_role_may_not_see_is_not_told() -> None:
    an_attribute("text", "Margin", view_roles=("manager",))
    status, lead = call(
        an_admin(),
        "POST",
        "/leads",
        {"name": "Marta", "owner_id": str(ann().id), "custom": {"margin": "high"}},
    )
    assert (status, lead["custom"]) == (201, {"margin": "high"})
    assert call(ann(), "GET", f"/leads/{lead['id']}")[1]["custom"] == {}


def test_views_are_listed_for_those_who_see_them() -> None:
    a_view(ann(), "Mine")
    a_view(an_admin(), "Theirs")
    assert [one["name"] for one in call(ann(), "GET", "/views")[1]["items"]] == ["Mine"]


def test_searchable_values_are_found_by_the_search_box() -> None:
    an_attribute("text", "Contract", is_searchable=True)
    an_attribute("text", "Secret")
    call(ann(), "POST", "/leads", {"name": "Marta", "custom": {"contract": "ZX-981", "secret": "hush"}})
    index_records("sales.lead", {Lead.objects.get().pk})
    text = SearchEntry.objects.get().text
    assert ("zx-981" in text, "hush" in text) == (True, False)
