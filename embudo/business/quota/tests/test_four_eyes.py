"""Ways round the four eyes: whoever named the address that a customer's link went to could ask by it themselves."""

import re
from typing import Any

import pytest

from embudo.business.directory.commands import change_company, register_company
from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Change, PortalLink, SpendRequest
from embudo.business.quota.tests.builders import ada, an_account, oscar
from embudo.business.quota.tests.changing import (
    a_mailed_account,
    asker,
    awaiting,
    checker,
    licensed,
    newest_question,
    refused,
    reread,
    wish,
)
from embudo.foundation.access.tests.builders import a_user, an_actor, tester, with_roles
from embudo.foundation.notify.models import Mail
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def token_sent(account: Account, actor: Actor, **values: Any) -> str:
    """What the link ends with that `actor` has the customer mailed."""
    commands.share_portal(actor, account, **values)
    return _token_in_newest_mail()


def _token_in_newest_mail() -> str:
    mail = Mail.objects.order_by("-created", "-pk").first()
    assert mail is not None
    found = re.search(r"/quota/own/([^/\s]+)/", mail.text)
    assert found is not None
    return found[1]


def wished(token: str) -> Change:
    return commands.wish_change(queries.guest(), token=token, wish=wish())


def an_officer_who_registers_customers() -> Actor:
    with_roles()
    officer = an_actor(a_user(roles=("officer", "seller"), name="Olga", email="olga@example.com"))
    licensed(officer)
    return officer


def test_wish_by_a_link_to_an_address_that_an_officer_typed_is_theirs() -> None:
    account = a_mailed_account()
    officer = asker()
    change = wished(token_sent(account, officer, address="oscar.private@example.com"))
    assert (change.asked_by, change.state) == (None, "review")
    assert queries.requesters(change) == {officer.id}
    assert refused(lambda: commands.approve_change(officer, change)) == "quota.four_eyes"
    assert not queries.waiting_for(officer).exists()
    assert "approve_change" not in queries.acts_open(officer, reread(change))
    assert commands.approve_change(checker(), change).state == "awaiting"


def test_wish_by_a_link_to_the_customers_own_address_is_the_customers() -> None:
    account = a_mailed_account()
    officer = asker()
    for values in ({}, {"address": "T@traveller.example"}):
        token = token_sent(account, officer, **values)
    change = wished(token)
    assert officer.id not in queries.requesters(change)
    assert commands.approve_change(officer, change).state == "awaiting"


def test_wish_by_a_link_to_an_address_that_an_officer_entered_on_the_record_is_theirs() -> None:
    officer = an_officer_who_registers_customers()
    customer = register_company(officer, name="Traveller", email="olga.private@example.com")
    account = an_account(customer=customer, tiers=(commands.TierTerms("Basic", 500_00),))
    commands.renew_portal_link(
        queries.guest(), reference=account.reference, address="olga.private@example.com"
    )
    change = wished(_token_in_newest_mail())
    change_company(tester(), customer, email="t@traveller.example")
    assert refused(lambda: commands.approve_change(officer, change)) == "quota.four_eyes"
    account.company.refresh_from_db()
    known = queries.provenance(account)
    assert known is not None
    assert known.person is None  # no user's


def test_officer_who_typed_the_links_address_does_not_answer_what_is_asked_by_it() -> None:
    account = an_account(at_limit="ask")
    token = token_sent(account, oscar(), address="oscar.private@example.com")
    request = commands.wish_more(queries.guest(), token=token, amount=account.money(40_00), reason="Taxi")
    assert refused(lambda: commands.approve_request(oscar(), request)) == "quota.own_request"
    assert commands.approve_request(ada(), request).state == SpendRequest.State.APPROVED


def test_question_goes_to_the_address_on_record_alone() -> None:
    account = a_mailed_account(email="")
    token_sent(account, asker(), address="oscar.private@example.com")
    change = awaiting(account)
    assert newest_question(change).address == ""
    assert queries.addressee(account).address == ""
    assert PortalLink.objects.get().address == "oscar.private@example.com"
