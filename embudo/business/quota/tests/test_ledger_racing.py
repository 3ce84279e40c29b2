"""What only several tills at once can show; on SQLite against a file, where each thread has a connection of its own."""

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from embudo.business.quota import commands, queries
from embudo.business.quota.commands.posting import Movement, entry_of
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.rules.states import Cause, EntryKind
from embudo.business.quota.tests.builders import an_account, asking, authorised, fresh, oscar, till
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Refused
from embudo.kernel.prepared import insert, made

pytestmark = pytest.mark.django_db(transaction=True)
TILLS = 6
Together = Callable[..., list[Any]]


def naive_authorisation(account: Account, minor: int, everybody: Barrier) -> bool:
    """As one would write it first: read what is left, then write. All have read before the first one writes."""
    found = Account.objects.get(pk=account.pk)
    everybody.wait(30)
    if minor > found.balance.available:
        return False
    with transaction.atomic():
        hold = made(Hold, {
            "account_id": account.pk, "amount_minor": minor, "asked_minor": minor, "asked_currency": "USD",
            "day": clock.today(), "expires": clock.now() + asking(1).lasts,
        })  # fmt: skip
        insert(hold)
        movement = Movement(EntryKind.HOLD, minor, held=minor, hold=hold)
        insert(entry_of(till(), account, movement, hold.day, found.balance.available - minor))
        Account.objects.filter(pk=account.pk).update(held_minor=found.held_minor + minor)
    return True


def checked(account: Account) -> tuple[int, int, bool]:
    held = sum(LedgerEntry.objects.filter(account=account).values_list("held_change", flat=True))
    return held, fresh(account).held_minor, not queries.faults_of(Account.objects.filter(pk=account.pk))


def test_naive_twin_overspends_where_the_command_does_not(together: Together) -> None:
    actor, naive, real = till(), an_account(100_00), an_account(100_00)
    first, second = Barrier(TILLS), Barrier(TILLS)

    def carefully() -> bool:
        second.wait(30)
        return commands.authorise_spending(actor, real, asked=asking(30_00)).state == "open"

    assert together(*[lambda: naive_authorisation(naive, 30_00, first)] * TILLS) == [True] * TILLS
    assert sorted(together(*[carefully] * TILLS)) == [False] * 3 + [True] * 3
    [(overspent, told, is_right)] = together(lambda: checked(naive))
    assert (overspent, told, is_right) == (180_00, 30_00, False)
    assert together(lambda: checked(real)) == [(90_00, 90_00, True)]


def test_authorise_spending_once_however_often_one_key_comes(together: Together) -> None:
    actor, account = till(), an_account(100_00)

    def ask() -> Any:
        return commands.authorise_spending(actor, account, asked=asking(30_00, key="k")).pk

    answers = together(*[ask] * TILLS)
    assert len(set(answers)) == 1
    assert together(lambda: checked(account)) == [(30_00, 30_00, True)]


def test_capture_hold_and_its_release_end_it_once(together: Together) -> None:
    actor, account = till(), an_account(100_00)
    hold = authorised(account, 40_00)
    jobs = [lambda: commands.capture_hold(actor, hold), lambda: commands.release_hold(actor, hold)] * 3
    results = together(*jobs)
    assert sorted(type(one).__name__ for one in results) == ["LedgerEntry"] + ["Refused"] * 5
    assert together(lambda: checked(account)) == [(0, 0, True)]


def test_refund_hold_gives_back_no_more_than_was_captured(together: Together) -> None:
    actor, account = till(), an_account(100_00)
    hold = authorised(account, 40_00)
    commands.capture_hold(actor, hold)
    results = together(*[lambda: commands.refund_hold(actor, hold, amount=account.money(15_00))] * TILLS)
    assert [type(one).__name__ for one in results].count("LedgerEntry") == 2

    def look() -> tuple[int, bool]:
        return fresh(account).consumed_minor, checked(account)[2]

    assert together(look) == [(10_00, True)]


def test_lowered_limit_and_authorisations_at_once_never_leave_it_above(together: Together) -> None:
    actor, account = till(), an_account(100_00)

    def lower() -> None:
        commands.put_limit(system_actor("test"), account, limit=commands.Limit(50_00))

    def ask() -> tuple[str, int]:
        hold = commands.authorise_spending(actor, account, asked=asking(30_00))
        return hold.state, hold.amount_minor

    results = together(*[ask] * 3, lower, *[ask] * 3)
    given = [one for one in results if one == ("open", 30_00)]
    assert len(given) in (1, 2, 3)

    def look() -> tuple[bool, bool]:
        found = fresh(account)
        return checked(account)[2], found.balance.available >= 0 or len(given) > 1

    assert together(look) == [(True, True)]


def test_block_and_authorisation_at_once_leave_either_order_behind(together: Together) -> None:
    actor, officer, account = till(), oscar(), an_account(100_00)

    def block() -> str:
        return commands.block_account(
            officer, account, grounds=commands.Grounds(Cause.OFFICER, "Asked")
        ).cause

    results = together(
        block, *[lambda: commands.authorise_spending(actor, account, asked=asking(10_00)).refusal] * 5
    )
    assert set(results[1:]) <= {"", "quota.held"}
    assert not any(isinstance(one, Exception) for one in results)

    def look() -> tuple[str, int, bool]:
        return fresh(account).state, fresh(account).held_minor, checked(account)[2]

    assert together(look) == [("held", 10_00 * results.count(""), True)]


def test_account_is_closed_only_when_nothing_is_held(together: Together) -> None:
    actor, officer, account = till(), oscar(), an_account(100_00)

    def close() -> str:
        return commands.close_account(officer, account, reason="Left").state

    def ask() -> str:
        return commands.authorise_spending(actor, account, asked=asking(10_00)).state

    results = together(close, *[ask] * 3)
    is_closed = results[0] == "closed"
    assert is_closed or isinstance(results[0], Refused)
    assert together(lambda: fresh(account).held_minor) == [0 if is_closed else 30_00]
