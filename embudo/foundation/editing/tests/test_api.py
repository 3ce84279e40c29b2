import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import a_token, an_admin, ann, bob, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.tests.builders import COMPANY, a_run, some_companies
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
TOWN = {"attribute": "town", "op": "is", "value": "Hel"}


def call(who: Actor, method: str, path: str, data: Any = None, **headers: str) -> Any:
    return Client().generic(
        method, f"/api/v1{path}", json.dumps(data) if data is not None else "", "application/json",
        headers={"Authorization": f"Bearer {a_token(user_of(who))}", **headers},
    )  # fmt: skip


def bulk(who: Actor, what: str = "edit", *, kind: str = COMPANY, **given: Any) -> Any:
    return call(who, "POST", "/bulk", {"kind": kind, "what": what, **given})


def towns() -> list[str]:
    return sorted(Company.objects.values_list("town", flat=True))


def test_bulk_edits_the_records_named() -> None:
    one, two = a_company("One Ltd", by=ann()), a_company("Two Ltd", by=ann())
    answer = bulk(ann(), ids=[str(one.pk), str(two.pk), str(uuid4())], values={"town": "Gdynia"})
    run = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/bulk/{run['id']}")
    told = [run[name] for name in ("state", "what", "total", "done", "changed", "failed", "values")]
    assert told == ["done", "edit", 3, 3, 2, 1, {"town": "Gdynia"}]
    assert [one["reason"] for one in run["failures"]] == ["The record was deleted in the meantime."]
    assert towns() == ["Gdynia", "Gdynia"]
    assert call(ann(), "GET", f"/bulk/{run['id']}").json() == run


def test_bulk_takes_all_that_match_a_filter() -> None:
    for name, town in (("One", "Hel"), ("Two", "Hel"), ("Three", "Sopot")):
        a_company(name, by=ann(), town=town)
    run = bulk(ann(), filter={"and": [TOWN]}, values={"town": "Gdynia"}).json()
    assert (run["total"], run["changed"], towns()) == (2, 2, ["Gdynia", "Gdynia", "Sopot"])


def test_bulk_of_many_runs_in_the_background() -> None:
    some_companies(201, owner=ann())
    run = bulk(ann(), filter={}, values={"sector": "Ships"}).json()
    assert (run["state"], run["total"], run["done"]) == ("running", 201, 0)
    drain()
    after = call(ann(), "GET", f"/bulk/{run['id']}").json()
    assert (after["state"], after["done"], after["changed"]) == ("done", 201, 201)


def test_bulk_assigns_tags_and_deletes() -> None:
    an_attribute(kind=COMPANY, label="Tags", type="choices", choices="Big\nNew")
    company, manager = a_company("One Ltd", by=ann()), an_admin()
    ids = [str(company.pk)]
    tags = {"attribute": "custom_tags", "add": ["big"], "remove": []}
    assert bulk(manager, "tag", ids=ids, values=tags).json()["changed"] == 1
    assert bulk(manager, "assign", ids=ids, values={"owner": str(bob().id)}).json()["changed"] == 1
    company.refresh_from_db()
    assert (company.custom, company.owner_id) == ({"tags": ["big"]}, bob().id)
    assert bulk(manager, "delete", ids=ids).json()["changed"] == 1
    assert not Company.objects.exists()


