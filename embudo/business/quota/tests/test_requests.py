import pytest
from django.test import Client

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, LedgerEntry, SpendRequest
from embudo.business.quota.tests.books import on, opened, paid_in
from embudo.business.quota.tests.builders import (
    ada,
    an_account,
    asked,
    blocked,
    fresh,
    oscar,
    page_of,
    spent,
    till,
)
from embudo.foundation.access.tests.builders import tester, user_of
from embudo.foundation.notify.models import Notification
from embudo.kernel.actor import system_actor
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


def after_the_run(account: Account) -> Account:
    commands.run_daily(system_actor("daily run"))
    return fresh(account)


def test_what_an_officer_let_be_spent_ends_with_the_period_and_what_was_paid_stays() -> None:
    account = opened("2026-01-10", at_limit="ask")
    with on("2026-01-20"):
        commands.approve_request(ada(), asked(account))
        paid_in(account, 30_00)
        spent(account, 110_00)
    with on("2026-02-02"):
        assert queries.settled_balance(fresh(account)).topups == 30_00
        settled = after_the_run(account)
        assert (settled.topup_minor, settled.consumed_minor) == (30_00, 0)
    assert queries.faults_of(Account.objects.filter(pk=account.pk)) == []


def test_grant_that_was_taken_back_takes_nothing_of_what_was_paid() -> None:
    account = opened("2026-01-10", at_limit="ask")
    with on("2026-01-20"):
        commands.approve_request(ada(), asked(account))
        paid_in(account, 30_00)
        grant = LedgerEntry.objects.get(source="officer")
        commands.reverse_entry(tester(), grant, reason="By mistake")
    with on("2026-02-02"):
        assert after_the_run(account).topup_minor == 30_00


def test_grant_in_a_rolling_period_ends_as_its_day_leaves() -> None:
    account = opened("2026-01-10", at_limit="ask", period="rolling", rolling_days=10)
    with on("2026-01-20"):
        commands.approve_request(ada(), asked(account))
    with on("2026-01-25"):
        spent(account, 110_00)
    with on("2026-01-30"):
        assert after_the_run(account).topup_minor == 10_00  # what was used of it
    with on("2026-02-05"):
        settled = after_the_run(account)
        assert (settled.topup_minor, settled.consumed_minor) == (0, 0)
    assert queries.faults_of(Account.objects.filter(pk=account.pk)) == []


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
