import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.sales import commands
from embudo.business.sales.models import Lead, Opportunity
from embudo.business.sales.tests.builders import a_lead, a_pipeline, a_source, a_stage, an_opportunity
from embudo.foundation.access.tests.builders import a_token, ann, bob, tester, user_of
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
API = "/api/v1"


def call(who: Actor | str, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
    """As a token's owner, or with a lead source's key."""
    key = (
        {"X-Form-Key": who} if isinstance(who, str) else {"Authorization": f"Bearer {a_token(user_of(who))}"}
    )
    response = Client().generic(
        method, f"{API}{path}", json.dumps(data) if data is not None else "", "application/json",
        headers={**key, **headers},
    )  # fmt: skip
    return response.status_code, response.json() if response.content else None


def test_create_lead_answers_with_possible_duplicates() -> None:
    actor = ann()
    first = a_lead(actor, email="jan@alfa.example")
    status, lead = call(actor, "POST", "/leads", {"name": "Jan K", "email": "JAN@alfa.example"})
    assert status == 201
    assert [(one["kind"], one["id"], one["score"]) for one in lead["duplicates"]] == [
        ("sales.lead", str(first.pk), 95)
    ]


def test_create_lead_with_a_key_once_and_reads_after_its_act() -> None:
    """What may be the same is looked for after the lead was written, in the transaction that keeps the answer."""
    actor = ann()
    a_lead(actor, email="jan@alfa.example")
    told = {"name": "Jan K", "email": "JAN@alfa.example"}
    token = a_token(user_of(actor))
    answers = [
        Client().post(
            f"{API}/leads", json.dumps(told), "application/json",
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
        )
        for _turn in range(2)
    ]  # fmt: skip
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert (len(answers[0].json()["duplicates"]), Lead.objects.count()) == (1, 2)


def test_create_lead_by_the_key_of_a_source() -> None:
    source = a_source(kind="partner")
    status, lead = call(source.key, "POST", "/leads", {"name": "Jan", "email": "jan@alfa.example"})
    assert (status, lead["source_id"]) == (201, str(source.pk))
    assert call(source.key, "GET", "/leads")[0] == 401


def test_create_lead_with_a_paused_source_is_refused() -> None:
    source = a_source()
    commands.change_source(tester(), source, is_active=False)
    assert call(source.key, "POST", "/leads", {"name": "Jan", "email": "jan@alfa.example"})[0] == 401
    assert call(ann(), "POST", "/leads", {"name": "Jan", "source": source.key})[0] == 422
    assert Lead.objects.count() == 0


def test_create_lead_names_the_faults() -> None:
    status, problem = call(ann(), "POST", "/leads", {"name": "Jan", "email": "jan@", "phone": "1"})
    assert (status, set(problem["errors"])) == (422, {"email", "phone"})
    assert Lead.objects.count() == 0


def test_list_leads_narrows_by_status() -> None:
    actor = ann()
    a_lead(actor)
    wanted = a_lead(actor, "qualified")
    status, page = call(actor, "GET", "/leads?status=qualified")
    assert (status, [one["id"] for one in page["items"]]) == (200, [str(wanted.pk)])


def test_read_lead_of_another_seller_is_not_found() -> None:
    assert call(bob(), "GET", f"/leads/{a_lead(ann()).pk}")[0] == 404


def test_change_lead_refuses_an_older_version() -> None:
    actor = ann()
    lead = a_lead(actor)
    assert call(actor, "PATCH", f"/leads/{lead.pk}", {"company_name": "Beta"})[1]["company_name"] == "Beta"
    status, problem = call(
        actor, "PATCH", f"/leads/{lead.pk}", {"company_name": "Gamma"}, **{"If-Match": '"1"'}
    )
    assert (status, problem["version"]) == (412, 2)


def test_lead_is_worked_from_new_to_converted() -> None:
    actor = ann()
    a_pipeline()
    path = f"/leads/{a_lead(actor).pk}"
    assert call(actor, "POST", f"{path}/start")[1]["status"] == "working"
    assert call(actor, "POST", f"{path}/qualify")[1]["status"] == "qualified"
    body = {"title": "Deal", "value": {"amount_minor": 1000, "currency": "EUR"}}
    status, opportunity = call(actor, "POST", f"{path}/convert", body)
    assert (status, opportunity["value"]) == (201, {"amount_minor": 1000, "currency": "EUR"})
    assert call(actor, "POST", f"{path}/undo-conversion")[1]["left"] == 0
    assert call(actor, "POST", f"{path}/disqualify", {"reason": "spam"})[1]["status"] == "disqualified"
    assert call(actor, "POST", f"{path}/reopen")[1]["status"] == "working"


def test_convert_api_answers_409_when_not_qualified() -> None:
    actor = ann()
    a_pipeline()
    body = {"title": "Deal", "value": {"amount_minor": 1000, "currency": "EUR"}}
    status, problem = call(actor, "POST", f"/leads/{a_lead(actor).pk}/convert", body)
    assert (status, problem["code"]) == (409, "sales.lead_not_qualified")


def test_assign_lead_to_somebody_unknown_names_the_field() -> None:
    actor = ann()
    lead = a_lead(actor)
    status, problem = call(actor, "POST", f"/leads/{lead.pk}/assign", {"owner_id": str(lead.pk)})
    assert (status, list(problem["errors"])) == (422, ["owner_id"])


def test_opportunity_is_opened_moved_and_won() -> None:
    actor = ann()
    a_pipeline()
    body = {"title": "Deal", "value": {"amount_minor": 1000, "currency": "EUR"}}
    status, opened = call(actor, "POST", "/opportunities", body)
    assert (status, opened["owner_id"]) == (201, str(actor.id))
    path = f"/opportunities/{opened['id']}"
    moved = call(actor, "POST", f"{path}/move", {"stage_id": str(a_stage("Offer").pk)})[1]
    assert moved["stage_id"] == str(a_stage("Offer").pk)
    assert call(actor, "POST", f"{path}/win")[1]["state"] == "won"
    assert call(actor, "POST", f"{path}/lose", {"reason": "price"})[0] == 409
    assert call(actor, "POST", f"{path}/reopen", {})[1]["state"] == "open"


def test_change_opportunity_keeps_what_is_not_sent() -> None:
    actor = ann()
    found = an_opportunity(actor, title="Deal")
    changed = call(actor, "PATCH", f"/opportunities/{found.pk}", {"closes": "2027-01-31"})[1]
    assert (changed["title"], changed["closes"], changed["value"]["amount_minor"]) == (
        "Deal",
        "2027-01-31",
        100_000,
    )


def test_lose_opportunity_keeps_the_reason() -> None:
    actor = ann()
    found = an_opportunity(actor)
    lost = call(actor, "POST", f"/opportunities/{found.pk}/lose", {"reason": "price"})[1]
    assert (lost["state"], lost["lost_reason"]) == ("lost", "price")
    assert Opportunity.objects.get().lost_reason == "price"


def test_list_pipelines_tells_the_stages() -> None:
    a_pipeline()
    status, pipelines = call(ann(), "GET", "/pipelines")
    assert (status, [one["name"] for one in pipelines[0]["stages"]][:2]) == (200, ["Prospecting", "Engaging"])


def test_lead_sources_are_for_managers() -> None:
    assert call(ann(), "GET", "/lead-sources")[0] == 403
