"""A new version of a policy beside calls that judge an account by the one before: none may miss it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from embudo.business.quota import commands, queries
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.models import Account, Policy
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    an_account,
    asking,
    authorised,
    fresh,
    oscar,
    till,
)
from embudo.business.quota.tests.racing import before
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[..., list[Any]]
RESERVE = {"at_limit": "overdraft", "overdraft_minor": 50_00, "overdraft_name": "Reserve"}
NO_RESERVE = commands.Terms({"at_limit": "refuse"}, ())


def judged_by(account: Account) -> tuple[int, int]:
    """By which version a call that comes now judges the account, and with what overdraft."""
    with transaction.atomic():
        commands.authorise_spending(till(), account, asked=asking(900_00))
    found = Account.objects.select_related("policy_version").get(pk=account.pk)
    assert queries.settled(found).version.pk == found.policy.current_id
    return found.policy_version.number, found.overdraft_minor


def test_publish_version_is_not_missed_by_a_call_that_waits_for_it(together: Together) -> None:
    policy = a_policy(**RESERVE)
    account, actor, admin = an_account(100_00, policy=policy), till(), tester()
    jobs = before(
        lambda: commands.publish_version(admin, policy, terms=NO_RESERVE).number,
        lambda: commands.authorise_spending(actor, account, asked=asking(200_00)).refusal,
    )
    assert together(*jobs) == [2, "quota.limit"]
    assert together(lambda: judged_by(account)) == [(2, 0)]
    refused = lambda: commands.authorise_spending(actor, account, asked=asking(140_00)).state  # noqa: E731
    assert together(refused) == ["refused"]


def test_account_that_was_moved_to_a_new_version_is_found_by_who_waited_for_it(together: Together) -> None:
    policy = a_policy(**RESERVE)
    account, actor, admin = an_account(100_00, policy=policy), till(), tester()
    hold = authorised(account, 10_00)
    commands.publish_version(admin, policy, terms=NO_RESERVE)
    jobs = before(
        lambda: locked_and_settled(actor, account).policy_version.number,
        lambda: commands.capture_hold(actor, hold).consumed_change,
    )
    assert together(*jobs) == [2, 10_00]


def test_publish_version_reaches_an_account_that_is_being_settled(together: Together) -> None:
    policy = a_policy(**RESERVE)
    account, actor, admin = an_account(100_00, policy=policy), till(), tester()
    commands.publish_version(admin, policy, terms=commands.Terms(RESERVE, ()))  # so that it is due
    jobs = before(
        lambda: locked_and_settled(actor, account).policy_version.number,
        lambda: commands.publish_version(admin, policy, terms=NO_RESERVE).number,
    )
    assert together(*jobs) == [2, 3]
    assert together(lambda: judged_by(account)) == [(3, 0)]


def test_publish_version_reaches_an_account_that_is_being_opened(together: Together) -> None:
    policy, officer, admin, company = a_policy(**RESERVE), oscar(), tester(), a_company()
    jobs = before(
        lambda: commands.open_account(officer, company, policy=policy).overdraft_minor,
        lambda: commands.publish_version(admin, policy, terms=NO_RESERVE).number,
    )
    assert together(*jobs) == [50_00, 2]
    assert together(lambda: judged_by(Account.objects.get(company=company))) == [(2, 0)]


def test_open_account_judges_by_the_policy_as_it_stands_not_as_it_was_read() -> None:
    policy = a_policy(**RESERVE)
    read_before = Policy.objects.select_related("current").get(pk=policy.pk)
    commands.publish_version(tester(), policy, terms=NO_RESERVE)
    account = commands.open_account(oscar(), a_company(), policy=read_before)
    assert (account.policy_version.number, account.overdraft_minor) == (2, 0)


def test_publish_version_binds_a_call_that_read_the_clock_before() -> None:
    policy = a_policy(**RESERVE)
    account, now = an_account(100_00, policy=policy), clock.now()
    commands.publish_version(tester(), policy, terms=NO_RESERVE)
    with clock.at(now - timedelta(seconds=2)):  # it waited for the account since then
        assert authorised(account, 140_00).refusal == "quota.limit"
    assert fresh(account).overdraft_minor == 0
