import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.quota import queries
from embudo.business.quota.models import Account, Block, Change
from embudo.business.quota.tests.builders import fresh, till
from embudo.business.quota.tests.changing import a_mailed_account, asker, checker
from embudo.foundation.access.tests.builders import a_token, user_of
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
CHANGES = "/quota/changes"


class Program:
    """What one person's token can do."""

    def __init__(self, who: Actor) -> None:
        self.headers = {"Authorization": f"Bearer {a_token(user_of(who))}"}

    def get(self, path: str) -> tuple[int, Any]:
        answer = Client().get(f"/api/v1{path}", headers=self.headers)
        return answer.status_code, answer.json()

    def post(self, path: str, data: Any = None) -> tuple[int, Any]:
        text = json.dumps(data or {})
        answer = Client().post(f"/api/v1{path}", text, "application/json", headers=self.headers)
        return answer.status_code, json.loads(answer.content or b"null")


@pytest.fixture
def oscar() -> Program:
    return Program(asker())


@pytest.fixture
def ada() -> Program:
    return Program(checker())


def wish(account: Account, minor: int = 150_00, **values: Any) -> dict[str, Any]:
    return {"account": account.reference, "amount_minor": minor, "reason": "Grows"} | values


def drafted(oscar: Program, account: Account, **values: Any) -> str:
    status, told = oscar.post(CHANGES, wish(account, **values))
    assert (status, told["state"]) == (201, "draft"), told
    return f"{CHANGES}/{told['id']}"


def test_change_goes_its_whole_way_by_program(oscar: Program, ada: Program) -> None:
    account = a_mailed_account()
    path = drafted(oscar, account)
    assert (
        oscar.post(f"{path}/edit", {"amount_minor": 200_00, "reason": "Grows more"})[1]["to_minor"] == 200_00
    )
    assert oscar.post(f"{path}/submit")[1]["state"] == "review"
    assert ada.post(f"{path}/approve", {"note": "Seen"})[1]["state"] == "awaiting"
    assert oscar.post(f"{path}/ask", {"language": "fr"})[0] == 204
    said = {"is_accepted": True, "evidence": "I called +33 1 00 at noon"}
    assert ada.post(f"{path}/answer", said)[1]["state"] == "accepted"
    status, rehearsal = oscar.post(f"{path}/rehearse")
    assert (status, rehearsal["has_breach"]) == (201, False)
    status, told = ada.post(f"{path}/sign")
    assert (status, told["state"], told["applies_on"] > rehearsal["day"]) == (200, "scheduled", True)
    status, told = oscar.get(path)
    assert (status, told["rehearsal"]["id"], told["account"]) == (200, rehearsal["id"], account.reference)
    assert [one["purpose"] for one in told["signatures"]] == ["submit", "approve", "rehearsal"]
    assert len(told["facts"]["periods"]) == 12


def test_four_eyes_hold_for_programs(oscar: Program) -> None:
    path = drafted(oscar, a_mailed_account())
    oscar.post(f"{path}/submit")
    for act, body in (("approve", {}), ("reject", {"reason": "No"})):
        status, told = oscar.post(f"{path}/{act}", body)
        assert (status, Change.objects.get().state) == (409, "review"), (act, told)


def test_denial_told_by_phone_holds_the_account(oscar: Program, ada: Program) -> None:
    account = a_mailed_account()
    path = drafted(oscar, account)
    oscar.post(f"{path}/submit")
    ada.post(f"{path}/approve")
    no = {"is_accepted": False, "code": "not_asked", "reason": "Never", "evidence": "They called"}
    assert ada.post(f"{path}/answer", no)[1]["state"] == "denied"
    assert (fresh(account).state, Block.objects.get().account_id) == ("held", account.pk)


def test_change_ends_by_rejection_recall_and_replacement(oscar: Program, ada: Program) -> None:
    account = a_mailed_account()
    path = drafted(oscar, account)
    assert oscar.post(CHANGES, wish(account))[0] == 409
    oscar.post(f"{path}/submit")
    status, told = ada.post(f"{path}/reject", {"reason": "Too much"})
    assert (status, told["state"], told["ended_reason"]) == (200, "rejected", "Too much")
    path = drafted(oscar, account, tier="Plus", amount_minor=None)
    status, told = oscar.post(f"{path}/supersede", {"amount_minor": 120_00, "reason": "Less will do"})
    assert (status, told["to_minor"]) == (201, 120_00)
    assert oscar.post(f"{CHANGES}/{told['id']}/recall", {"reason": "Not needed"})[1]["state"] == "recalled"
    states = [one["state"] for one in oscar.get(f"{CHANGES}?sort=created&account={account.pk}")[1]["items"]]
    assert states == ["rejected", "superseded", "recalled"]
    assert [one["state"] for one in oscar.get(f"{CHANGES}?state=recalled")[1]["items"]] == ["recalled"]
    assert queries.open_change(account) is None


def test_faults_name_the_field(oscar: Program) -> None:
    account = a_mailed_account()
    bodies: list[tuple[dict[str, Any], str]] = [
        (wish(account, reason=""), "reason"),
        (wish(account) | {"account": "Q-NOBODY"}, "account"),
        (wish(account, -1), "amount_minor"),
        (wish(account, tier="Platinum"), "tier"),
        (wish(account, wanted="2020-01-01"), "wanted"),
    ]
    for body, field in bodies:
        status, told = oscar.post(CHANGES, body)
        assert (status, list(told["errors"])) == (422, [field]), told


def test_till_neither_asks_for_a_change_nor_sees_one() -> None:
    account = a_mailed_account()
    program = Program(till())
    assert program.post(CHANGES, wish(account))[0] == 403
    assert program.get(CHANGES)[0] == 403
