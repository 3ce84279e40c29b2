from datetime import date, timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.models import (
    Account,
    Arrears,
    Block,
    ClosedPeriod,
    Hold,
    LedgerEntry,
    Policy,
    PolicyVersion,
    Run,
    Switch,
)
from embudo.business.quota.reactions.daily import follow_the_day
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    a_policy,
    ada,
    an_account,
    authorised,
    fresh,
    oscar,
    spent,
)
from embudo.foundation.access.tests.builders import cat, tester
from embudo.foundation.notify.models import Notification
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Forbidden
from embudo.kernel.models import Job, LogEntry
from embudo.kernel.money import Money
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
AUTOMATIC: dict[str, Any] = {"switching": "automatic"}


def later(days: int = 0, **more: Any) -> Any:
    return clock.at(clock.now() + timedelta(days=days, **more))


def owing(account: Account, minor: int = 50_00, *, due: int = -1) -> None:
    """Told as billing tells it: due so many days from today."""
    assert account.company is not None
    debt = commands.Debt((Money(minor, account.currency),), clock.today() + timedelta(days=due))
    commands.report_arrears(SYSTEM, account.company, debt=debt if minor else commands.Debt())


def run() -> Run:
    return commands.run_daily(SYSTEM)


def figures(of: Run) -> tuple[int, int, int, int, int]:
    of.refresh_from_db()
    return of.looked_at, of.switched, of.proposed, of.applied, of.failed


def switches() -> list[tuple[str, str, bool, str, str]]:
    rows = Switch.objects.order_by("created", "id")
    return list(rows.values_list("cause", "state", "is_reopening", "before", "after"))


