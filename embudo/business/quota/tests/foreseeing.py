"""Accounts with a past of which a forecast can be made."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Outlook
from embudo.business.quota.tests.builders import an_account
from embudo.kernel import clock
from embudo.kernel.actor import system_actor

SYSTEM = system_actor("test")
NOW = datetime(2026, 6, 11, 9, tzinfo=UTC)
TODAY = NOW.date()


def consumed(account: Account, amount: int, day: date) -> None:
    """By one entry for the day."""
    money = account.money(amount)
    commands.adjust_consumption(SYSTEM, account, amount=money, reason="Till was offline", value_date=day)


def spending(
    limit: int = 500_00, *, amount: int = 10_00, days: int = 30, every: int = 1, **values: Any
) -> Account:
    """An account on which the same was spent on every so manieth day until yesterday."""
    with clock.at(NOW - timedelta(days=days + 1)):
        account = an_account(limit, **values)
    for number in range(days, 0, -every):
        consumed(account, amount, TODAY - timedelta(days=number))
    return queries.account(SYSTEM, account.pk)


def foresee(*accounts: Account) -> list[Outlook]:
    found = queries.accounts_named([one.pk for one in accounts])
    commands.keep_outlooks(SYSTEM, foreseen=queries.foreseen(found))
    return list(Outlook.objects.filter(account__in=accounts).order_by("account"))
