"""What only several people at once can show; on SQLite against a file, where each thread has a connection of its own."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.models import (
    Account,
    Answer,
    Block,
    Change,
    Hold,
    LedgerEntry,
    LimitVersion,
    Signature,
)
from embudo.business.quota.rules.states import AccountState
from embudo.business.quota.tests.builders import a_company, a_policy, an_account, asking, spent, till
from embudo.business.quota.tests.changing import (
    DAILY,
    NO,
    YES,
    a_mailed_account,
    asker,
    awaiting,
    checker,
    drafted,
    guest,
    licensed,
    on_its_day,
    signed,
    token_of,
    under_review,
    wish,
)
from embudo.foundation.access.tests.builders import a_user, an_actor, tester
from embudo.foundation.duplicates.commands import merge_records
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.errors import Refused
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6

Together = Callable[..., list[Any]]


def kinds(results: Sequence[Any]) -> list[str]:
    return sorted(type(one).__name__ for one in results)


def codes(results: Sequence[Any]) -> set[str]:
    return {one.code for one in results if isinstance(one, Refused)}


def checkers(count: int) -> list[Any]:
    found = [
        an_actor(a_user(roles=("approver",), name=f"Checker {number}", email=f"checker{number}@example.com"))
        for number in range(count)
    ]
    for one in found:
        licensed(one)
    return found


def state_of(change: Change) -> str:
    return str(Change.objects.values_list("state", flat=True).get(pk=change.pk))


def test_approvals_at_once_approve_it_once(together: Together) -> None:
    change, people = under_review(), checkers(PEOPLE)
    results = together(*[lambda one=one: commands.approve_change(one, change) for one in people])

    def look() -> tuple[str, int, int, int]:
        approvals = Signature.objects.filter(change=change, purpose="approve").count()
        told = LogEntry.objects.filter(name="quota.ChangeApproved").count()
        return state_of(change), approvals, told, Mail.objects.count()

    assert kinds(results) == ["Change"] + ["Refused"] * (PEOPLE - 1)
    assert codes(results) == {"quota.wrong_state"}
    assert together(look) == [("awaiting", 1, 1, 1)]


def test_two_approvals_that_are_needed_come_at_once_and_ask_the_customer_once(together: Together) -> None:
    change = under_review(a_mailed_account(approvals=[[None, 2]]))
    first, second = checkers(2)
    together(*[lambda one=one: commands.approve_change(one, change) for one in (first, first, second)])

    def look() -> tuple[str, int, int]:
        approvals = Signature.objects.filter(change=change, purpose="approve")
        return state_of(change), approvals.count(), Answer.objects.filter(change=change).count()

    assert together(look) == [("awaiting", 2, 1)]


def test_requests_at_once_leave_one_draft(together: Together) -> None:
    account, actor = a_mailed_account(), asker()
    results = together(*[lambda: commands.request_change(actor, account, wish=wish())] * PEOPLE)
    assert kinds(results) == ["Change"] + ["Refused"] * (PEOPLE - 1)
    assert codes(results) == {"quota.change_open"}


def test_submissions_at_once_sign_it_once(together: Together) -> None:
    change, actor = drafted(), asker()
    results = together(*[lambda: commands.submit_change(actor, change)] * PEOPLE)
    assert kinds(results) == ["Change"] + ["Refused"] * (PEOPLE - 1)


def test_answers_at_once_count_once(together: Together) -> None:
    change = awaiting()
    actor, token = guest(change), token_of(change)
    results = together(
        *[lambda said=said: commands.answer_change(actor, token=token, said=said) for said in (YES, NO) * 3]
    )

    def look() -> tuple[str, bool]:
        return state_of(change), Block.objects.exists()

    assert kinds(results) == ["Change"] + ["Refused"] * 5
    assert together(look)[0] in {("accepted", False), ("denied", True)}


def test_answer_and_recall_end_it_in_one_way(together: Together) -> None:
    change, actor = awaiting(), asker()
    customer, token = guest(change), token_of(change)
    results = together(
        lambda: commands.answer_change(customer, token=token, said=NO),
        lambda: commands.recall_change(actor, change, reason="Mistaken"),
    )

    def look() -> tuple[str, bool]:
        return state_of(change), Block.objects.filter(account=change.account, lifted=None).exists()

    assert kinds(results) == ["Change", "Refused"]
    assert together(look)[0] in {("denied", True), ("recalled", False)}


def test_yes_and_recall_leave_it_recalled(together: Together) -> None:
    change, actor = awaiting(), asker()
    customer, token = guest(change), token_of(change)
    results = together(
        lambda: commands.answer_change(customer, token=token, said=YES),
        lambda: commands.recall_change(actor, change, reason="Mistaken"),
    )
    assert codes(results) <= {"quota.link_ended"}
    assert together(lambda: state_of(change)) == ["recalled"]


def test_application_and_denial_are_one_of_the_two(together: Together) -> None:
    """Accepted by phone, the customer's own link is still good for a no, up to the moment it is applied."""
    change = awaiting()
    customer, token = guest(change), token_of(change)
    commands.record_answer(checker(), change, said=YES, evidence="They called")
    commands.rehearse_change(tester(), change)
    commands.sign_rehearsal(checker(), change)
    moment = clock.now() + timedelta(days=1)

    def apply() -> str:
        with clock.at(moment):
            return str(commands.apply_change(DAILY, change).state)

    def deny() -> Any:
        with clock.at(moment):
            return commands.answer_change(customer, token=token, said=NO)

    applied, answer, *_rest = together(apply, deny, apply)

    def look() -> tuple[str, int, bool, int]:
        account = Account.objects.get(pk=change.account_id)
        versions = LimitVersion.objects.filter(account=account).count()
        return state_of(change), account.limit_minor, account.state == AccountState.HELD, versions

    (found,) = together(look)
    if isinstance(answer, Refused):
        assert (applied, found) == ("applied", ("applied", 300_00, False, 2))
    else:
        assert (applied, found) == ("denied", ("denied", 100_00, True, 1))


