"""Keys of the till's API: whose they are, and what the ledger knows of them once the kept answers are gone."""

import re
from inspect import getsource
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.utils import formats

from embudo.business.quota import commands
from embudo.business.quota.commands import funds, requests, spending
from embudo.business.quota.models import Hold, LedgerEntry
from embudo.business.quota.rules import refusals, spending as spending_rules
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    an_account,
    authorised,
    blocked,
    fresh,
    spent,
    till,
)
from embudo.business.quota.tests.test_api_till import AUTHORIZATIONS, Till, wish
from embudo.foundation.access.tests.builders import a_token, tester, user_of
from embudo.kernel import idempotency
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Invalid
from embudo.kernel.models import IdempotencyKey

pytestmark = pytest.mark.django_db


def test_key_is_the_users_whichever_token_is_sent() -> None:
    account, program = an_account(100_00), Till()
    first = program.ask("POST", AUTHORIZATIONS, wish(account, 10_00), key="k")
    program.token = a_token(user_of(till()))
    again = program.ask("POST", AUTHORIZATIONS, wish(account, 10_00), key="k")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")
    IdempotencyKey.objects.all().delete()
    program.token = a_token(user_of(till()))
    assert program.post(AUTHORIZATIONS, wish(account, 10_00), key="k")[1]["id"] == first.json()["id"]
    assert fresh(account).held_minor == 10_00


def test_key_is_the_users_however_the_scheme_is_written() -> None:
    account, program = an_account(100_00), Till()
    first = program.ask("POST", AUTHORIZATIONS, wish(account, 10_00), key="k")
    program.scheme = "bEARER"
    again = program.ask("POST", AUTHORIZATIONS, wish(account, 10_00), key="k")
    assert (again.content, fresh(account).held_minor) == (first.content, 10_00)


@pytest.mark.parametrize("other", [{"expires_in": 61}, {"source": "pos-18"}, {"note": "Hat"}])
def test_key_with_another_call_is_invalid_after_the_answers_are_gone(other: dict[str, Any]) -> None:
    account, program = an_account(100_00), Till()
    sent = wish(account, 10_00, expires_in=60, source="pos-17", note="Shoes")
    first = program.post(AUTHORIZATIONS, sent, key="k")[1]
    IdempotencyKey.objects.all().delete()
    assert program.post(AUTHORIZATIONS, sent, key="k")[1]["id"] == first["id"]
    IdempotencyKey.objects.all().delete()
    status, told = program.post(AUTHORIZATIONS, sent | other, key="k")
    assert (status, set(told["errors"]), Hold.objects.count()) == (422, {"Idempotency-Key"}, 1)


@pytest.mark.parametrize("other", [{"source": "desk 3"}, {"note": "Cheque"}, {"amount_minor": 6}])
def test_key_of_a_top_up_with_another_one_is_invalid(other: dict[str, Any]) -> None:
    account, program = an_account(100_00, at_limit="topup"), Till()
    sent = wish(account, 5, source="desk 2", note="Cash")
    assert program.post("/quota/topups", sent, key="t")[0] == 201
    IdempotencyKey.objects.all().delete()
    assert program.post("/quota/topups", sent | other, key="t")[0] == 422
    assert LedgerEntry.objects.count() == 1


def test_key_of_a_release_or_refund_with_another_note_is_invalid() -> None:
    account = an_account(100_00)
    released, refunded = authorised(account, 10_00), authorised(account, 10_00)
    commands.release_hold(till(), released, key="r", note="Gone")
    commands.capture_hold(till(), refunded)
    commands.refund_hold(till(), refunded, key="b", note="Broken")
    for act, hold, key in ((commands.release_hold, released, "r"), (commands.refund_hold, refunded, "b")):
        with pytest.raises(Invalid) as fault:
            act(till(), hold, key=key, note="Other")
        assert set(fault.value.errors) == {"key"}


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_account_and_customer_have_to_agree() -> None:
    account, other = an_account(100_00), an_account(100_00)
    sent = wish(account, 5, customer=str(account.company_id))
    assert Till().post(AUTHORIZATIONS, sent)[0] == 201
    for path in (AUTHORIZATIONS, "/quota/topups"):
        status, told = Till().post(path, sent | {"customer": str(other.company_id)})
        assert (status, set(told["errors"])) == (422, {"customer"})


def test_currency_that_is_none_is_named_whatever_accounts_there_are() -> None:
    account = an_account(100_00)
    an_account(100_00, customer=account.company, currency="EUR")
    sent = {"customer": str(account.company_id), "amount_minor": 5, "currency": "QQQ"}
    status, told = Till().post(AUTHORIZATIONS, sent)
    assert (status, set(told["errors"])) == (422, {"currency"})


