import json
from typing import Any

import pytest
from django.test import Client

from embudo.foundation.access.models import Team
from embudo.foundation.rest import operations
from embudo.kernel.models import RateBucket

pytestmark = [pytest.mark.django_db, pytest.mark.urls("embudo.foundation.rest.tests.shop")]
RIGHT = {"Authorization": "Bearer right"}


@pytest.fixture(autouse=True)
def _fresh_portions() -> None:
    operations.portions.left.clear()


def post(client: Client, path: str, data: Any = None, **headers: str) -> Any:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.generic("POST", f"/v1{path}", body, content_type="application/json", headers=RIGHT | given)


def test_missing_token_is_401(client: Client) -> None:
    answer = client.get("/v1/teams")
    assert (answer.status_code, answer["WWW-Authenticate"], answer.json()["code"]) == (
        401,
        "Bearer",
        "unauthorised",
    )
    assert answer["Content-Type"] == "application/problem+json"


def test_unknown_token_is_401(client: Client) -> None:
    assert client.get("/v1/teams", headers={"Authorization": "Bearer x"}).status_code == 401


def test_token_without_grant_is_403_before_anything_is_read(client: Client) -> None:
    answer = client.generic("POST", "/v1/teams", b"{", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()["permission"]) == (403, "access.view_role")


def test_create_answers_201_with_etag_and_place(client: Client) -> None:
    answer = post(client, "/teams", {"name": " North "})
    team = Team.objects.get()
    assert (answer.status_code, answer["ETag"], answer["Location"]) == (201, '"1"', f"/v1/teams/{team.pk}")
    assert answer.json() == {"id": str(team.pk), "name": "North"}


def test_faults_are_named_by_field_in_sentences(client: Client) -> None:
    answer = post(client, "/teams", {"name": "x" * 11, "size": "2", "colour": 1})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "name": ["Use at most 10 characters."],
        "size": ["Send a whole number."],
        "colour": ["There is no such field. Remove it."],
    }


def test_missing_body_is_named(client: Client) -> None:
    assert post(client, "/teams", b"").json()["errors"] == {"": ["This value is required."]}


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"name": NaN}', b"\xff\xfe", b'{"name": "a\\u0000"}', b'{"name": "\\ud800"}', b"[" * 9999],
)
def test_unreadable_body_is_400(client: Client, body: bytes) -> None:
    answer = post(client, "/teams", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_too_large_body_is_413(client: Client) -> None:
    assert post(client, "/teams", {"name": "x" * 3_000_000}).status_code == 413


def test_wrong_method_is_405(client: Client) -> None:
    answer = client.put("/v1/teams", headers=RIGHT)
    assert (answer.status_code, answer.json()["code"], "GET" in answer["Allow"]) == (
        405,
        "no_such_operation",
        True,
    )


def test_unknown_path_and_bad_id_are_404(client: Client) -> None:
    assert [
        client.get(path, headers=RIGHT).status_code for path in ("/v1/nothing", "/v1/teams/12", "/v1/")
    ] == [404] * 3


def test_unknown_parameter_is_refused(client: Client) -> None:
    answer = client.get("/v1/teams?colour=red", headers=RIGHT)
    assert answer.json()["errors"] == {"colour": ["There is no such parameter. Remove it."]}


def test_list_pages_by_cursor(client: Client) -> None:
    for name in "abc":
        post(client, "/teams", {"name": name})
    first = client.get("/v1/teams?sort=name&limit=2&count=true", headers=RIGHT).json()
    assert ([team["name"] for team in first["items"]], first["count"]) == (["a", "b"], 3)
    second = client.get(f"/v1/teams?sort=name&limit=2&cursor={first['next']}", headers=RIGHT).json()
    assert ([team["name"] for team in second["items"]], second["next"]) == (["c"], None)
    assert client.get(f"/v1/teams?cursor={first['next']}", headers=RIGHT).status_code == 422


def test_list_filters(client: Client) -> None:
    for name in "ab":
        post(client, "/teams", {"name": name})
    assert [team["name"] for team in client.get("/v1/teams?name=b", headers=RIGHT).json()["items"]] == ["b"]


def test_stale_version_is_412_and_changes_nothing(client: Client) -> None:
    place = post(client, "/teams", {"name": "a"})["Location"]
    headers = RIGHT | {"If-Match": '"1"'}
    first = client.patch(place, {"name": "b"}, content_type="application/json", headers=headers)
    second = client.patch(place, {"name": "c"}, content_type="application/json", headers=headers)
    assert (first.status_code, first["ETag"], second.status_code, second.json()["version"]) == (
        200,
        '"2"',
        412,
        2,
    )
    assert Team.objects.get().name == "b"


def test_unreadable_etag_is_refused(client: Client) -> None:
    place = post(client, "/teams", {"name": "a"})["Location"]
    answer = client.patch(
        place, {"name": "b"}, content_type="application/json", headers=RIGHT | {"If-Match": "new"}
    )
    assert list(answer.json()["errors"]) == ["If-Match"]


def test_refusal_is_409_with_its_code(client: Client) -> None:
    answer = post(client, "/refuse")
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
        409,
        "shop.closed",
        "The shop is closed.",
    )