def test_application_happens_once_however_many_runs_try(together: Together) -> None:
    change = signed()
    moment = clock.now() + timedelta(days=1)

    def apply() -> str:
        with clock.at(moment):
            return str(commands.apply_change(DAILY, change).state)

    def look() -> tuple[int, int, int]:
        versions = LimitVersion.objects.filter(account=change.account_id, change=change.pk).count()
        told = LogEntry.objects.filter(name="quota.ChangeApplied").count()
        return versions, told, Mail.objects.filter(about_id=change.pk).count()

    assert together(*[apply] * PEOPLE) == ["applied"] * PEOPLE
    assert together(look) == [(1, 1, 1)]


def test_answer_and_expiry_are_one_of_the_two(together: Together) -> None:
    change = awaiting(a_mailed_account(answer_days=1))
    customer, token = guest(change), token_of(change)

    def answer() -> Any:
        return commands.answer_change(customer, token=token, said=YES)

    def expire() -> str:
        with clock.at(clock.now() + timedelta(days=3)):
            return str(commands.expire_answer(DAILY, change).state)

    said, expired = together(answer, expire)
    (state,) = together(lambda: state_of(change))
    assert state == expired == ("expired" if isinstance(said, Refused) else "accepted")


def test_nothing_is_overspent_while_the_limit_falls(together: Together) -> None:
    account = a_mailed_account()
    change = signed(account, minor=40_00)
    actor = till()
    with on_its_day(change):
        moment = clock.now()

    def apply() -> str:
        with clock.at(moment):
            return str(commands.apply_change(DAILY, change).state)

    def spend() -> str:
        with clock.at(moment):
            return commands.authorise_spending(actor, account, asked=asking(15_00)).state

    results = together(*[spend] * 4, apply, *[spend] * 4)

    def look() -> tuple[int, int, list[Any]]:
        found = Account.objects.get(pk=account.pk)
        return found.limit_minor, found.held_minor, queries.faults_of(Account.objects.all())

    ((limit, held, faults),) = together(look)
    assert (results[4], limit, faults) == ("applied", 40_00, [])
    assert held == 15_00 * results.count("open") <= 100_00


def test_merge_of_customers_keeps_both_ledgers_while_tills_go_on(together: Together) -> None:
    policy = a_policy()
    first, second = a_company(), a_company()
    kept, gone = (an_account(policy=policy, customer=one) for one in (first, second))
    for one in (kept, gone):
        spent(one, 20_00)
    actor = till()

    def merge() -> Any:
        return merge_records(
            tester(), kind="directory.company", survivor_id=first.pk, merged_ids=(second.pk,)
        )

    def spend(account: Account) -> Any:
        hold = commands.authorise_spending(actor, account, asked=asking(5_00))
        return commands.capture_hold(actor, hold) if hold.state == "open" else hold.refusal

    results = together(
        lambda: spend(kept), lambda: spend(gone), merge, lambda: spend(gone), lambda: spend(kept)
    )

    def look() -> Any:
        rows = Account.objects.filter(company=first)
        captured = LedgerEntry.objects.filter(kind="capture").count()
        open_holds = Hold.objects.filter(state="open").count()
        return rows.count(), captured, open_holds, queries.faults_of(Account.objects.all())

    assert type(results[2]).__name__ == "Merge"
    ((accounts, captured, open_holds, faults),) = together(look)
    assert (accounts, open_holds, faults) == (2, 0, [])
    assert captured == 2 + kinds(results).count("LedgerEntry")
