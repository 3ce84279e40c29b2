from typing import Any

import pytest

from embudo.business.directory.commands import register_person
from embudo.business.directory.models import Company, Person
from embudo.business.quota import commands, queries
from embudo.business.quota.models import MERGED, Account, PortalLink, SpendRequest
from embudo.business.quota.rules.states import AccountState, Cause
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    an_account,
    authorised,
    blocked,
    fresh,
    oscar,
    spent,
    till,
)
from embudo.foundation.access.tests.builders import a_client, ann, cat, tester, user_of, with_roles
from embudo.foundation.duplicates.commands import merge_records, undo_merge
from embudo.foundation.recycle.commands import erase_record, recycle_record
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.record import new_id

pytestmark = pytest.mark.django_db


# ------------------------------------------------------------------------------------------- who may see what


def test_panel_shows_a_seller_the_sentence_and_no_amount() -> None:
    company = a_company(owner=user_of(ann()))
    account = an_account(123_45, customer=company)
    spent(account, 23_00)
    blocked(account)
    address = f"/companies/{company.pk}/quota/"
    page = a_client(ann()).get(address).content.decode()
    assert "by a quota officer; an approver has to lift it." in page
    for hidden in ("123.45", "23.00", "100.45", "740", account.reference, account.policy.name):
        assert hidden not in page, hidden
    full = a_client(oscar()).get(address).content.decode()
    assert "$23.00 of $123.45 used" in full
    assert account.reference in full


def test_panel_of_a_person_and_of_somebody_out_of_sight() -> None:
    person = register_person(tester(), first_name="Jan", last_name="Nowak", owner=user_of(ann()))
    an_account(customer=person)
    address = f"/people/{person.pk}/quota/"
    assert "Nothing blocks this account." in a_client(ann()).get(address).content.decode()
    assert a_client(ann()).get(f"/people/{new_id()}/quota/").status_code == 404
    assert a_client(cat()).get(address).status_code == 403


@pytest.mark.parametrize("part", ["", "entries/", "story/", "trail/pdf/", "edit/", "block/", "top-up/"])
def test_pages_of_accounts_are_closed_to_sellers(part: str) -> None:
    account = an_account()
    assert a_client(ann()).get(f"/quota/accounts/{account.pk}/{part}").status_code == 403


def test_why_blocked_is_one_sentence_for_every_state() -> None:
    assert queries.why_blocked(an_account()) == ""
    assert "No limit" in queries.why_blocked(an_account(None))
    account = an_account(10_00)
    spent(account, 10_00)
    assert "used up until" in queries.why_blocked(queries.account(oscar(), account.pk))
    for cause in (Cause.OVERDUE, Cause.DENIED, Cause.OVER_LIMIT, Cause.EXPIRED_DOCUMENT):
        one = an_account()
        blocked(one, cause)
        sentence = queries.why_blocked(queries.account(oscar(), one.pk))
        assert sentence.startswith("Held since")
        assert sentence.count(".") == 1
    both = an_account()
    blocked(both, Cause.OVERDUE)
    blocked(both)
    assert "several reasons: overdue invoices, held by an officer." in queries.why_blocked(fresh(both))


def test_standings_of_asks_as_much_for_many_accounts_as_for_one(django_assert_max_num_queries: Any) -> None:
    company = a_company(owner=user_of(ann()))
    blocked(an_account(customer=company))
    with django_assert_max_num_queries(8) as one:
        queries.standings_of(ann(), company=company.pk)
    for _number in range(3):
        blocked(an_account(customer=company))
    with django_assert_max_num_queries(8) as many:
        assert len(queries.standings_of(ann(), company=company.pk)) == 4
    assert len(one) == len(many)
    with pytest.raises(NotFound):
        queries.standings_of(ann(), company=new_id())
    with pytest.raises(Forbidden):
        queries.standings_of(cat(), company=company.pk)


# ------------------------------------------------------------------------------------------- merging and erasing


def merged(survivor: Company, *others: Company) -> Any:
    ids = tuple(one.pk for one in others)
    return merge_records(tester(), kind="directory.company", survivor_id=survivor.pk, merged_ids=ids)


def test_merge_moves_the_account_to_the_survivor() -> None:
    account, survivor = an_account(), a_company()
    merged(survivor, account.customer)
    assert (fresh(account).company_id, fresh(account).state) == (survivor.pk, AccountState.OPEN)


def test_merge_keeps_both_ledgers_and_closes_the_account_of_the_merged() -> None:
    policy = a_policy()
    stays, moves = an_account(100_00, policy=policy), an_account(50_00, policy=policy)
    spent(stays, 10_00)
    spent(moves, 20_00)
    hold = authorised(moves, 5_00)
    merge = merged(stays.customer, moves.customer)
    gone = fresh(moves)
    assert (gone.company_id, gone.state, gone.close_reason) == (stays.company_id, "closed", MERGED)
    assert (fresh(stays).state, fresh(stays).consumed_minor, gone.consumed_minor) == ("open", 10_00, 20_00)
    commands.capture_hold(till(), hold)
    assert (fresh(moves).consumed_minor, fresh(moves).held_minor, fresh(moves).state) == (25_00, 0, "closed")
    with pytest.raises(Invalid):
        authorised(fresh(moves), 1_00)
    assert not queries.faults_of(Account.objects.all())
    undo_merge(tester(), merge)
    back = fresh(moves)
    assert (back.state, back.closed, back.is_spendable, back.company_id != stays.company_id) == (
        "open",
        None,
        True,
        True,
    )


def test_person_with_an_account_is_not_deleted_but_erased() -> None:
    with_roles()
    person = register_person(tester(), first_name="Jan", last_name="Nowak", email="jan@nowak.example")
    account = an_account(customer=person, at_limit="ask")
    spent(account, 10_00)
    commands.ask_officer(till(), account, amount=account.money(1_00), reason="For Jan Nowak")
    PortalLink.objects.create(
        account=account, token_hash="x", address="jan@nowak.example", language="en", expires=clock.now()
    )
    with pytest.raises(Refused, match="Close the account instead"):
        recycle_record(tester(), person)
    erase_record(tester(), person)
    kept = Person.objects.get(pk=person.pk)
    assert "Nowak" not in f"{kept.name}{kept.email}{kept.search}"
    assert (fresh(account).person_id, fresh(account).consumed_minor) == (person.pk, 10_00)
    assert PortalLink.objects.get().address == ""
    assert "Nowak" not in SpendRequest.objects.get().reason
