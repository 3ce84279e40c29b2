"""Closing and opening again, and lifting what the customer's denial put on: no way round the quota leads through them."""

from datetime import timedelta

import pytest
from django.test import Client

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import Grounds
from embudo.business.quota.models import Account, Block, Change, LimitVersion
from embudo.business.quota.queries.changes import faults_of_policy
from embudo.business.quota.queries.story import whole_story
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    ada,
    an_account,
    authorised,
    blocked,
    fresh,
    oscar,
    page_of,
    spent,
)
from embudo.business.quota.tests.changing import (
    DAILY,
    a_mailed_account,
    asker,
    checker,
    denied,
    licensed,
    refused,
    wish,
)
from embudo.foundation.access.tests.builders import a_user, an_actor, tester
from embudo.foundation.duplicates.commands import merge_records
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


def closed(account: Account) -> Account:
    return commands.close_account(oscar(), account, reason="Left")


def reopened(account: Account, **values: object) -> Account:
    closed(account)
    return commands.open_account(oscar(), account.customer, policy=account.policy, **values)  # type: ignore[arg-type]


def put(account: Account, minor: int) -> Account:
    return commands.put_limit(DAILY, account, limit=commands.Limit(minor, "Basic"))


# --- closing and opening again ---


def test_open_account_again_has_the_same_one_with_what_was_spent() -> None:
    account = an_account(100_00)
    spent(account, 80_00)
    again = reopened(account)
    assert (again.pk, again.reference, again.state) == (account.pk, account.reference, "pending")
    assert (again.limit_minor, again.consumed_minor, again.closed) == (0, 80_00, None)
    assert authorised(again, 1).refusal == "quota.pending"
    put(again, 100_00)
    assert authorised(again, 20_01).refusal == "quota.limit"
    assert authorised(again, 20_00).state == "open"
    assert not queries.faults_of(Account.objects.all())


def test_open_account_again_a_period_later_begins_at_nothing_spent() -> None:
    account = an_account(100_00)
    spent(account, 80_00)
    closed(account)
    with clock.at(clock.now() + timedelta(days=32)):
        again = commands.open_account(oscar(), account.customer, policy=account.policy)
    assert (again.consumed_minor, queries.closed_periods(oscar(), again)[0].consumed_minor) == (0, 80_00)


def test_open_account_again_keeps_a_rolling_window() -> None:
    account = an_account(100_00, period="rolling", rolling_days=30)
    spent(account, 80_00)
    closed(account)
    with clock.at(clock.now() + timedelta(days=10)):
        again = put(commands.open_account(oscar(), account.customer, policy=account.policy), 100_00)
        assert again.balance.available == 20_00


def test_open_account_again_keeps_its_holds_and_its_document() -> None:
    account = an_account(100_00)
    blocked(account)
    commands.edit_account(
        oscar(), account, reference="T-1", document_expires=clock.today() + timedelta(days=9)
    )
    again = reopened(account)
    assert (again.state, again.reference) == ("held", "T-1")
    assert again.document_expires == clock.today() + timedelta(days=9)


def test_open_account_again_takes_another_reference_if_it_is_free() -> None:
    account, other = an_account(), an_account()
    closed(account)
    with pytest.raises(Invalid):
        commands.open_account(oscar(), account.customer, policy=account.policy, reference=other.reference)
    again = commands.open_account(oscar(), account.customer, policy=account.policy, reference="NEW")
    assert (again.pk, again.reference) == (account.pk, "NEW")


def test_open_account_again_measures_changes_by_the_limit_before() -> None:
    bounds = {"most_change_minor": 50_00, "most_year_minor": 60_00, "cool_down_days": 0}
    account = a_mailed_account(100_00, tiers=(commands.TierTerms("Plus", 900_00),), **bounds)
    again = reopened(account)
    assert [one["code"] for one in faults_of_policy(again, 151_00, "Plus")] == ["most_change"]
    assert faults_of_policy(again, 100_00, "Plus") == []
    put(again, 150_00)
    twice = reopened(again)
    assert [one["code"] for one in faults_of_policy(twice, 170_00, "Plus")] == ["most_year"]


