"""What tests of the ledger look at, and the days on which they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from embudo.business.quota import commands, queries
from embudo.business.quota.commands.funds import enter_top_up
from embudo.business.quota.models import Account, ClosedPeriod, LedgerEntry
from embudo.business.quota.rules.amounts import BY_OFFICER
from embudo.business.quota.tests.builders import ada, an_account, fresh, till
from embudo.kernel import clock
from embudo.kernel.act import acting


@contextmanager
def on(day: str, time: str = "12:00") -> Iterator[None]:
    """At a time of the day in UTC."""
    with clock.at(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)):
        yield


def told(account: Account) -> tuple[int, int, int]:
    found = fresh(account)
    assert not queries.faults_of(Account.objects.filter(pk=account.pk))
    return found.consumed_minor, found.held_minor, found.balance.available


def closed(account: Account) -> list[tuple[date, date, int, int]]:
    rows = ClosedPeriod.objects.filter(account=account).order_by("starts", "ends")
    return list(rows.values_list("starts", "ends", "consumed_minor", "first_minor"))


def opened(day: str, limit: int = 100_00, **values: Any) -> Account:
    with on(day):
        return an_account(limit, **values)


def let_spend(account: Account, minor: int) -> LedgerEntry:
    """As an approved request does it, under whatever policy."""
    with acting(ada(), "quota.approve_request"):
        return enter_top_up(ada(), account, account.money(minor), commands.Origin(source=BY_OFFICER))


def paid_in(account: Account, minor: int) -> LedgerEntry:
    return commands.top_up(till(), account, amount=account.money(minor))
