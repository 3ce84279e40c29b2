"""The steps of a daily run, each by itself."""

from datetime import timedelta

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Block, Run, Switch
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import an_account, authorised, fresh
from embudo.business.quota.tests.changing import signed
from embudo.business.quota.tests.test_daily import AUTOMATIC, SYSTEM, later, owing
from embudo.kernel import clock
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def told(name: str) -> int:
    return LogEntry.objects.filter(name=f"quota.{name}").count()


def test_begin_run_makes_one_a_day() -> None:
    first = commands.begin_run(SYSTEM)
    assert commands.begin_run(SYSTEM) == first
    with later(1):
        assert commands.begin_run(SYSTEM) != first
    assert told("RunBegun") == 2


def test_finish_run_counts_what_stands_and_tells_it_once() -> None:
    an_account(100_00)
    run = commands.begin_run(SYSTEM)
    fault = {"step": "settle", "id": str(run.pk), "code": "RuntimeError", "reason": "x"}
    commands.finish_run(SYSTEM, run, faults=[fault])
    commands.finish_run(SYSTEM, run, faults=[fault])
    run.refresh_from_db()
    assert (run.looked_at, run.switched, run.failed, run.finished is None) == (1, 0, 1, False)
    assert told("RunFinished") == 1


def test_settle_next_settles_what_is_due_and_says_when_there_is_no_more() -> None:
    account = an_account(100_00)
    authorised(account, 30_00, seconds=60)
    with later(1):
        run = commands.begin_run(SYSTEM)
        past = commands.settle_next(SYSTEM, run)
        assert past is not None
        assert commands.settle_next(SYSTEM, run, past=past) is None
    assert fresh(account).held_minor == 0


def test_settle_these_leaves_the_others() -> None:
    first, second = an_account(100_00), an_account(100_00)
    for account in (first, second):
        authorised(account, 30_00, seconds=60)
    with later(1):
        run = commands.begin_run(SYSTEM)
        assert commands.settle_these(SYSTEM, run, accounts=[first.pk]) == 1
        assert commands.settle_these(SYSTEM, run, accounts=[first.pk]) == 0
    assert (fresh(first).held_minor, fresh(second).held_minor) == (0, 30_00)


def test_apply_due_counts_a_change_once() -> None:
    change = signed()
    assert change.applies_on is not None
    with clock.at(clock.now() + timedelta(days=(change.applies_on - clock.today()).days)):
        run = commands.begin_run(SYSTEM)
        commands.apply_due(SYSTEM, run, change=change)
        commands.apply_due(SYSTEM, run, change=type(change).objects.get(pk=change.pk))
    run.refresh_from_db()
    assert run.applied == 1


def test_hold_accounts_and_reopen_accounts_follow_the_cause() -> None:
    account = an_account(100_00, **AUTOMATIC)
    run = commands.begin_run(SYSTEM)
    assert commands.hold_accounts(SYSTEM, run, accounts=[account.pk]) == 0
    owing(account)
    assert commands.hold_accounts(SYSTEM, run, accounts=[account.pk]) == 1
    assert commands.hold_accounts(SYSTEM, run, accounts=[account.pk]) == 0
    assert commands.reopen_accounts(SYSTEM, run, accounts=[account.pk]) == 0
    owing(account, 0)
    with later(1):
        run = commands.begin_run(SYSTEM)
        assert commands.reopen_accounts(SYSTEM, run, accounts=[account.pk]) == 1
    assert (fresh(account).state, Block.objects.filter(lifted=None).count()) == ("open", 0)


def test_review_switches_ends_what_has_no_ground_any_more() -> None:
    account = an_account(100_00)
    owing(account)
    run = commands.begin_run(SYSTEM)
    commands.hold_accounts(SYSTEM, run, accounts=[account.pk])
    assert commands.review_switches(SYSTEM, run, accounts=[account.pk]) == 0
    owing(account, 0)
    assert commands.review_switches(SYSTEM, run, accounts=[account.pk]) == 1
    assert Switch.objects.get().state == "lapsed"


def test_steps_of_a_day_leave_the_books_in_order() -> None:
    account = an_account(100_00, **AUTOMATIC)
    authorised(account, 30_00, seconds=60)
    owing(account)
    with later(40):
        commands.run_daily(SYSTEM)
        assert Run.objects.get().failed == 0
        assert not queries.faults_of(type(account).objects.all())
    assert Block.objects.get().cause == Cause.OVERDUE