def test_open_account_again_may_be_asked_the_limit_it_had() -> None:
    account = an_account(100_00, tiers=())
    change = commands.request_change(asker(), reopened(account), wish=wish(100_00))
    assert (change.from_minor, change.to_minor) == (0, 100_00)


def test_open_account_again_ends_the_limit_that_was_in_force() -> None:
    reopened(an_account(100_00))
    assert LimitVersion.objects.get().valid_to == clock.today()


def test_open_account_again_is_told_on_its_page(officer: Client) -> None:
    account = an_account(100_00)
    again = reopened(account)
    assert [one.kind for one in whole_story(oscar(), again)] == [
        "opened", "limit", "closed_before", "opened_again",
    ]  # fmt: skip
    page = page_of(officer, again)
    for said in ("The account was closed", "Left", "The account was opened again", "Oscar Officer"):
        assert said in page, said


def test_open_account_after_a_merge_has_the_survivors_own_one_again() -> None:
    policy = a_policy()
    first, second = a_company(), a_company()
    kept, gone = (an_account(policy=policy, customer=one) for one in (first, second))
    spent(kept, 30_00)
    merge_records(tester(), kind="directory.company", survivor_id=first.pk, merged_ids=(second.pk,))
    assert fresh(gone).state == "closed"
    again = reopened(kept)
    assert (again.pk, again.consumed_minor) == (kept.pk, 30_00)


# --- a denial ---


def asked_by(somebody: Actor, account: Account, minor: int = 300_00) -> Change:
    """A change that waits for the customer's answer."""
    draft = commands.request_change(somebody, account, wish=wish(minor))
    return commands.approve_change(checker(), commands.submit_change(somebody, draft))


def held_by_denial(by: Actor | None = None) -> Block:
    denied(asked_by(by or asker(), a_mailed_account()))
    return Block.objects.get(cause=Cause.DENIED)


def both_roles(name: str = "Bo") -> Actor:
    """Who may ask and lift."""
    somebody = an_actor(a_user(roles=("officer", "approver"), name=name, email=f"{name}@example.com"))
    licensed(somebody)
    return somebody


def test_close_account_is_refused_while_a_denial_holds_it() -> None:
    block = held_by_denial()
    assert refused(lambda: closed(block.account)) == "quota.denied"
    commands.lift_block(ada(), block, reason="Talked to them")
    assert closed(block.account).state == "closed"


def test_lift_block_of_a_denial_is_refused_to_who_asked() -> None:
    bo = both_roles()
    block = held_by_denial(by=bo)
    assert refused(lambda: commands.lift_block(bo, block, reason="A mistake")) == "quota.four_eyes"
    assert fresh(block.account).state == "held"
    commands.lift_block(ada(), block, reason="Talked to them")
    assert fresh(block.account).state == "open"


def test_lift_block_of_a_denial_is_refused_to_who_asked_for_a_later_one() -> None:
    """The first denial's hold stands for the second as well: there is one block a cause."""
    bo, block = both_roles(), held_by_denial()
    second = asked_by(bo, block.account, 200_00)
    denied(second)
    assert refused(lambda: commands.lift_block(bo, block, reason="A mistake")) == "quota.four_eyes"


def test_lift_block_of_a_denial_is_refused_to_who_asked_though_a_hold_stood_before() -> None:
    bo, account = both_roles(), a_mailed_account()
    change = asked_by(bo, account)
    mine = commands.block_account(bo, account, grounds=Grounds(Cause.DENIED, "First"))
    denied(change)
    assert Block.objects.get(cause=Cause.DENIED).pk == mine.pk
    assert refused(lambda: commands.lift_block(bo, mine, reason="Mine")) == "quota.four_eyes"


def test_lift_block_of_another_cause_is_open_to_who_asked() -> None:
    bo = both_roles()
    account = a_mailed_account()
    denied(asked_by(bo, account))
    other = blocked(account, Cause.OFFICER)
    assert commands.lift_block(bo, other, reason="Paid").lifted is not None
