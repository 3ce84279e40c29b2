import pytest
from django.test import Client

from embudo.business.quota import commands
from embudo.business.quota.models import LedgerEntry, SpendRequest
from embudo.business.quota.tests.builders import (
    ada,
    an_account,
    asked,
    blocked,
    fresh,
    oscar,
    page_of,
    till,
)
from embudo.foundation.access.tests.builders import user_of
from embudo.foundation.notify.models import Notification
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def test_ask_officer_is_offered_by_the_policy_alone() -> None:
    with pytest.raises(Refused, match="does not let"):
        asked(an_account())
    account = an_account(at_limit="ask")
    for minor, reason in ((0, "Hotel"), (-1, "Hotel"), (5, " ")):
        with pytest.raises(Invalid):
            commands.ask_officer(till(), account, amount=account.money(minor), reason=reason)
    asked(account)
    with pytest.raises(Refused, match="asked already"):
        asked(account)
    held = an_account(at_limit="ask")
    blocked(held)
    with pytest.raises(Refused, match="Nothing may be spent"):
        asked(held)


def test_approve_request_becomes_a_top_up_once() -> None:
    account = an_account(100_00, at_limit="ask")
    request = commands.approve_request(oscar(), asked(account))
    entry = LedgerEntry.objects.get(kind="topup")
    assert (request.state, request.entry, entry.source, entry.amount_minor) == (
        "approved",
        entry.pk,
        "officer",
        40_00,
    )
    assert fresh(account).balance.available == 140_00
    with pytest.raises(Refused, match="answered before"):
        commands.approve_request(ada(), request)


def test_deny_request_wants_a_reason() -> None:
    request = asked(an_account(at_limit="ask"))
    with pytest.raises(Invalid):
        commands.deny_request(oscar(), request, reason="")
    assert commands.deny_request(oscar(), request, reason="Not now").state == "denied"
    assert not LedgerEntry.objects.exists()


def test_nobody_answers_what_they_asked_for() -> None:
    account = an_account(at_limit="ask")
    request = commands.ask_officer(oscar(), account, amount=account.money(1), reason="Hotel")
    with pytest.raises(Refused, match="Somebody else"):
        commands.approve_request(oscar(), request)


def test_request_pages_answer_and_officers_are_told(officer: Client, approver: Client) -> None:
    oscar(), ada()
    account = an_account(at_limit="ask")
    at = f"/quota/accounts/{account.pk}/"
    assert officer.post(f"{at}ask/", {"amount": "40", "reason": "Hotel"}).status_code == 302
    request = SpendRequest.objects.get()
    drain()
    told = Notification.objects.filter(kind="quota.officer_asked")
    assert list(told.values_list("user__name", flat=True)) == ["Ada Approver"]
    assert "An officer is asked" in page_of(approver, account)
    assert f"/quota/requests/{request.pk}/approve/" in approver.get("/quota/requests/").content.decode()
    assert approver.post(f"/quota/requests/{request.pk}/approve/", {"reason": ""}).status_code == 302
    drain()
    assert Notification.objects.filter(kind="quota.request_answered", user=user_of(oscar())).count() == 1
