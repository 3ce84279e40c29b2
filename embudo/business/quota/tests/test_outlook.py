from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.models import DaySpend, Outlook
from embudo.business.quota.queries.outlook import SAMPLE, tide_of_policy
from embudo.business.quota.reactions.outlook import AT_ONCE, foresee_all, foresee_one
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    an_account,
    authorised,
    fresh,
    oscar,
    spent,
)
from embudo.business.quota.tests.foreseeing import NOW, SYSTEM, TODAY, consumed, foresee, spending
from embudo.foundation.notify.models import Mail, Notification
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden
from embudo.kernel.models import Job, LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def june() -> Iterator[None]:
    with clock.at(NOW):
        yield


# --- the row ----------------------------------------------------------------------------------------


def test_keep_outlooks_puts_the_forecast_of_the_period() -> None:
    (found,) = foresee(spending())
    assert (found.day, found.path[0][:2], found.path[-1][0]) == (TODAY, ["2026-06-10", 100_00], "2026-06-30")
    assert 270_00 < found.expected_minor < 310_00  # 100 until yesterday, 20 days to come
    assert (
        found.low95_minor
        <= found.low80_minor
        <= found.expected_minor
        <= found.high80_minor
        <= found.high95_minor
    )
    assert (found.chance, found.exhausted_on, found.needs_tier) == (0, None, "")


def test_keep_outlooks_replaces_what_stands() -> None:
    account = spending()
    (first,) = foresee(account)
    with clock.at(NOW + timedelta(days=1)):
        (second,) = foresee(account)
    assert (first.pk, second.day) == (second.pk, TODAY + timedelta(days=1))


def test_keep_outlooks_writes_nothing_into_the_log_where_all_is_well() -> None:
    account = spending()
    before = LogEntry.objects.count()
    foresee(account)
    assert LogEntry.objects.count() == before


def test_keep_outlooks_is_for_the_product_alone() -> None:
    with pytest.raises(Forbidden):
        commands.keep_outlooks(oscar(), foreseen=[])


def test_account_without_history_has_no_forecast() -> None:
    assert foresee(an_account()) == []


def test_forecast_goes_where_the_days_no_longer_suffice() -> None:
    account = spending()
    foresee(account)
    DaySpend.objects.filter(account=account).delete()
    assert foresee(account) == []


def test_what_was_spent_today_is_not_foreseen_again() -> None:
    account = spending()
    spent(account, 10_00)
    (found,) = foresee(account)
    assert found.path[0][:2] == ["2026-06-11", 110_00]
    assert found.path[1][0] == "2026-06-12"


def test_open_holds_count_as_used() -> None:
    account = spending()
    authorised(account, 50_00)
    (found,) = foresee(account)
    assert found.path[0][1] == 150_00


def test_period_that_nobody_has_settled_is_the_one_that_runs() -> None:
    account = spending()
    with clock.at(NOW + timedelta(days=25)):
        (found,) = foresee(account)
    assert (found.path[0][1], found.path[-1][0]) == (0, "2026-07-31")


def test_last_day_of_a_period_is_foreseen_though_something_was_spent_on_it() -> None:
    account = spending()
    with clock.at(datetime(2026, 6, 30, 12, tzinfo=UTC)):
        spent(account, 10_00)
        (found,) = foresee(account)
    assert found.path[-1][0] == "2026-06-30"


def test_rolling_period_is_foreseen_for_thirty_days() -> None:
    account = spending(700_00, period="rolling", rolling_days=30)
    (found,) = foresee(account)
    assert found.path[-1][0] == (TODAY + timedelta(days=29)).isoformat()
    assert 250_00 < found.expected_minor < 320_00


def test_days_at_the_limit_do_not_count_against_the_habit() -> None:
    """Ten a day until the limit of 150 is met on the 15th: without it he would go on."""
    with clock.at(datetime(2026, 3, 1, 9, tzinfo=UTC)):
        account = an_account(150_00)
    for month in (3, 4, 5):
        for day in range(1, 16):
            consumed(account, 10_00, date(2026, month, day))
    with clock.at(datetime(2026, 6, 1, 10, tzinfo=UTC)):
        spent(account, 10_00)
    with clock.at(datetime(2026, 6, 2, 6, tzinfo=UTC)):
        (found,) = foresee(account)
    assert found.expected_minor > 220_00
    assert found.chance > 80


# --- who needs more ---------------------------------------------------------------------------------


def test_tier_that_is_needed_is_named() -> None:
    (found,) = foresee(spending(200_00))
    assert found.chance > 90
    assert found.needs_tier == "Plus"
    assert found.exhausted_on is not None
    assert abs((found.exhausted_on - date(2026, 6, 20)).days) <= 1


