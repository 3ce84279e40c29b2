from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from embudo.business.quota import commands, queries
from embudo.business.quota.commands.settling import due_accounts, locked_and_settled
from embudo.business.quota.commands.settling_together import settle_due_of, settle_next_due
from embudo.business.quota.models import Account, ClosedPeriod, DaySpend, Hold, LedgerEntry, Policy
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.books import let_spend
from embudo.business.quota.tests.builders import a_policy, an_account, authorised, oscar, spent, till
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock
from embudo.kernel.act import acting
from embudo.kernel.actor import system_actor
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
ACCOUNT = (
    "reference", "policy_version__number", "policy", "state", "limit_minor", "overdraft_minor", "topup_minor", "consumed_minor",
    "held_minor", "ceiling_minor", "notice_minor", "reached_percent", "is_spendable", "period_start", "period_end", "settle_at",
)  # fmt: skip
ENTRY = (
    "account", "kind", "amount_minor", "held_change", "consumed_change", "topup_change", "available_minor", "value_date", "is_late",
    "hold", "reversal_of", "asked_minor", "asked_currency", "rate", "key", "source", "note", "actor_kind", "actor_id",
)  # fmt: skip
CLOSED = (
    "account", "starts", "ends", "policy_version", "allowance_minor", "consumed_minor", "first_minor", "restated",
)  # fmt: skip


def everything() -> dict[str, list[Any]]:
    """All that settling writes, but for ids and moments."""
    return {
        "accounts": sorted(Account.objects.values_list(*ACCOUNT)),
        "holds": sorted(Hold.objects.values_list("pk", "state", "captured_minor")),
        "entries": list(LedgerEntry.objects.order_by("account", "created", "id").values_list(*ENTRY)),
        "closed": list(ClosedPeriod.objects.order_by("account", "starts").values_list(*CLOSED)),
        "days": list(
            DaySpend.objects.order_by("account", "day").values_list(
                "account", "day", "consumed_minor", "topup_minor"
            )
        ),
        "told": sorted(
            (str(one["account_id"]), one["percent"], one["used_minor"], one["allowance_minor"])
            for one in LogEntry.objects.filter(name="quota.ThresholdReached").values_list("data", flat=True)
        ),
    }


def one_by_one() -> None:
    for account in due_accounts(clock.now()):
        with acting(SYSTEM, "test"):
            locked_and_settled(SYSTEM, account)


def together() -> None:
    with acting(SYSTEM, "test"):
        past = None
        while past := settle_next_due(SYSTEM, 7, past=past).last:
            pass


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def both() -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    with taken_back():
        one_by_one()
        singly = everything()
    together()
    return singly, everything()


def policies() -> list[Policy]:
    overdraft: dict[str, Any] = {
        "at_limit": "overdraft",
        "overdraft_minor": 20_00,
        "overdraft_name": "Reserve",
    }
    return [
        a_policy(),
        a_policy(period="quarter", thresholds=[10, 50], **overdraft),
        a_policy(period="rolling", rolling_days=3),
        a_policy(period="rolling", rolling_days=30, thresholds=[33, 66, 99], **overdraft),
        a_policy(currency="JPY", period="year"),
    ]


def a_history(chance: Random, account: Account) -> None:
    """A few movements over some days; what is refused is part of it."""
    currency = account.currency
    for _number in range(chance.randrange(5)):
        minor = chance.randrange(1, 70_00)
        act = chance.choice(("hold", "spend", "top up", "allow", "adjust", "hold shortly"))
        if act == "hold":
            authorised(account, minor, currency=currency, seconds=chance.randrange(86_400, 40 * 86_400))
        elif act == "hold shortly":
            authorised(account, minor, currency=currency, seconds=chance.randrange(1, 7200))
        elif act == "spend":
            hold = authorised(account, minor, currency=currency)
            if hold.state == "open":
                part = account.money(chance.randrange(1, minor + 1))
                commands.capture_hold(till(), hold, amount=part, keeps_rest=chance.random() < 0.3)
        elif act == "top up":
            commands.top_up(tester(), account, amount=account.money(minor))
        elif act == "allow":
            let_spend(account, minor)
        else:
            commands.adjust_consumption(tester(), account, amount=account.money(minor), reason="late bill")


def a_world(seed: int) -> None:
    """Accounts under every kind of policy, some of which are published anew, held, closed or pending."""
    chance = Random(seed)
    kinds = policies()
    accounts = [
        an_account(chance.choice([None, 0, 100_00]), policy=chance.choice(kinds)) for _one in range(25)
    ]
    start = clock.now()
    for day in range(3):
        with clock.at(start + timedelta(days=chance.randrange(day * 5, day * 5 + 5), hours=day)):
            for account in accounts:
                account.refresh_from_db()
                a_history(chance, account)
            for account in chance.sample(accounts, 2):
                grounds = commands.Grounds(Cause.OFFICER, "a look")
                commands.block_account(oscar(), account, grounds=grounds)


@pytest.mark.parametrize("days", [0, 1, 12, 31, 70])
@pytest.mark.parametrize("seed", [1, 2])
def test_settle_together_does_what_settling_does_to_each(seed: int, days: int) -> None:
    a_world(seed)
    with clock.at(clock.now() + timedelta(days=15 + days, hours=3)):
        singly, together = both()
        assert Account.objects.filter(settle_at__lte=clock.now()).count() == 0
    assert together == singly
    assert not queries.faults_of(Account.objects.all())


def test_settle_together_follows_a_new_version_of_a_policy() -> None:
    kinds = policies()
    for policy in kinds:
        spent(an_account(100_00, policy=policy), 60_00, currency=policy.currency)
    for policy, period in zip(kinds, ("rolling", "month", "year", "rolling", "quarter"), strict=True):
        terms = {
            "period": period,
            "rolling_days": 10,
            "at_limit": "overdraft",
            "overdraft_minor": 7_00,
            "overdraft_name": "Reserve",
        }
        commands.publish_version(tester(), policy, terms=commands.Terms(terms))
    with clock.at(clock.now() + timedelta(seconds=1)):
        singly, together = both()
    assert together == singly
    assert {one[1] for one in together["accounts"]} == {2}


def test_settle_together_keeps_the_order_of_what_expires() -> None:
    account = an_account(100_00)
    for seconds in (30, 20, 10):
        authorised(account, seconds * 100, seconds=seconds)
    with clock.at(clock.now() + timedelta(minutes=1)):
        together()
    entries = LedgerEntry.objects.filter(kind="expire").order_by("created", "id")
    assert list(entries.values_list("amount_minor", "available_minor")) == [
        (10_00, 50_00), (20_00, 70_00), (30_00, 100_00)
    ]  # fmt: skip


def test_settle_due_of_leaves_the_others() -> None:
    accounts = [an_account(100_00) for _number in range(3)]
    with clock.at(clock.now() + timedelta(days=40)), acting(SYSTEM, "test"):
        assert settle_due_of(SYSTEM, [accounts[0].pk, accounts[1].pk]).accounts == 2
        assert list(due_accounts(clock.now())) == [accounts[2]]
        assert settle_due_of(SYSTEM, [accounts[0].pk]).last is None
