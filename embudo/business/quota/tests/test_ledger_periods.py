"""What time does: periods end, days leave a window, policies change, postings come late."""

from datetime import date, timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.models import ClosedPeriod, LedgerEntry, Policy
from embudo.business.quota.tests.books import closed, on, opened, paid_in, told
from embudo.business.quota.tests.builders import a_policy, an_account, authorised, fresh, spent, till
from embudo.foundation.access.tests.builders import tester
from embudo.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _warsaw(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"


# --- periods end ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "last", "first", "starts", "ends"),
    [
        ("month", ("2024-02-29", "22:59:59"), ("2024-02-29", "23:00"), date(2024, 2, 1), date(2024, 3, 1)),
        ("month", ("2026-03-31", "21:59:59"), ("2026-03-31", "22:00"), date(2026, 3, 1), date(2026, 4, 1)),
        ("month", ("2026-10-31", "22:59:59"), ("2026-10-31", "23:00"), date(2026, 10, 1), date(2026, 11, 1)),
        ("quarter", ("2026-06-30", "21:59:59"), ("2026-06-30", "22:00"), date(2026, 4, 1), date(2026, 7, 1)),
        ("year", ("2026-12-31", "22:59:59"), ("2026-12-31", "23:00"), date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_period_ends_at_midnight_of_the_organisation(
    period: str, last: tuple[str, str], first: tuple[str, str], starts: date, ends: date
) -> None:
    """In winter 23:00 UTC, in summer 22:00; the month in which clocks change begins by one and ends by the other."""
    account = opened(last[0], period=period)
    with on(*last):
        spent(account, 80_00)
        assert authorised(account, 21_00).state == "refused"
    with on(*first):
        assert queries.settled_balance(fresh(account)).available == 100_00
        assert authorised(account, 100_00).state == "open"
    assert closed(account) == [(starts, ends, 80_00, 80_00)]
    assert told(account) == (0, 100_00, 0)


def test_open_hold_goes_over_into_the_next_period_and_counts_where_it_is_captured() -> None:
    account = opened("2026-01-31")
    with on("2026-01-31"):
        hold = authorised(account, 60_00, seconds=5 * 86400)
    with on("2026-02-01"):
        assert authorised(account, 41_00).state == "refused"
        commands.capture_hold(till(), hold)
    assert (told(account), closed(account)) == (
        (60_00, 0, 40_00),
        [(date(2026, 1, 1), date(2026, 2, 1), 0, 0)],
    )


def test_spending_may_count_on_the_day_it_was_authorised() -> None:
    account = opened("2026-01-31", counted_on="authorised")
    with on("2026-01-31"):
        hold = authorised(account, 60_00, seconds=5 * 86400)
    with on("2026-02-01"):
        entry = commands.capture_hold(till(), hold)
    assert (entry.value_date, entry.is_late) == (date(2026, 1, 31), True)
    assert told(account) == (0, 0, 100_00)
    assert closed(account) == [(date(2026, 1, 1), date(2026, 2, 1), 60_00, 0)]


def test_hold_that_outlasts_its_period_expires_in_the_next() -> None:
    account = opened("2026-01-31")
    with on("2026-01-31"):
        authorised(account, 60_00, seconds=86400)
    with on("2026-01-31", "23:30"):  # midnight has passed, the hold has not
        assert queries.settled_balance(fresh(account)).held == 60_00
        assert authorised(account, 41_00).state == "refused"
    with on("2026-02-01", "12:00"):
        assert queries.settled_balance(fresh(account)).held == 0
        assert authorised(account, 100_00).state == "open"
    assert told(account) == (0, 100_00, 0)


def test_account_that_slept_for_long_wakes_up_in_the_running_period() -> None:
    account = opened("2026-01-10")
    with on("2026-01-10"):
        spent(account, 80_00)
    with on("2026-05-20"):
        assert authorised(account, 100_00).state == "open"
    assert fresh(account).period_start == date(2026, 5, 1)
    assert closed(account) == [(date(2026, 1, 1), date(2026, 2, 1), 80_00, 80_00)]
    told(account)


def test_clock_that_is_set_back_does_not_bring_a_period_back() -> None:
    account = opened("2026-01-10")
    with on("2026-02-01"):
        spent(account, 80_00)
    with on("2026-01-31"):
        assert authorised(account, 21_00).state == "refused"
    assert fresh(account).period_start == date(2026, 2, 1)
    told(account)


# --- a window of days -------------------------------------------------------------------------------------------------


def test_rolling_window_loses_a_day_at_a_time() -> None:
    account = opened("2024-02-27", period="rolling", rolling_days=3)
    for day, minor in (("2024-02-27", 10_00), ("2024-02-28", 20_00), ("2024-02-29", 30_00)):
        with on(day):
            spent(account, minor)
    left = []
    for day in ("2024-02-29", "2024-03-01", "2024-03-02", "2024-03-03"):
        with on(day):
            left.append(queries.settled_balance(fresh(account)).available)
            hold = authorised(account, left[-1])
            assert hold.state == "open"
            assert authorised(account, 1).state == "refused"
            commands.release_hold(till(), hold)
            assert told(account)[2] == left[-1]
    assert left == [40_00, 50_00, 70_00, 100_00]
    assert closed(account) == []


def test_rolling_window_begins_its_day_at_midnight_of_the_organisation() -> None:
    account = opened("2026-03-28", period="rolling", rolling_days=1)
    with on("2026-03-28"):
        spent(account, 100_00)
    for time, state in (
        ("22:59:59", "refused"),
        ("23:00", "open"),
    ):  # the day clocks go forward begins in winter
        with on("2026-03-28", time):
            assert authorised(account, 100_00, seconds=10).state == state
    with on("2026-03-29"):
        spent(account, 100_00)
    for time, state in (("21:59:59", "refused"), ("22:00", "open")):  # and ends in summer
        with on("2026-03-29", time):
            assert authorised(account, 100_00).state == state
    told(account)


# --- top-ups ----------------------------------------------------------------------------------------------------------


def test_top_up_that_was_not_spent_comes_along_into_the_next_period() -> None:
    account = opened("2026-01-10")
    with on("2026-01-10"):
        paid_in(account, 50_00)
        spent(account, 120_00)
        assert told(account) == (120_00, 0, 30_00)
    for day in ("2026-02-01", "2026-03-01"):
        with on(day):
            assert queries.settled_balance(fresh(account)).available == 130_00
            authorised(account, 1_00, seconds=1)
    assert told(account) == (0, 1_00, 129_00)
    carried = (
        LedgerEntry.objects.filter(source="carried").order_by("id").values_list("value_date", "amount_minor")
    )
    assert list(carried) == [(date(2026, 2, 1), 30_00), (date(2026, 3, 1), 30_00)]


def test_top_up_of_a_window_is_used_once() -> None:
    """Also where what was bought with it leaves the window later than the top-up itself, or sooner."""
    account = opened("2026-01-01", period="rolling", rolling_days=10)
    with on("2026-01-01"):
        paid_in(account, 50_00)
    with on("2026-01-05"):
        spent(account, 130_00)
    seen = []
    for day in range(5, 30):
        with on(f"2026-01-{day:02}"):
            seen.append(queries.settled_balance(fresh(account)).available)
            authorised(account, 10**9)
            assert told(account)[2] == seen[-1]
    assert seen == [20_00] * 10 + [120_00] * 15


def test_reverse_entry_takes_a_top_up_back_that_is_not_spent() -> None:
    account = opened("2026-01-10", at_limit="overdraft", overdraft_minor=40_00, overdraft_name="Reserve")
    with on("2026-01-10"):
        entry = paid_in(account, 50_00)
        hold = spent(account, 110_00)
        with pytest.raises(Exception, match="topup_spent"):  # the overdraft does not make up for it
            commands.reverse_entry(tester(), entry, reason="Cheque bounced")
        commands.refund_hold(till(), hold, amount=account.money(20_00))
        commands.reverse_entry(tester(), entry, reason="Cheque bounced")
        assert told(account) == (90_00, 0, 50_00)
        with pytest.raises(Exception, match="reversed"):
            commands.reverse_entry(tester(), entry, reason="Again")
        other = paid_in(account, 5_00)
    with on("2026-02-10"):
        authorised(account, 1)
        carried = LedgerEntry.objects.get(source="carried")
        for one in (other, carried):
            with pytest.raises(Exception, match=r"topup_spent|not_reversible"):
                commands.reverse_entry(tester(), one, reason="Too late")


def test_top_up_twice_with_a_key_is_entered_once() -> None:
    account = an_account(100_00)
    for _time in range(2):
        commands.top_up(till(), account, amount=account.money(5_00), origin=commands.Origin(key="t"))
    assert told(account) == (0, 0, 105_00)
    with pytest.raises(Invalid):
        commands.top_up(till(), account, amount=account.money(6_00), origin=commands.Origin(key="t"))


# --- another version of the policy ------------------------------------------------------------------------------------


def another(policy: Policy, **values: Any) -> None:
    commands.publish_version(tester(), policy, terms=commands.Terms(values))


def test_new_version_judges_from_its_day_and_the_period_before_stays_as_it_was_judged() -> None:
    policy = a_policy()
    account = opened("2026-01-10", policy=policy)
    with on("2026-01-20"):
        spent(account, 90_00)
    with on("2026-02-05"):  # nobody has asked about the account in February
        another(policy, at_limit="overdraft", overdraft_minor=25_00, overdraft_name="Reserve")
        assert queries.settled_balance(fresh(account)).available == 125_00
        assert authorised(account, 125_00).state == "open"
        january = ClosedPeriod.objects.get()
    assert (january.policy_version.number, january.allowance_minor) == (1, 100_00)
    assert fresh(account).policy_version.number == 2
    told(account)


@pytest.mark.parametrize("period", ["quarter", "year", "rolling"])
def test_new_version_with_a_longer_period_counts_what_was_spent_in_it(period: str) -> None:
    policy = a_policy()
    account = opened("2026-10-10", policy=policy)
    with on("2026-10-20"):
        spent(account, 30_00)
        paid_in(account, 10_00)
    with on("2026-11-10"):
        spent(account, 20_00)
        another(policy, period=period, rolling_days=60)
        assert queries.settled_balance(fresh(account)).available == 60_00
        assert [authorised(account, minor).state for minor in (60_01, 60_00)] == ["refused", "open"]
    assert closed(account) == [(date(2026, 10, 1), date(2026, 11, 1), 30_00, 30_00)]
    assert told(account) == (50_00, 60_00, 0)


def test_new_version_with_a_shorter_period_keeps_what_the_longer_one_was() -> None:
    policy = a_policy(period="quarter")
    account = opened("2026-10-10", policy=policy)
    for day, minor in (("2026-10-20", 30_00), ("2026-12-03", 20_00)):
        with on(day):
            spent(account, minor)
    with on("2026-12-05"):
        another(policy, period="month")
        assert authorised(account, 80_00).state == "open"
    assert closed(account) == [(date(2026, 10, 1), date(2026, 12, 1), 30_00, 30_00)]
    assert told(account) == (20_00, 80_00, 0)


def test_policy_that_goes_to_and_fro_closes_each_period_once() -> None:
    policy = a_policy()
    account = opened("2026-10-10", policy=policy)
    with on("2026-10-20"):
        spent(account, 30_00)
    for day, period in (("2026-11-05", "quarter"), ("2026-11-06", "month"), ("2026-11-07", "rolling"), ("2026-11-08", "month"),
                        ("2026-11-09", "quarter"), ("2027-01-05", "month")):  # fmt: skip
        with on(day):
            another(policy, period=period)
            authorised(account, 1_00, seconds=1)
            told(account)
    quarter = (date(2026, 10, 1), date(2027, 1, 1), 30_00, 30_00)
    assert closed(account) == [(date(2026, 10, 1), date(2026, 11, 1), 30_00, 30_00), quarter]


def test_settled_says_what_settling_would_write() -> None:
    account = opened("2026-01-10")
    with on("2026-01-20"):
        paid_in(account, 20_00)
        spent(account, 105_00)
        authorised(account, 5_00, seconds=3600)
    with on("2026-02-03"):
        before = queries.settled(fresh(account))
        assert fresh(account).period_start == date(2026, 1, 1)  # nothing was written
        authorised(account, 10**9)
        after = fresh(account)
    assert (before.balance, before.state, before.span.starts) == (
        after.balance,
        after.state,
        after.period_start,
    )
    assert (before.balance.available, timedelta(days=28)) == (115_00, before.span.ends - before.span.starts)