def everything() -> list[Any]:
    """What a second run must not change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Account, Hold, LedgerEntry, ClosedPeriod, Block, Switch, Arrears, Run)
    ]


def test_run_daily_settles_what_fell_due() -> None:
    account = an_account(100_00)
    authorised(account, 30_00, seconds=60)
    spent(account, 20_00)
    with later(40):
        made = run()
    assert figures(made) == (1, 0, 0, 0, 0)
    assert (fresh(account).held_minor, fresh(account).consumed_minor) == (0, 0)
    assert list(ClosedPeriod.objects.values_list("consumed_minor", flat=True)) == [20_00]
    assert not queries.faults_of(Account.objects.all())


def test_run_daily_holds_an_overdue_account_and_reopens_it() -> None:
    account = an_account(100_00, **AUTOMATIC)
    owing(account)
    run()
    assert fresh(account).state == "held"
    assert authorised(account, 1_00).refusal == "quota.held"
    block = Block.objects.get()
    assert (block.cause, block.is_by_run, block.figures["days"], block.figures["owed_minor"]) == (
        "overdue", True, 1, 50_00
    )  # fmt: skip
    owing(account, 0)
    with later(1):
        run()
    assert fresh(account).state == "open"
    assert switches() == [
        ("overdue", "made", False, "open", "held"),
        ("overdue", "made", True, "held", "open"),
    ]


def test_run_daily_leaves_what_is_within_the_grace() -> None:
    account = an_account(100_00, grace_days=3, **AUTOMATIC)
    owing(account, due=-3)
    run()
    assert fresh(account).state == "open"
    with later(1):
        run()
    assert fresh(account).state == "held"


def test_run_daily_proposes_where_the_policy_says_so() -> None:
    account = an_account(100_00)
    owing(account)
    assert figures(run()) == (1, 0, 1, 0, 0)
    assert fresh(account).state == "open"
    assert switches() == [("overdue", "proposed", False, "open", "held")]
    with later(1):
        assert figures(run()) == (1, 0, 0, 0, 0)  # it is proposed already


def test_run_daily_holds_what_is_above_its_limit() -> None:
    account = an_account(100_00, **AUTOMATIC)
    spent(account, 80_00)
    commands.put_limit(SYSTEM, account, limit=commands.Limit(50_00))
    run()
    assert Block.objects.get().figures["over_minor"] == 30_00
    commands.top_up(tester(), account, amount=account.money(30_00))
    with later(1):
        run()
    assert fresh(account).state == "at_limit"


def test_run_daily_holds_on_an_expired_document() -> None:
    account = an_account(100_00, **AUTOMATIC)
    commands.edit_account(oscar(), account, reference="A", document_expires=clock.today())
    run()
    assert fresh(account).state == "open"  # valid until the day's end
    with later(1):
        run()
        assert fresh(account).state == "held"
        commands.edit_account(
            oscar(), fresh(account), reference="A", document_expires=clock.today() + timedelta(days=365)
        )
    with later(2):
        run()
    assert fresh(account).state == "open"


def test_run_daily_reopens_only_when_every_cause_is_gone() -> None:
    account = an_account(100_00, **AUTOMATIC)
    owing(account)
    commands.edit_account(oscar(), account, reference="A", document_expires=date(2000, 1, 1))
    run()
    assert set(Block.objects.values_list("cause", flat=True)) == {"overdue", "document"}
    owing(account, 0)
    with later(1):
        run()
        assert fresh(account).state == "held"
        commands.edit_account(oscar(), fresh(account), reference="A", document_expires=None)
    with later(2):
        run()
    assert fresh(account).state == "open"


def test_run_daily_never_lifts_what_a_person_placed() -> None:
    account = an_account(100_00, **AUTOMATIC)
    for cause in (Cause.OFFICER, Cause.OVERDUE):
        commands.block_account(oscar(), account, grounds=commands.Grounds(cause, "a look"))
    run()
    assert fresh(account).state == "held"
    assert not Switch.objects.exists()


def test_run_daily_leaves_pending_and_closed_accounts_alone() -> None:
    pending, closed = an_account(None, **AUTOMATIC), an_account(100_00, **AUTOMATIC)
    for one in (pending, closed):
        owing(one)
    commands.close_account(oscar(), closed, reason="moved away")
    assert figures(run()) == (1, 0, 0, 0, 0)


def test_run_daily_does_not_hold_again_what_an_approver_let_go() -> None:
    account = an_account(100_00, **AUTOMATIC)
    owing(account)
    run()
    commands.lift_block(ada(), Block.objects.get(), reason="They pay on Friday.")
    with later(1):
        run()
        assert fresh(account).state == "open"
        owing(account, due=-1)  # another invoice
    with later(3):
        run()
    assert fresh(account).state == "held"


def test_run_daily_twice_changes_nothing_twice() -> None:
    accounts = [an_account(100_00, policy=a_policy(**values)) for values in ({}, AUTOMATIC)]
    for one in accounts:
        owing(one)
        spent(one, 10_00)
    with later(40):
        first = run()
        before, logged = everything(), LogEntry.objects.count()
        assert run().pk == first.pk
        assert (everything(), LogEntry.objects.count()) == (before, logged)


def test_run_daily_goes_on_with_what_came_up_since() -> None:
    first, second = an_account(100_00, **AUTOMATIC), an_account(100_00, **AUTOMATIC)
    owing(first)
    assert figures(run()) == (2, 1, 0, 0, 0)
    owing(second)
    assert figures(run()) == (2, 2, 0, 0, 0)
    assert Run.objects.count() == 1


def test_run_daily_logs_nothing_of_accounts_that_it_leaves() -> None:
    an_account(100_00)
    run()
    with later(1):
        before = LogEntry.objects.count()
        run()
        names = LogEntry.objects.order_by("-seq").values_list("name", flat=True)
        assert list(names[: LogEntry.objects.count() - before]) == ["quota.RunFinished", "quota.RunBegun"]


def a_broken_account() -> Account:
    """Its policy says what no policy can say, so nothing can be worked out."""
    account = an_account(100_00, **AUTOMATIC)
    values = {name: getattr(account.policy_version, name) for name in ("policy", "valid_from", "switching")}
    version = PolicyVersion.objects.create(number=2, thresholds=["a few"], **values)
    Policy.objects.filter(pk=account.policy_id).update(current=version)
    Account.objects.filter(pk=account.pk).update(policy_version=version)
    return account


def test_run_daily_notes_an_account_that_fails_and_goes_on() -> None:
    accounts = [an_account(100_00, **AUTOMATIC), a_broken_account(), an_account(100_00, **AUTOMATIC)]
    for one in accounts:
        owing(one)
    with later(40):
        made = run()
    assert figures(made) == (3, 2, 0, 0, 2)
    broken = str(accounts[1].pk)
    assert [(one["step"], one["id"]) for one in made.faults] == [("settle", broken), ("hold", broken)]
    assert [fresh(one).state for one in accounts] == ["held", "open", "held"]
    assert ClosedPeriod.objects.count() == 2


def test_follow_the_day_starts_one_run_a_day() -> None:
    an_account(100_00)
    for _hour in range(2):
        follow_the_day()
    assert Job.objects.filter(task__endswith="run_day").count() == 1
    drain()
    assert Run.objects.get().finished is not None
    with later(hours=1):
        follow_the_day()
        assert Job.objects.filter(task__endswith="run_day").count() == 1
    with later(1):
        follow_the_day()
        drain()
    assert Run.objects.count() == 2


def test_follow_the_day_waits_for_the_first_account() -> None:
    follow_the_day()
    assert not Job.objects.filter(task__endswith="run_day").exists()


def test_ask_for_run_runs_again_at_once() -> None:
    account = an_account(100_00, **AUTOMATIC)
    drain()  # billing tells what is owed
    run()
    owing(account)
    commands.ask_for_run(oscar())
    drain()
    assert fresh(account).state == "held"
    with pytest.raises(Forbidden):
        commands.ask_for_run(cat())


def test_officers_are_told_of_what_waits() -> None:
    oscar()
    owing(an_account(100_00))
    run()
    drain()
    told = Notification.objects.get(kind="quota.run")
    assert (told.user.name, told.body) == ("Oscar Officer", "1 proposal waits for a decision.")


def test_commands_of_the_run_are_for_the_product_alone() -> None:
    made = commands.begin_run(SYSTEM)
    for act in (commands.hold_accounts, commands.reopen_accounts, commands.settle_these):
        with pytest.raises(Forbidden):
            act(oscar(), made, accounts=[])
    for system_only in (commands.begin_run, commands.settle_next, commands.finish_run):
        with pytest.raises(Forbidden):
            system_only(oscar(), *([] if system_only is commands.begin_run else [made]))
