"""The till's API, as a program sees it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    an_account,
    authorised,
    fresh,
    oscar,
    spent,
    till,
)
from embudo.foundation.access.tests.builders import a_token, a_user, an_actor, tester, user_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.models import IdempotencyKey

pytestmark = pytest.mark.django_db
AUTHORIZATIONS = "/quota/authorizations"


class Till:
    def __init__(self, who: Actor | None = None) -> None:
        self.token, self.scheme = a_token(user_of(who or till())), "Bearer"

    def ask(self, method: str, path: str, data: Any = None, key: str | None = "") -> Any:
        """`key` "" is a new one, None none at all."""
        headers = {"Authorization": f"{self.scheme} {self.token}"}
        if method == "POST" and key is not None:
            headers["Idempotency-Key"] = key or uuid4().hex
        text = json.dumps(data) if data is not None else ""
        return Client().generic(method, f"/api/v1{path}", text, "application/json", headers=headers)

    def post(self, path: str, data: Any = None, key: str | None = "") -> tuple[int, Any]:
        answer = self.ask("POST", path, data, key)
        return answer.status_code, answer.json()

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.ask("GET", path)
        return answer.status_code, answer.json()


def wish(account: Account, minor: int, **values: Any) -> dict[str, Any]:
    return {"account": account.reference, "amount_minor": minor, "currency": "USD"} | values


def test_create_authorization_holds_the_amount() -> None:
    account = an_account(100_00)
    answer = Till().ask(
        "POST", AUTHORIZATIONS, wish(account, 70_00, expires_in=60, source="pos-17", note="Shoes")
    )
    told, hold = answer.json(), Hold.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1{AUTHORIZATIONS}/{hold.pk}")
    assert (told["id"], told["state"], told["held_minor"], told["account"]) == (
        str(hold.pk),
        "open",
        70_00,
        account.reference,
    )
    assert (hold.source, hold.note, hold.expires - hold.created < timedelta(seconds=61)) == (
        "pos-17",
        "Shoes",
        True,
    )
    assert fresh(account).held_minor == 70_00


def test_create_authorization_refused_says_what_is_left_until_when_and_what_may_be_done() -> None:
    account = an_account(100_00, policy=a_policy(at_limit="topup"))
    program = Till()
    first = program.ask("POST", AUTHORIZATIONS, wish(account, 100_01), key="k")
    told = first.json()
    assert (first.status_code, first["Content-Type"]) == (409, "application/problem+json")
    assert (told["code"], told["available_minor"], told["currency"]) == ("quota.limit", 100_00, "USD")
    assert told["period_end"] == account.period_end.isoformat()
    assert [(one["kind"], one["path"]) for one in told["offers"]] == [
        ("topup", "/api/v1/quota/topups"),
        ("change", None),
    ]
    commands.top_up(till(), account, amount=account.money(50_00))
    again = program.ask("POST", AUTHORIZATIONS, wish(account, 100_01), key="k")
    assert (again.status_code, again.content) == (409, first.content)
    assert program.post(AUTHORIZATIONS, wish(account, 100_01))[0] == 201


@pytest.mark.parametrize(
    ("at_limit", "offered"),
    [("refuse", ["change"]), ("overdraft", ["change"]), ("ask", ["officer", "change"])],
)
def test_refusal_offers_what_the_policy_does(at_limit: str, offered: list[str]) -> None:
    overdraft = {"overdraft_minor": 5_00, "overdraft_name": "Reserve"} if at_limit == "overdraft" else {}
    account = an_account(95_00 if overdraft else 100_00, policy=a_policy(at_limit=at_limit, **overdraft))
    told = Till().post(AUTHORIZATIONS, wish(account, 100_01))[1]
    assert [one["kind"] for one in told["offers"]] == offered


@pytest.mark.parametrize("source", ["officer", "carried"])
def test_till_may_not_say_what_becomes_of_a_top_up(source: str) -> None:
    account = an_account(100_00)
    status, told = Till().post("/quota/topups", wish(account, 50_00, source=source))
    assert (status, set(told["errors"]), fresh(account).topup_minor) == (422, {"source"}, 0)


def test_overdraft_is_not_available_before_a_limit_is_set() -> None:
    overdraft = {"overdraft_minor": 50_00, "overdraft_name": "Reserve"}
    account, program = an_account(None, at_limit="overdraft", **overdraft), Till()
    status, told = program.post(AUTHORIZATIONS, wish(account, 1))
    assert (status, told["code"], told["available_minor"]) == (409, "quota.pending", 0)
    told = program.get(f"/quota/accounts/{account.reference}")[1]
    assert (told["state"], told["overdraft_minor"], told["available_minor"]) == ("pending", 0, 0)


def test_refusal_of_an_account_that_is_held_or_pending_says_so() -> None:
    pending, held = an_account(None), an_account(100_00)
    commands.block_account(oscar(), held, grounds=commands.Grounds(Cause.OFFICER, "Asked"))
    codes = [Till().post(AUTHORIZATIONS, wish(one, 1))[1]["code"] for one in (pending, held)]
    assert codes == ["quota.pending", "quota.held"]


def test_officer_is_asked_where_the_policy_offers_it() -> None:
    account, program = an_account(100_00, policy=a_policy(at_limit="ask")), Till()
    status, told = program.post("/quota/requests", wish(account, 20_00, reason="A wedding"))
    assert (status, told["state"], told["amount_minor"]) == (201, "waiting", 20_00)
    other = an_account(100_00)
    assert (
        program.post("/quota/requests", wish(other, 20_00, reason="A wedding"))[1]["code"]
        == "quota.not_offered"
    )


# --- keys -------------------------------------------------------------------------------------------------------------


def test_key_is_required_and_named() -> None:
    hold = authorised(an_account(100_00), 10_00)
    paths = (AUTHORIZATIONS, f"{AUTHORIZATIONS}/{hold.pk}/capture", f"{AUTHORIZATIONS}/{hold.pk}/release", "/quota/refunds",
             "/quota/topups", "/quota/requests")  # fmt: skip
    for path in paths:
        status, told = Till().post(path, {}, key=None)
        assert (status, set(told["errors"])) == (422, {"Idempotency-Key"})


def test_same_key_and_body_has_the_same_answer_byte_for_byte() -> None:
    account, program = an_account(100_00), Till()
    first = program.ask("POST", AUTHORIZATIONS, wish(account, 70_00), key="k")
    commands.capture_hold(till(), Hold.objects.get())
    again = program.ask("POST", AUTHORIZATIONS, wish(account, 70_00), key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert fresh(account).consumed_minor == 70_00


def test_same_key_with_another_body_is_invalid() -> None:
    account, program = an_account(100_00), Till()
    program.post(AUTHORIZATIONS, wish(account, 70_00), key="k")
    status, told = program.post(AUTHORIZATIONS, wish(account, 7_00), key="k")
    assert (status, set(told["errors"]), fresh(account).held_minor) == (422, {"Idempotency-Key"}, 70_00)


def test_key_holds_for_good_though_answers_are_kept_for_days() -> None:
    account, program = an_account(100_00), Till()
    first = program.post(AUTHORIZATIONS, wish(account, 70_00), key="k")[1]
    IdempotencyKey.objects.all().delete()
    assert program.post(AUTHORIZATIONS, wish(account, 70_00), key="k")[1]["id"] == first["id"]
    IdempotencyKey.objects.all().delete()
    status, told = program.post(AUTHORIZATIONS, wish(account, 7_00), key="k")
    assert (status, set(told["errors"])) == (422, {"Idempotency-Key"})


def test_keys_of_two_tills_do_not_meet() -> None:
    account = an_account(100_00)
    tills = (till(), an_actor(a_user(roles=("till",), email="second.till@example.com")))
    ids = {Till(who).post(AUTHORIZATIONS, wish(account, 10_00), key="1")[1]["id"] for who in tills}
    assert (len(ids), fresh(account).held_minor) == (2, 20_00)


def test_what_was_invalid_is_kept_under_its_key() -> None:
    account, program = an_account(100_00), Till()
    euros = wish(account, 5) | {"currency": "EUR"}
    for key, body in (("zero", wish(account, 0)), ("rate", euros), ("read", wish(account, 5) | {"what": 1})):
        first, again = (program.ask("POST", AUTHORIZATIONS, body, key=key) for _turn in range(2))
        assert (first.status_code, again.content, again.status_code) == (422, first.content, 422), key
        assert again["Idempotency-Replayed"] == "true"
        status, told = program.post(AUTHORIZATIONS, wish(account, 5), key=key)
        assert (status, set(told["errors"])) == (422, {"Idempotency-Key"})
    assert program.post(AUTHORIZATIONS, wish(account, 5))[0] == 201
    assert fresh(account).held_minor == 5


def test_refusal_that_takes_the_call_back_is_kept_under_its_key() -> None:
    account, program = an_account(100_00), Till()
    path = f"{AUTHORIZATIONS}/{program.post(AUTHORIZATIONS, wish(account, 70_00))[1]['id']}"
    assert program.post(f"{path}/release", {}, key="r")[0] == 200
    first, again = (program.ask("POST", f"{path}/capture", {}, key="c") for _turn in range(2))
    assert (first.status_code, first.json()["code"]) == (409, "quota.hold_ended")
    assert (again.status_code, again.content) == (409, first.content)


def test_what_is_not_found_leaves_its_key_free() -> None:
    account, program = an_account(100_00), Till()
    assert program.post(f"{AUTHORIZATIONS}/{uuid4()}/capture", {}, key="k")[0] == 404
    assert program.post(AUTHORIZATIONS, wish(account, 5), key="k")[0] == 201


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -5}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": 2**53 - 1}, "amount_minor"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"account": "Q-NONE"}, "account"),
        ({"account": ""}, "account"),
        ({"account": "", "customer": str(uuid4())}, "customer"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 61 * 86400}, "expires_in"),
        ({"wrong": 1}, "wrong"),
    ],
)
def test_create_authorization_names_the_field_that_is_wrong(sent: dict[str, Any], field: str) -> None:
    account = an_account(100_00)
    status, told = Till().post(AUTHORIZATIONS, wish(account, 5) | sent)
    assert (status, set(told["errors"])) == (422, {field})
    assert all(told["errors"][field])


def test_closed_account_is_named() -> None:
    account = an_account(100_00)
    hold = spent(account, 5_00)
    commands.close_account(tester(), account, reason="Left")
    for path, data in (
        (AUTHORIZATIONS, wish(account, 1)),
        ("/quota/topups", wish(account, 1)),
        ("/quota/refunds", {"authorization_id": str(hold.pk)}),
    ):
        status, told = Till().post(path, data)
        assert (status, set(told["errors"])) == (422, {"account"})


def test_customer_may_be_named_instead_of_the_account() -> None:
    company = a_company()
    dollars = an_account(100_00, customer=company)
    euros = an_account(100_00, customer=company, policy=a_policy(currency="EUR"))
    sent = {"customer": str(company.pk), "amount_minor": 5_00, "currency": "EUR"}
    assert Till().post(AUTHORIZATIONS, sent)[1]["account_id"] == str(euros.pk)
    status, told = Till().post(AUTHORIZATIONS, sent | {"currency": "PLN"})
    assert (status, set(told["errors"])) == (422, {"account"})
    assert fresh(dollars).held_minor == 0


# --- what becomes of it -----------------------------------------------------------------------------------------------


def test_capture_release_and_refund() -> None:
    account, program = an_account(100_00), Till()
    path = f"{AUTHORIZATIONS}/{program.post(AUTHORIZATIONS, wish(account, 70_00))[1]['id']}"
    status, told = program.post(
        f"{path}/capture", {"amount_minor": 30_00, "currency": "USD", "keeps_rest": True}, key="c"
    )
    assert (status, told["state"], told["captured_minor"], told["held_minor"]) == (200, "open", 30_00, 40_00)
    assert (
        program.post(
            f"{path}/capture", {"amount_minor": 30_00, "currency": "USD", "keeps_rest": True}, key="c"
        )[1]
        == told
    )
    assert program.post(f"{path}/capture", {"amount_minor": 40_01})[0] == 422
    assert (
        program.post(f"{path}/capture", {"amount_minor": 10_00, "keeps_rest": True})[1]["captured_minor"]
        == 40_00
    )
    status, told = program.post(f"{path}/release")
    assert (status, told["state"], told["held_minor"]) == (200, "captured", 0)
    assert program.post(f"{path}/capture", {})[1]["code"] == "quota.hold_ended"
    refund = {"authorization_id": told["id"], "amount_minor": 15_00, "note": "Broken"}
    status, told = program.post("/quota/refunds", refund)
    assert (status, told["refunded_minor"]) == (201, 15_00)
    assert program.post("/quota/refunds", refund | {"amount_minor": 25_01})[0] == 422
    assert program.post("/quota/refunds", {"authorization_id": told["id"]})[1]["refunded_minor"] == 40_00
    assert (
        program.post("/quota/refunds", {"authorization_id": told["id"]})[1]["code"]
        == "quota.nothing_to_refund"
    )
    assert (fresh(account).consumed_minor, program.get(path)[1]["refunded_minor"]) == (0, 40_00)
    assert not queries.faults_of(Account.objects.all())


def test_create_topup_may_be_spent_at_once() -> None:
    account, program = an_account(100_00), Till()
    status, told = program.post("/quota/topups", wish(account, 50_00, source="pos-17"), key="t")
    assert (status, told["kind"], told["available_minor"]) == (201, "topup", 150_00)
    assert program.post("/quota/topups", wish(account, 50_00, source="pos-17"), key="t")[1] == told
    assert program.post(AUTHORIZATIONS, wish(account, 150_00))[0] == 201
    assert LedgerEntry.objects.filter(kind="topup").count() == 1


def test_read_authorization_past_its_time_says_that_it_expired() -> None:
    hold = authorised(an_account(100_00), 10_00, seconds=60)
    program = Till()
    with clock.at(clock.now() + timedelta(minutes=2)):
        told = program.get(f"{AUTHORIZATIONS}/{hold.pk}")[1]
    assert (told["state"], told["held_minor"], Hold.objects.get().state) == ("expired", 0, "open")
    assert program.get(f"{AUTHORIZATIONS}/{uuid4()}")[0] == 404


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_read_quota_account_is_as_of_now() -> None:
    account = an_account(100_00)
    authorised(account, 90_00, seconds=60)
    program = Till()
    for name in (account.reference, str(account.pk)):
        told = program.get(f"/quota/accounts/{name}")[1]
        assert (told["held_minor"], told["available_minor"], told["state"], told["tier"]) == (
            90_00,
            10_00,
            "watch",
            "Basic",
        )
    with clock.at(clock.now() + timedelta(minutes=2)):
        told = program.get(f"/quota/accounts/{account.reference}")[1]
    assert (told["held_minor"], told["state"], told["outlook"], told["policy_version"]) == (
        0,
        "open",
        None,
        1,
    )
    assert (told["period_end"], program.get("/quota/accounts/Q-NONE")[0]) == (
        account.period_end.isoformat(),
        404,
    )


def test_read_quota_account_says_why_it_is_blocked() -> None:
    account = an_account(100_00)
    assert Till().get(f"/quota/accounts/{account.pk}")[1]["why_blocked"] == ""
    commands.block_account(oscar(), account, grounds=commands.Grounds(Cause.OFFICER, "Asked"))
    told = Till().get(f"/quota/accounts/{account.pk}")[1]
    assert (told["state"], "officer" in told["why_blocked"]) == ("held", True)


@pytest.mark.parametrize("count", [1, 3])
def test_list_quota_accounts_takes_as_many_queries_for_three_as_for_one(
    count: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    policy = a_policy()
    accounts = [an_account(100_00, policy=policy) for _number in range(count)]
    commands.block_account(oscar(), accounts[0], grounds=commands.Grounds(Cause.OFFICER, "Asked"))
    program = Till()
    program.get("/quota/accounts")
    with django_assert_num_queries(5):
        status, page = program.get("/quota/accounts?sort=reference")
    assert (status, len(page["items"])) == (200, count)
    assert len(program.get(f"/quota/accounts?state=held&policy={policy.pk}")[1]["items"]) == 1


def test_till_is_for_tills() -> None:
    account = an_account(100_00)
    assert Till(oscar()).post(AUTHORIZATIONS, wish(account, 1))[0] == 403
    assert Client().post(f"/api/v1{AUTHORIZATIONS}", "{}", "application/json").status_code == 401
