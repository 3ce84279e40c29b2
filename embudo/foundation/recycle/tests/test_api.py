import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.billing.tests.builders import an_invoice
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.tests.builders import a_lead, a_won_opportunity, an_opportunity
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access.tests.builders import a_token, an_admin, ann, bob
from embudo.foundation.activity.tests.builders import a_call, a_meeting, a_note, a_task
from embudo.foundation.documents.tests.builders import a_document
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.recycle.tests.builders import a_deleted
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def call(who: Actor, method: str, path: str, **headers: str) -> Any:
    token = {"Authorization": f"Bearer {a_token(who)}"}
    return Client().generic(
        method, f"/api/v1{path}", headers=token | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_delete_moves_every_kind_to_the_bin() -> None:
    company = a_company(by=ann())
    paths = {
        "companies": company,
        "people": a_person(by=ann()),
        "leads": a_lead(ann()),
        "opportunities": an_opportunity(ann()),
        "products": a_product(),
        "tasks": a_task(ann(), a_lead(ann())),
        "notes": a_note(ann(), a_lead(ann())),
        "calls": a_call(ann(), a_lead(ann())),
        "meetings": a_meeting(ann(), a_lead(ann()), clock.now()),
        "documents": a_document(ann(), a_lead(ann())),
    }
    for path, record in paths.items():
        assert call(an_admin(), "DELETE", f"/{path}/{record.pk}").status_code == 204, path
        assert call(an_admin(), "GET", f"/{path}/{record.pk}").status_code == 404, path
    assert set(Recycled.objects.values_list("record_id", flat=True)) == {one.pk for one in paths.values()}


def test_delete_honours_if_match() -> None:
    company = a_company(by=ann())
    assert call(ann(), "DELETE", f"/companies/{company.pk}", If_Match='"7"').status_code == 412
    assert (
        call(ann(), "DELETE", f"/companies/{company.pk}", If_Match=f'"{company.version}"').status_code == 204
    )


def test_delete_answers_409_with_what_stands_in_the_way() -> None:
    won = a_won_opportunity(ann(), company=a_company(by=ann()))
    an_invoice(ann(), opportunity_id=won.pk)
    answer = call(ann(), "DELETE", f"/companies/{won.company_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "recycle.in_use")
    assert call(bob(), "DELETE", f"/companies/{won.company_id}").status_code == 403


def test_restore_answers_what_was_left() -> None:
    company = a_company(by=ann())
    found = a_deleted(company, ann())
    listed = call(ann(), "GET", "/recycled?kind=directory.company").json()
    assert [one["record_id"] for one in listed["items"]] == [str(company.pk)]
    answer = call(ann(), "POST", f"/recycled/{found.pk}/restore")
    assert (answer.status_code, answer.json()["left"]) == (200, [])
    assert Company.objects.count() == 1
    assert call(ann(), "POST", f"/recycled/{found.pk}/restore").status_code == 409


def test_erase_answers_with_the_erasure() -> None:
    found = a_deleted(a_company(by=ann()), ann())
    assert call(ann(), "POST", f"/recycled/{found.pk}/erase").status_code == 403
    answer = call(an_admin(), "POST", f"/recycled/{found.pk}/erase")
    assert (answer.status_code, json.loads(answer.content)["why"]) == (200, "request")
    listed = call(an_admin(), "GET", "/erasures").json()
    assert [one["record_id"] for one in listed["items"]] == [str(found.record_id)]