def test_officers_and_customer_are_told_once_for_each_threshold() -> None:
    account = spending(
        200_00, customer=a_company(name="Alfa", email="alfa@example.com", country="PL"), thresholds=[60, 80]
    )
    oscar()
    foresee(account)
    drain()
    mail = Mail.objects.get(to="alfa@example.com")
    assert (mail.language, mail.about_id) == ("pl", account.pk)
    assert "Alfa" in mail.text
    assert "/quota/renew/" in mail.text
    assert Notification.objects.filter(kind="quota.outlook").count() == 1
    with clock.at(NOW + timedelta(minutes=5)):
        foresee(account)
        assert Mail.objects.filter(to="alfa@example.com").count() == 1
        spent(account, 20_00)  # 60 % of the limit
        drain()
    assert Mail.objects.filter(to="alfa@example.com").count() == 2
    assert Outlook.objects.get(account=account).notified == {"2026-06-01": [0, 60]}


def test_next_period_is_told_anew() -> None:
    account = spending(200_00, customer=a_company(email="beta@example.com"))
    foresee(account)
    with clock.at(datetime(2026, 7, 2, 9, tzinfo=UTC)):
        spent(account, 150_00)
        (found,) = foresee(account)
    assert list(found.notified) == ["2026-07-01"]
    assert Mail.objects.filter(to="beta@example.com").count() == 2


def test_customer_without_an_address_is_not_mailed_but_officers_are_told() -> None:
    oscar()
    account = spending(200_00)
    foresee(account)
    drain()
    assert not Mail.objects.filter(about_id=account.pk).exists()
    entry = LogEntry.objects.get(name="quota.MoreLikelyNeeded")
    assert entry.data["is_mailed"] is False
    assert Notification.objects.filter(kind="quota.outlook").count() == 1


def test_nobody_is_told_of_an_account_that_is_held() -> None:
    account = spending(200_00, customer=a_company(email="gamma@example.com"))
    commands.block_account(oscar(), account, grounds=commands.Grounds(Cause.OFFICER, "Asked for papers"))
    (found,) = foresee(account)
    assert (found.chance > 90, found.notified) == (True, {})
    assert not Mail.objects.filter(to="gamma@example.com").exists()


# --- when it is made ---------------------------------------------------------------------------------


def test_threshold_makes_the_forecast_anew() -> None:
    account = spending(200_00, thresholds=[80])
    drain()
    Outlook.objects.all().delete()
    spent(account, 70_00)
    drain()
    assert Outlook.objects.get(account=account).path[0][1] == 170_00


def test_daily_run_is_followed_by_forecasts_once() -> None:
    account = spending()
    commands.run_daily(SYSTEM)
    drain()
    assert Outlook.objects.get(account=account).day == TODAY
    assert Job.objects.filter(task=foresee_all.module_path).count() == 1


def test_foresee_all_takes_those_that_need_it(django_assert_max_num_queries: Callable[..., Any]) -> None:
    account, other = spending(), spending()
    an_account()
    assert foresee_all.func() == 2
    assert foresee_all.func() == 0  # of today already
    with clock.at(NOW + timedelta(days=1)):
        assert foresee_all.func() == 0  # nothing was spent since
        spent(account, 10_00)
    with clock.at(NOW + timedelta(days=2)):
        assert foresee_all.func() == 1
    with clock.at(NOW + timedelta(days=8)):
        assert foresee_all.func() == 1  # the other's is a week old
    assert Outlook.objects.get(account=other).day == TODAY + timedelta(days=8)


def test_foresee_all_goes_on_after_each_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [spending(days=15) for _number in range(3)]
    monkeypatch.setattr("embudo.business.quota.reactions.outlook.AT_ONCE", 1)
    assert AT_ONCE > 1
    assert foresee_all.func() == len(accounts)


def test_foresee_one_of_a_closed_account_does_nothing() -> None:
    account = spending()
    commands.close_account(oscar(), account, reason="Moved away")
    assert foresee_one.func(str(account.pk)) == 0


@pytest.mark.parametrize("count", [1, 3])
def test_forecasts_of_many_ask_few_questions(
    count: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    policy = a_policy()
    ids = [spending(days=20, policy=policy).pk for _number in range(count)]
    tide_of_policy(policy.pk, TODAY)
    with django_assert_num_queries(5):  # accounts, days, closed periods, blocks, tiers
        queries.foreseen(queries.accounts_named(ids))


def test_tide_is_told_by_others_under_the_policy() -> None:
    """Twenty-four accounts spent every other day and stopped a month ago."""
    policy, quiet = a_policy(), a_policy()
    for one in (policy, quiet):
        for _number in range(24 if one is policy else 3):
            account = an_account(policy=one)
            DaySpend.objects.bulk_create(
                DaySpend(account=account, day=TODAY - timedelta(days=number), consumed_minor=5_00)
                for number in range(31, 131, 2)
            )
    assert SAMPLE > 24
    assert tide_of_policy(policy.pk, TODAY) < -2
    assert tide_of_policy(quiet.pk, TODAY) == 0  # too few to tell


# --- reads --------------------------------------------------------------------------------------------


def test_outlook_of_a_period_that_is_over_is_none() -> None:
    account = spending()
    foresee(account)
    assert queries.outlook_of(account) is not None
    with clock.at(NOW + timedelta(days=25)):
        assert queries.outlook_of(account) is None


def test_outlook_of_a_closed_account_is_none() -> None:
    account = spending()
    foresee(account)
    commands.close_account(oscar(), account, reason="Moved away")
    assert queries.outlook_of(fresh(account)) is None