def test_bulk_is_undone_and_cancelled() -> None:
    company = a_company("One Ltd", by=ann(), town="Hel")
    run = bulk(ann(), ids=[str(company.pk)], values={"town": "Gdynia"}).json()
    answer = call(ann(), "POST", f"/bulk/{run['id']}/undo")
    assert (answer.status_code, answer.json()["state"], answer.json()["undone"]) == (202, "undone", 1)
    assert towns() == ["Hel"]
    again = call(ann(), "POST", f"/bulk/{run['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "editing.wrong_step")
    some_companies(201, owner=ann())
    waiting = bulk(ann(), filter={}, values={"town": "Sopot"}).json()
    assert call(ann(), "POST", f"/bulk/{waiting['id']}/cancel").json()["state"] == "cancelled"
    drain()
    assert "Sopot" not in towns()


def test_bulk_with_a_key_happens_once() -> None:
    company = a_company("One Ltd", by=ann())
    token = {"Authorization": f"Bearer {a_token(user_of(ann()))}", "Idempotency-Key": "first"}
    body = {"kind": COMPANY, "what": "edit", "ids": [str(company.pk)], "values": {"town": "Hel"}}
    answers = [call(ann(), "POST", "/bulk", body, **token) for _n in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (answers[1]["Idempotency-Replayed"], BulkRun.objects.count()) == ("true", 1)


def test_runs_of_others_are_not_there() -> None:
    run = a_run(ann(), [a_company("One Ltd", by=ann()).pk])
    for method, path in (("GET", ""), ("GET", "/failures"), ("POST", "/cancel"), ("POST", "/undo")):
        assert call(bob(), method, f"/bulk/{run.pk}{path}").status_code == 404
    assert call(bob(), "GET", "/bulk").json()["items"] == []
    assert [one["id"] for one in call(ann(), "GET", "/bulk").json()["items"]] == [str(run.pk)]


def test_others_records_fail_by_themselves() -> None:
    theirs = a_company("Theirs Ltd", by=bob())
    run = bulk(ann(), ids=[str(theirs.pk)], values={"town": "Hel"}).json()
    assert (run["changed"], run["failures"][0]["id"]) == (0, str(theirs.pk))


def test_failures_come_in_pages() -> None:
    run = bulk(ann(), ids=[str(uuid4()) for _n in range(5)], values={"town": "Hel"}).json()
    path = f"/bulk/{run['id']}/failures?limit=3&count=true"
    first = call(ann(), "GET", path).json()
    rest = call(ann(), "GET", f"{path}&cursor={first['next']}").json()
    assert (first["count"], len(first["items"]), len(rest["items"]), rest["next"]) == (5, 3, 2, None)
    assert first["items"] + rest["items"] == run["failures"]
    assert call(ann(), "GET", f"/bulk/{run['id']}/failures?cursor=x").status_code == 422


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "ids"),
        ({"ids": [str(uuid4())], "filter": {}}, "ids"),
        ({"ids": []}, "ids"),
        ({"filter": {"and": [{"attribute": "nothing", "op": "is"}]}}, "filter"),
        ({"filter": {}, "kind": "no.such"}, "kind"),
        ({"filter": {}, "values": {"owner": str(uuid4())}}, "owner"),
        ({"filter": {}, "values": {"town": {"name": "Hel"}}}, "town"),
        ({"filter": {}, "values": {"is_customer": "perhaps"}}, "is_customer"),
        ({"filter": {}, "values": {"nothing": 1}}, "nothing"),
        ({"filter": {}, "values": {"employees": True}}, "employees"),
        ({"filter": {}, "what": "delete", "values": {"town": "Hel"}}, "town"),
        ({"filter": {}, "what": "assign", "values": {"town": "Hel"}}, "town"),
        ({"filter": {}, "what": "tag", "values": {"attribute": 5}}, "attribute"),
    ],
)
def test_bulk_names_what_is_wrong(given: dict[str, Any], named: str) -> None:
    a_company("One Ltd", by=ann())
    answer = call(ann(), "POST", "/bulk", {"kind": COMPANY, "what": "edit", **given})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [named])
    assert answer["Content-Type"] == "application/problem+json"


def test_bulk_fields_are_those_one_may_set() -> None:
    fields = {one["name"]: one for one in call(ann(), "GET", f"/bulk/fields?kind={COMPANY}").json()}
    assert (fields["town"]["type"], fields["name"]["is_required"]) == ("text", True)
    assert fields["size"]["choices"][0][0] == Company._meta.get_field("size").flatchoices[0][0]
    assert "name" not in {one["name"] for one in call(ann(), "GET", "/bulk/fields?kind=notify.mail").json()}