def test_currency_without_an_amount_has_to_be_one_of_the_authorization() -> None:
    account, program = an_account(100_00), Till()
    path = f"{AUTHORIZATIONS}/{program.post(AUTHORIZATIONS, wish(account, 5))[1]['id']}/capture"
    status, told = program.post(path, {"currency": "EUR"})
    assert (status, set(told["errors"]), fresh(account).consumed_minor) == (422, {"currency"}, 0)
    assert program.post(path, {"currency": "USD"})[0] == 200


@pytest.mark.parametrize("minor", [0, -1, 2**53 - 1])
def test_spend_request_names_the_amount_as_it_was_sent(minor: int) -> None:
    account = an_account(100_00, at_limit="ask")
    status, told = Till().post("/quota/requests", wish(account, minor, reason="Hotel"))
    said = "too large" if minor > 0 else "above zero"
    assert (status, list(told["errors"])) == (422, ["amount_minor"])
    assert said in told["errors"]["amount_minor"][0]


# --- what is told -----------------------------------------------------------------------------------------------------


def test_documentation_lists_every_code() -> None:
    rooms: tuple[ModuleType, ...] = (spending, spending_rules)
    acts = (funds.top_up, funds.enter_top_up, requests.ask_officer, requests.ask_for_more)
    texts = [getsource(one) for one in rooms] + [getsource(getattr(one, "inner", one)) for one in acts]
    texts.append(getsource(idempotency))
    codes = {code for text in texts for code in re.findall(r'Refused\(\s*"([a-z_.]+)"', text)}
    page = (Path(__file__).parents[4] / "docs" / "quotas.md").read_text()
    table = set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE))
    assert table == codes | set(refusals.WORDS)


def test_nothing_is_available_where_nothing_may_be_spent() -> None:
    held, over, left = (an_account(100_00) for _number in range(3))
    blocked(held)
    spent(over, 90_00)
    commands.put_limit(system_actor("test"), over, limit=commands.Limit(50_00, "Basic"))
    commands.close_account(tester(), left, reason="Left")
    for one in (held, over, left, an_account(None)):
        assert Till().get(f"/quota/accounts/{one.reference}")[1]["available_minor"] == 0
    for one in (held, over):
        assert Till().post(AUTHORIZATIONS, wish(one, 1))[1]["available_minor"] == 0


@pytest.mark.parametrize(
    ("causes", "at_limit", "offered"),
    [
        ([Cause.OVER_LIMIT], "refuse", ["change"]),
        ([Cause.OVER_LIMIT], "topup", ["topup", "change"]),
        ([Cause.OVER_LIMIT], "ask", ["change"]),
        ([Cause.OVER_LIMIT, Cause.OVERDUE], "topup", []),
        ([Cause.DENIED], "topup", []),
    ],
)
def test_account_held_for_spending_too_much_is_offered_what_helps(
    causes: list[Cause], at_limit: str, offered: list[str]
) -> None:
    account = an_account(100_00, at_limit=at_limit)
    for cause in causes:
        blocked(account, cause)
    told = Till().post(AUTHORIZATIONS, wish(account, 1))[1]
    assert (told["code"], [one["kind"] for one in told["offers"]]) == ("quota.held", offered)


def test_refusal_says_what_is_left_until_when_and_what_may_be_done() -> None:
    account = an_account(100_00, at_limit="topup")
    told = Till().post(AUTHORIZATIONS, wish(account, 100_01))[1]["detail"]
    assert told.startswith("Too little of the quota is left")
    for said in ("$100.00", formats.date_format(account.period_end), "top-up", "change of the quota"):
        assert said in told


def test_refused_act_tells_its_facts() -> None:
    account, program = an_account(100_00), Till()
    path = f"{AUTHORIZATIONS}/{program.post(AUTHORIZATIONS, wish(account, 5))[1]['id']}"
    program.post(f"{path}/release")
    status, told = program.post(f"{path}/capture", {})
    assert (status, told["code"], told["state"]) == (409, "quota.hold_ended", "released")


def test_closed_account_is_named_to_who_asks_an_officer() -> None:
    account = an_account(100_00, at_limit="ask")
    commands.close_account(tester(), account, reason="Left")
    status, told = Till().post("/quota/requests", wish(account, 5, reason="Hotel"))
    assert (status, set(told["errors"])) == (422, {"account"})
