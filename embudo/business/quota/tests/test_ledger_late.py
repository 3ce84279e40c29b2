"""Postings that come late, refunds, and a midnight in between."""

from datetime import date
from typing import Any

import pytest

from embudo.business.quota import commands
from embudo.business.quota.commands.posting import Movement, post, save_balance
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.models import ClosedPeriod
from embudo.business.quota.rules.states import EntryKind
from embudo.business.quota.tests.books import closed, on, opened, told
from embudo.business.quota.tests.builders import authorised, fresh, spent, till
from embudo.foundation.access.tests.builders import tester
from embudo.kernel.act import acting
from embudo.kernel.errors import Invalid
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _warsaw(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"


# --- postings that come late ------------------------------------------------------------------------------------------


def restated() -> list[tuple[str, int]]:
    rows = LogEntry.objects.filter(name="quota.PeriodRestated").order_by("seq").values_list("data", flat=True)
    return [(one["starts"], one["amount_minor"]) for one in rows]


def test_adjust_consumption_of_a_closed_period_restates_it_and_leaves_the_running_one_alone() -> None:
    account = opened("2026-01-10")
    with on("2026-01-20"):
        spent(account, 80_00)
    with on("2026-02-10"):
        spent(account, 10_00)
        entry = commands.adjust_consumption(
            tester(), account, amount=account.money(5_00), reason="Found", value_date=date(2026, 1, 15)
        )
    assert (entry.is_late, told(account)) == (True, (10_00, 0, 90_00))
    assert closed(account) == [(date(2026, 1, 1), date(2026, 2, 1), 85_00, 80_00)]
    assert (ClosedPeriod.objects.get().restated is not None, restated()) == (True, [("2026-01-01", 5_00)])
    with on("2026-02-11"):
        commands.reverse_entry(tester(), entry, reason="Not ours")
    assert (closed(account)[0][2], told(account)) == (80_00, (10_00, 0, 90_00))


def test_adjust_consumption_of_a_period_in_which_nobody_asked_keeps_it() -> None:
    account = opened("2026-01-10")
    with on("2026-04-10"):
        commands.adjust_consumption(
            tester(), account, amount=account.money(5_00), reason="Found", value_date=date(2026, 2, 15)
        )
    assert closed(account) == [
        (date(2026, 1, 1), date(2026, 2, 1), 0, 0),
        (date(2026, 2, 1), date(2026, 3, 1), 5_00, 0),
    ]
    assert (restated(), told(account)) == ([("2026-02-01", 5_00)], (0, 0, 100_00))


def test_adjust_consumption_may_leave_the_account_above() -> None:
    account = opened("2026-01-10")
    with on("2026-01-20"):
        spent(account, 80_00)
        commands.adjust_consumption(tester(), account, amount=account.money(50_00), reason="Found")
        assert (fresh(account).state, authorised(account, 1).refusal) == ("at_limit", "quota.over")
        assert told(account) == (130_00, 0, -30_00)
    with on("2026-02-01"):
        assert authorised(account, 100_00).state == "open"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minor": 0}, "amount"),
        ({"reason": " "}, "reason"),
        ({"value_date": date(2026, 1, 21)}, "value_date"),
        ({"value_date": date(2026, 1, 9)}, "value_date"),
        ({"minor": -(10**15) - 1}, "amount"),
    ],
)
def test_adjust_consumption_names_the_field_that_is_wrong(values: dict[str, Any], field: str) -> None:
    account = opened("2026-01-10")
    said = {"minor": 5_00, "reason": "Found"} | values
    with on("2026-01-20"), pytest.raises(Invalid) as fault:
        commands.adjust_consumption(tester(), account, amount=account.money(said.pop("minor")), **said)
    assert set(fault.value.errors) == {field}


# --- refunds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "running", "before", "day"),
    [
        ("now", (-30_00, 0, 130_00), 80_00, date(2026, 2, 10)),
        ("original", (0, 0, 100_00), 50_00, date(2026, 1, 20)),
        ("never", (0, 0, 100_00), 80_00, date(2026, 2, 10)),
    ],
)
def test_refund_hold_gives_back_what_the_policy_says(
    rule: str, running: tuple[int, int, int], before: int, day: date
) -> None:
    account = opened("2026-01-10", refunds=rule)
    with on("2026-01-20"):
        hold = spent(account, 80_00)
    with on("2026-02-10"):
        entry = commands.refund_hold(till(), hold, amount=account.money(30_00), key="r")
        assert commands.refund_hold(till(), hold, amount=account.money(30_00), key="r").pk == entry.pk
        with pytest.raises(Invalid):
            commands.refund_hold(till(), hold, amount=account.money(50_01))
    assert (told(account), closed(account)[0][2], entry.value_date) == (running, before, day)


def test_refund_hold_of_several_days_gives_each_its_own_back() -> None:
    account = opened("2026-01-10", refunds="original")
    with on("2026-01-31"):
        hold = authorised(account, 90_00, seconds=10 * 86400)
        commands.capture_hold(till(), hold, amount=account.money(10_00), keeps_rest=True)
    with on("2026-02-01"):
        commands.capture_hold(till(), hold)
        assert told(account) == (80_00, 0, 20_00)
    with on("2026-02-02"):
        commands.refund_hold(till(), hold, amount=account.money(30_00))
        commands.refund_hold(till(), hold)
        with pytest.raises(Exception, match="nothing_to_refund"):
            commands.refund_hold(till(), hold)
    assert (told(account), closed(account)[0][2]) == ((0, 0, 100_00), 0)


def test_midnight_that_passes_during_a_call_does_not_count_twice() -> None:
    """The account is settled in the old period, and the posting comes a moment later: it counts where the call began."""
    account = opened("2026-01-10")
    with on("2026-01-31", "22:59:59"), acting(tester(), "test"):
        settled = locked_and_settled(tester(), account)
        with on("2026-01-31", "23:00"):
            post(tester(), settled, Movement(EntryKind.ADJUSTMENT, 7_00, consumed=7_00))
            save_balance(settled)
    told(account)
    with on("2026-02-02"):
        authorised(account, 1_00)
    assert (told(account)[0], closed(account)[0][2]) == (0, 7_00)