def test_fault_of_ours_is_500_with_the_requests_number(client: Client) -> None:
    answer = post(client, "/break")
    assert (answer.status_code, answer.json()["request_id"]) == (500, answer["X-Request-Id"])
    assert "ZeroDivision" not in answer.content.decode()


def test_repeated_post_with_key_gives_the_first_answer(client: Client) -> None:
    first = post(client, "/teams", {"name": "a"}, Idempotency_Key="k1")
    again = post(client, "/teams", {"name": "a"}, Idempotency_Key="k1")
    assert (again.status_code, again.content, again["ETag"]) == (first.status_code, first.content, '"1"')
    assert Team.objects.count() == 1


def test_same_key_with_another_body_is_422(client: Client) -> None:
    post(client, "/teams", {"name": "a"}, Idempotency_Key="k1")
    assert post(client, "/teams", {"name": "b"}, Idempotency_Key="k1").status_code == 422


def test_refused_post_frees_its_key_and_keeps_nothing(client: Client) -> None:
    assert [post(client, "/refuse", Idempotency_Key="k1").status_code for _ in range(2)] == [409, 409]
    assert Team.objects.count() == 0


def test_unprintable_key_is_refused(client: Client) -> None:
    assert post(client, "/teams", {"name": "a"}, Idempotency_Key="x" * 201).status_code == 422


def test_too_many_calls_are_429(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "CALLS_A_MINUTE", 50)
    statuses = [client.get("/v1/teams", headers=RIGHT).status_code for _ in range(51)]
    assert (statuses[-2:], RateBucket.objects.count()) == ([200, 429], 1)
    assert int(client.get("/v1/teams", headers=RIGHT)["Retry-After"]) > 0


def test_money_goes_in_and_out(client: Client) -> None:
    assert post(client, "/pay", {"amount_minor": 5, "currency": "EUR"}).json() == {
        "amount_minor": 5,
        "currency": "EUR",
    }
    answer = post(client, "/pay", {"amount_minor": 5, "currency": "XQX"})
    assert answer.json()["errors"] == {"currency": ["Use a currency code of ISO 4217, such as EUR."]}


def test_description_declares_every_problem(client: Client) -> None:
    schema = client.get("/v1/openapi.json").json()
    assert schema["openapi"] == "3.1.0"
    acts = {act["operationId"]: act for methods in schema["paths"].values() for act in methods.values()}
    assert list(acts["create_team"]["responses"]) == [
        "201", "400", "401", "403", "404", "409", "412", "413", "422", "429", "500",
    ]  # fmt: skip
    assert (acts["create_team"]["x-permission"], "x-permission" in acts["pay"]) == ("access.view_role", False)
    assert [one["name"] for one in acts["change_team"]["parameters"]] == ["team_id", "If-Match"]
    assert acts["create_team"]["security"] == [{"ByName": []}]
