"""Postings for days of periods that nobody looked at while they ran, and for days that a rolling window has left."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from embudo.business.quota import commands
from embudo.business.quota.models import Account, ClosedPeriod, LedgerEntry
from embudo.business.quota.tests.books import closed, on, opened, paid_in, told
from embudo.business.quota.tests.builders import authorised, spent
from embudo.business.quota.tests.changing import DAILY
from embudo.foundation.access.tests.builders import tester
from embudo.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
FOUND = {"reason": "Found"}


def corrected(account: Account, minor: int, day: str | None = None, **values: Any) -> LedgerEntry:
    given = FOUND | {"value_date": date.fromisoformat(day) if day else None} | values
    return commands.adjust_consumption(tester(), account, amount=account.money(minor), **given)


def kept(account: Account, starts: date) -> tuple[int, int]:
    """What was allowed, and by which version."""
    found = ClosedPeriod.objects.select_related("policy_version").get(account=account, starts=starts)
    return found.allowance_minor, found.policy_version.number


# --- what was allowed then ---


def test_period_nobody_looked_at_is_kept_with_the_limit_and_the_version_of_its_time() -> None:
    account = opened("2026-01-10")
    with on("2026-04-10"):
        commands.put_limit(DAILY, account, limit=commands.Limit(500_00, "Plus"))
        over = {"at_limit": "overdraft", "overdraft_minor": 50_00, "overdraft_name": "Reserve"}
        commands.publish_version(tester(), account.policy, terms=commands.Terms(over, ()))
        corrected(account, 5_00, "2026-02-15")
    assert kept(account, date(2026, 2, 1)) == (100_00, 1)


def test_period_nobody_looked_at_had_the_top_ups_that_came_along() -> None:
    account = opened("2026-01-10", at_limit="topup")
    with on("2026-01-20"):
        paid_in(account, 40_00)
        spent(account, 110_00)  # ten of it
    with on("2026-04-10"):
        authorised(account, 1_00)
        paid_in(account, 7_00)
        for day in ("2026-02-15", "2026-03-15"):
            corrected(account, 5_00, day)
    assert [kept(account, date(2026, month, 1))[0] for month in (1, 2, 3)] == [140_00, 130_00, 130_00]


def test_period_nobody_looked_at_without_top_ups_has_none_of_later_ones() -> None:
    account = opened("2026-01-10", at_limit="topup")
    with on("2026-04-10"):
        paid_in(account, 40_00)
    with on("2026-05-10"):
        corrected(account, 5_00, "2026-02-15")
    assert kept(account, date(2026, 2, 1)) == (100_00, 1)


def test_period_nobody_looked_at_is_of_the_kind_it_had_then() -> None:
    account = opened("2026-01-10")
    with on("2026-04-10"):
        commands.publish_version(tester(), account.policy, terms=commands.Terms({"period": "quarter"}, ()))
        entry = corrected(account, 5_00, "2026-02-15")
    assert entry.is_late
    assert closed(account) == [
        (date(2026, 1, 1), date(2026, 2, 1), 0, 0),
        (date(2026, 2, 1), date(2026, 3, 1), 5_00, 0),
    ]


# --- rolling ones ---


def test_posting_for_a_day_that_a_rolling_window_left_restates_nothing() -> None:
    account = opened("2026-01-10", period="rolling", rolling_days=30)
    with on("2026-04-10"):
        entry = corrected(account, 5_00, "2026-01-15")
    assert (entry.is_late, closed(account), told(account)) == (False, [], (0, 0, 100_00))


def test_posting_for_a_month_kept_before_the_policy_was_rolling_restates_it() -> None:
    account = opened("2026-01-10")
    with on("2026-02-10"):
        spent(account, 1_00)
        terms = commands.Terms({"period": "rolling", "rolling_days": 5}, ())
        commands.publish_version(tester(), account.policy, terms=terms)
    with on("2026-04-10"):
        entry = corrected(account, 5_00, "2026-01-15")
    assert (entry.is_late, closed(account)[0][2:]) == (True, (5_00, 0))


# --- keys ---


def test_adjust_consumption_once_for_a_key() -> None:
    account = opened("2026-01-10")
    with on("2026-01-20"):
        first = corrected(account, 5_00, key="k")
        assert corrected(account, 5_00, key="k").pk == first.pk
        for other in ({"reason": "Other"}, {"value_date": date(2026, 1, 19)}):
            with pytest.raises(Invalid):
                corrected(account, 5_00, **{"key": "k"} | other)
        with pytest.raises(Invalid):
            corrected(account, 6_00, key="k")
        assert told(account)[0] == 5_00
        commands.close_account(tester(), account, reason="Left")
        assert corrected(account, 5_00, key="k").pk == first.pk


def test_adjust_page_clicked_twice_corrects_once(approver: Client) -> None:
    account = opened("2026-01-10")
    address = f"/quota/accounts/{account.pk}/adjust/"
    with on("2026-01-20"):
        page = approver.get(address).content.decode()
        key = page.partition('name="key" value="')[2].partition('"')[0]
        assert len(key) == 32
        for _click in range(2):
            assert approver.post(address, {"amount": "5", "reason": "Found", "key": key}).status_code == 302
        other = approver.post(address, {"amount": "6", "reason": "Found", "key": key})
    assert (other.status_code, "used for another request" in other.content.decode()) == (422, True)
    assert told(account)[0] == 5_00
