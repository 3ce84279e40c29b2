"""What a person said no to is left alone as long as it stands, and no longer; and what was proposed before a policy became automatic."""

from datetime import timedelta

import pytest

from embudo.business.quota import commands
from embudo.business.quota.models import Account, Block, Switch
from embudo.business.quota.queries.settled import settled
from embudo.business.quota.tests.builders import a_policy, ada, an_account, fresh, oscar, spent
from embudo.business.quota.tests.test_daily import AUTOMATIC, SYSTEM, figures, later, owing, run, switches
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock

pytestmark = pytest.mark.django_db
ROLLING = {"period": "rolling", "rolling_days": 30}


def waiting() -> list[Switch]:
    return list(Switch.objects.filter(state="proposed").order_by("created", "pk"))


def approved_all() -> None:
    commands.approve_switches(oscar(), ids=[one.pk for one in waiting()])


def denied_all() -> None:
    commands.deny_switches(oscar(), ids=[one.pk for one in waiting()], reason="Agreed by phone.")


def due_on_the_first(account: Account, minor: int = 50_00) -> None:
    """The same invoice, whenever it is told."""
    owing(account, minor, due=-1 - (clock.today() - account.opened_on).days)


def over(account: Account, minor: int) -> None:
    """So much more is used than is allowed."""
    now = fresh(account)
    left = settled(now).balance.available + minor
    commands.adjust_consumption(tester(), now, amount=now.money(left), reason="Till was offline")


def test_debt_that_comes_back_after_an_approved_reopening_is_proposed_again() -> None:
    account = an_account()
    due_on_the_first(account)
    run()
    approved_all()
    owing(account, 0)
    with later(1):
        run()
        approved_all()
        assert fresh(account).state == "open"
        due_on_the_first(account)  # the payment bounced: the same debt is there again
    with later(2):
        run()
    assert [(one.cause, one.is_reopening) for one in waiting()] == [("overdue", False)]


def test_debt_that_was_let_go_and_comes_back_is_held_again() -> None:
    account = an_account(**AUTOMATIC)
    due_on_the_first(account)
    run()
    commands.lift_block(ada(), Block.objects.get(), reason="They pay on Friday.")
    owing(account, 0)
    with later(1):
        run()
        due_on_the_first(account)
    with later(2):
        run()
    assert fresh(account).state == "held"


def test_block_lifted_when_its_cause_was_gone_answers_nothing() -> None:
    account = an_account(**AUTOMATIC)
    due_on_the_first(account)
    run()
    owing(account, 0)
    commands.lift_block(ada(), Block.objects.get(), reason="Paid, as they said.")
    due_on_the_first(account)
    with later(1):
        run()
    assert fresh(account).state == "held"


def test_lift_is_an_answer_to_what_stood_when_it_was_lifted() -> None:
    account = an_account(**AUTOMATIC)
    due_on_the_first(account, 50_00)
    run()
    due_on_the_first(account, 80_00)
    commands.lift_block(ada(), Block.objects.get(), reason="They pay on Friday.")
    with later(1):
        run()
        assert fresh(account).state == "open"
        due_on_the_first(account, 80_01)  # more than anybody said yes to
    with later(2):
        run()
    assert fresh(account).state == "held"


def test_denied_debt_that_was_paid_and_comes_back_is_proposed_again() -> None:
    account = an_account()
    due_on_the_first(account)
    run()
    denied_all()
    with later(1):
        run()
        assert not waiting()
        owing(account, 0)
    with later(2):
        run()
        due_on_the_first(account)
    with later(3):
        run()
        assert len(waiting()) == 1


def test_denied_reopening_is_not_proposed_again_until_the_cause_was_back() -> None:
    account = an_account()
    due_on_the_first(account)
    run()
    approved_all()
    owing(account, 0)
    with later(1):
        run()
        denied_all()
    for day in (2, 3):
        with later(day):
            run()
            assert not waiting()
            assert fresh(account).state == "held"
    with later(4):
        due_on_the_first(account)
        run()
        owing(account, 0)
    with later(5):
        run()
        assert [one.is_reopening for one in waiting()] == [True]


@pytest.mark.parametrize("values", [{}, ROLLING])
def test_denied_excess_is_proposed_again_only_when_it_has_grown(values: dict[str, object]) -> None:
    account = an_account(**values)
    over(account, 10_00)
    run()
    denied_all()
    with later(1):
        run()
        assert not waiting()
        over(account, 10_01)
    with later(2):
        run()
        assert [one.figures["over_minor"] for one in waiting()] == [10_01]


def test_denied_excess_that_was_over_and_comes_back_is_proposed_again() -> None:
    account = an_account()
    over(account, 10_00)
    run()
    denied_all()
    over(account, -1)
    with later(1):
        run()
        over(account, 10_00)
    with later(2):
        run()
        assert len(waiting()) == 1


def made_automatic(account: Account) -> None:
    policy = fresh(account).policy
    commands.publish_version(tester(), policy, terms=commands.Terms({"switching": "automatic"}, ()))


def test_policy_that_became_automatic_makes_what_was_proposed() -> None:
    account = an_account(policy=a_policy())
    owing(account)
    assert figures(run()) == (1, 0, 1, 0, 0)
    made_automatic(account)
    with later(40):  # whenever the new version judges the account
        assert figures(run())[:3] == (1, 1, 0)
        assert fresh(account).state == "held"
        assert switches() == [("overdue", "made", False, "open", "held")]
        assert Block.objects.get().figures["days"] > 1  # as it stood when it was made
        owing(account, 0)
    with later(41):
        run()
    assert fresh(account).state == "open"


def test_policy_that_became_automatic_makes_a_proposed_reopening() -> None:
    account = an_account(policy=a_policy())
    owing(account)
    run()
    approved_all()
    owing(account, 0)
    with later(1):
        run()
        assert len(waiting()) == 1
        made_automatic(account)
    with later(40):
        run()
    assert fresh(account).state == "open"
    assert Switch.objects.filter(is_reopening=True).values_list("state", "decided_by").get() == ("made", None)


def test_review_switches_forgets_answers_whose_ground_is_gone() -> None:
    account = an_account()
    due_on_the_first(account)
    made = run()
    denied_all()
    assert Switch.objects.get().waived["owed_minor"] == 50_00
    commands.review_switches(SYSTEM, made, accounts=[account.pk])
    assert Switch.objects.get().waived is not None
    owing(account, 0)
    commands.review_switches(SYSTEM, made, accounts=[account.pk])
    assert Switch.objects.get().waived is None


def test_spent_account_is_held_in_each_period_it_is_exceeded_in() -> None:
    account = an_account(100_00, **AUTOMATIC)
    spent(account, 80_00)
    commands.put_limit(SYSTEM, account, limit=commands.Limit(50_00))
    run()
    commands.lift_block(ada(), Block.objects.get(), reason="Agreed.")
    with clock.at(clock.now() + timedelta(days=40)):
        over(account, 1)
        run()
        assert fresh(account).state == "held"
