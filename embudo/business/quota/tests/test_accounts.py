from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.business.directory.commands import register_person
from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Block, Hold, LedgerEntry, LimitVersion
from embudo.business.quota.queries.story import whole_story
from embudo.business.quota.rules.states import AccountState
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    ada,
    an_account,
    asked,
    authorised,
    blocked,
    fresh,
    oscar,
    page_of,
    spent,
)
from embudo.foundation.access.tests.builders import a_client, an_admin, tester
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Invalid, Refused

pytestmark = pytest.mark.django_db


# ------------------------------------------------------------------------------------------- list


def test_list_shows_figures_and_state(officer: Client) -> None:
    account = an_account(100_00, customer=a_company(name="Alfa Ltd"))
    spent(account, 30_00)
    authorised(account, 20_00)
    page = officer.get("/quota/accounts/").content.decode()
    for said in (account.reference, "Alfa Ltd", "$100.00", "$30.00", "$50.00", "open", "Basic"):
        assert said in page


@pytest.mark.parametrize(
    ("state", "found"), [("open", 1), ("pending", 1), ("held", 1), ("closed", 1), ("", 4)]
)
def test_list_narrows_by_state(officer: Client, state: str, found: int) -> None:
    an_account()
    an_account(None)
    blocked(an_account())
    commands.close_account(oscar(), an_account(), reason="Left")
    page = officer.get("/quota/accounts/", {"tab": "all", "state": state}).content.decode()
    assert page.count('<th role="rowheader"') == found


def test_list_narrows_by_policy_and_finds_by_reference_and_customer(officer: Client) -> None:
    wanted = an_account(customer=a_company(name="Żółw Transport"))
    an_account()
    for query in ({"policy": str(wanted.policy_id)}, {"q": wanted.reference.lower()}, {"q": "zolw trans"}):
        page = officer.get("/quota/accounts/", query).content.decode()
        assert page.count('<th role="rowheader"') == 1
        assert wanted.reference in page


@pytest.mark.parametrize("sort", ["reference", "-consumed_minor", "limit_minor"])
def test_list_sorts(officer: Client, sort: str) -> None:
    an_account()
    an_account()
    assert officer.get("/quota/accounts/", {"sort": sort}).status_code == 200


def test_list_is_exported_with_amounts(officer: Client) -> None:
    account = an_account(100_00)
    answer: Any = a_client(an_admin()).get("/quota/accounts/", {"export": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert account.reference in text
    assert "100.00" in text


# ------------------------------------------------------------------------------------------- query counts


def three_of_all(account: Account) -> None:
    for _number in range(3):
        spent(account, 1_00)
        authorised(account, 1_00)
        authorised(account, 900_00)
        commands.top_up(oscar(), account, amount=account.money(5_00))


@pytest.mark.parametrize("address", ["/quota/accounts/", "/quota/requests/?tab=all"])
def test_lists_take_the_same_queries_for_one_row_and_three(
    officer: Client, address: str, django_assert_max_num_queries: Any
) -> None:
    asked(an_account(at_limit="ask"))
    officer.get(address)
    with django_assert_max_num_queries(14) as one:
        officer.get(address)
    for _number in range(2):
        asked(an_account(at_limit="ask"))
    with django_assert_max_num_queries(14) as three:
        officer.get(address)
    assert len(one) == len(three)


@pytest.mark.parametrize("part", ["", "entries/", "story/"])
def test_account_pages_take_the_same_queries_for_little_and_much(
    officer: Client, part: str, django_assert_max_num_queries: Any
) -> None:
    account = an_account(500_00)
    spent(account, 1_00)
    authorised(account, 1_00)
    authorised(account, 900_00)
    commands.top_up(oscar(), account, amount=account.money(5_00))
    address = f"/quota/accounts/{account.pk}/{part}"
    officer.get(address)
    with django_assert_max_num_queries(45) as one:
        officer.get(address)
    three_of_all(account)
    with django_assert_max_num_queries(45) as three:
        officer.get(address)
    assert len(one) == len(three)


# ------------------------------------------------------------------------------------------- opening, editing, closing


def test_open_page_opens_an_account_for_a_company_and_a_person(officer: Client) -> None:
    policy, company = a_policy(), a_company()
    person = register_person(tester(), first_name="Jan", last_name="Nowak")
    given = {"policy": str(policy.pk), "reference": "T-1"}
    answer = officer.post("/quota/accounts/new/", given | {"company": str(company.pk)})
    account = Account.objects.get(reference="T-1")
    assert answer.headers["Location"] == f"/quota/accounts/{account.pk}/"
    assert (account.company, account.state) == (company, AccountState.PENDING)
    officer.post(f"/people/{person.pk}/quota/new/", given | {"reference": ""})
    assert Account.objects.get(person=person).reference.startswith("Q-")


def test_open_account_refuses_a_second_one_a_taken_reference_and_an_archived_policy() -> None:
    account = an_account(None)
    with pytest.raises(Refused, match="already"):
        commands.open_account(oscar(), account.customer, policy=account.policy)
    with pytest.raises(Invalid):
        commands.open_account(oscar(), a_company(), policy=account.policy, reference=account.reference)
    archived = commands.archive_policy(tester(), a_policy())
    with pytest.raises(Invalid):
        commands.open_account(oscar(), a_company(), policy=archived)
    commands.close_account(oscar(), account, reason="Left")
    assert commands.open_account(oscar(), account.customer, policy=account.policy).state == "pending"


def test_put_limit_ends_the_version_before_and_may_leave_the_account_above() -> None:
    account = an_account(100_00)
    spent(account, 60_00)
    lowered = commands.put_limit(system_actor("test"), account, limit=commands.Limit(50_00, "Basic"))
    assert (lowered.state, lowered.balance.available, lowered.ceiling_minor) == ("at_limit", -10_00, 60_00)
    versions = LimitVersion.objects.filter(account=account).order_by("created")
    assert [one.valid_to is None for one in versions] == [False, True]
    assert authorised(account, 1).refusal == "quota.over"
    commands.close_account(oscar(), account, reason="Left")
    with pytest.raises(Refused):
        commands.put_limit(system_actor("test"), account, limit=commands.Limit(1))


def test_open_page_wants_one_customer_and_a_free_reference(officer: Client) -> None:
    policy, taken = a_policy(), an_account()
    for given in ({}, {"company": str(a_company().pk), "reference": taken.reference}):
        answer = officer.post("/quota/accounts/new/", {"policy": str(policy.pk)} | given)
        assert answer.status_code == 422
    again = officer.post(f"/companies/{taken.company_id}/quota/new/", {"policy": str(taken.policy_id)})
    assert "has an account under this policy already" in again.content.decode()
    assert Account.objects.count() == 1


def test_edit_account_refuses_what_somebody_else_was_faster_with(officer: Client) -> None:
    account = an_account()
    address = f"/quota/accounts/{account.pk}/edit/"
    assert account.reference in officer.get(address).content.decode()
    seen = {"reference": "NEW", "document_expires": "2027-05-01", "version": str(account.version)}
    assert officer.post(address, seen).status_code == 302
    assert str(fresh(account).document_expires) == "2027-05-01"
    assert officer.post(address, seen | {"reference": "OTHER"}).status_code == 422


def test_close_account_keeps_when_and_why_and_refuses_open_holds() -> None:
    account = an_account()
    hold = authorised(account, 10_00)
    with pytest.raises(Refused, match="Release them"):
        commands.close_account(oscar(), account, reason="Left")
    commands.release_by_hand(oscar(), hold, reason="Forgotten")
    with pytest.raises(Invalid):
        commands.close_account(oscar(), account, reason=" ")
    closed = commands.close_account(oscar(), account, reason="Left")
    assert (closed.state, closed.close_reason, closed.closed is not None) == ("closed", "Left", True)
    with pytest.raises(Refused):
        commands.close_account(oscar(), account, reason="Again")


# ------------------------------------------------------------------------------------------- page


def test_account_page_tells_figures_and_story(officer: Client) -> None:
    account = an_account(100_00, customer=a_company(name="Alfa Ltd"))
    spent(account, 30_00, note="Flight")
    authorised(account, 20_00, source="pos-17")
    authorised(account, 90_00)
    commands.top_up(oscar(), account, amount=account.money(15_00), origin=commands.Origin(source="cash"))
    page = page_of(officer, account)
    for said in (
        "$50.00 of $115.00 used (43 %); $65.00 available.", "Alfa Ltd", "pos-17", "Refused: too little was left",
        "The limit is $100.00 from", "The account was opened", "Topped up", "judged by version 1", "Oscar Officer",
    ):  # fmt: skip
        assert said in page, said
    assert f"/quota/accounts/{account.pk}/entries/?of=consumed&amp;period=" in page


def test_account_page_says_which_of_the_next_tier_is_met(officer: Client) -> None:
    account = an_account(100_00)
    page = page_of(officer, account)
    assert "Plus" in page
    assert "Not met:" in page


def test_account_page_shows_the_period_that_runs_though_nobody_settled_it(officer: Client) -> None:
    account = an_account(100_00)
    spent(account, 80_00)
    with clock.at(clock.now() + timedelta(days=32)):
        page = page_of(officer, account)
    assert "$0.00 of $100.00 used" in page
    assert fresh(account).consumed_minor == 80_00


def test_story_pages_by_cursor_without_gap_or_repetition() -> None:
    account = an_account(1000_00)
    for _number in range(7):
        spent(account, 1_00)
    commands.lift_block(ada(), blocked(account), reason="Paid")
    whole = queries.story(oscar(), account, size=200).items
    paged: list[Any] = []
    cursor = ""
    while True:
        page = queries.story(oscar(), account, cursor=cursor, size=3)
        paged += page.items
        cursor = page.next
        if not cursor:
            break
    assert [one.key for one in paged] == [one.key for one in whole]
    assert whole[-1].kind == "opened"
    assert [one.key for one in whole_story(oscar(), account)] == [one.key for one in whole[::-1]]


def test_story_page_leads_to_what_came_earlier(officer: Client) -> None:
    account = an_account(1000_00)
    for _number in range(20):
        spent(account, 1_00)
    cursor = queries.story(oscar(), account).next
    page = officer.get(f"/quota/accounts/{account.pk}/story/", {"before": cursor}).content.decode()
    assert "The newest" in page
    assert officer.get(f"/quota/accounts/{account.pk}/story/", {"before": "x"}).status_code == 200


def test_entries_page_adds_up_what_a_figure_is_made_of(officer: Client) -> None:
    account = an_account(100_00)
    spent(account, 30_00)
    spent(account, 12_50)
    authorised(account, 20_00)
    address = f"/quota/accounts/{account.pk}/entries/"
    period = account.period_start.isoformat()
    page = officer.get(address, {"of": "consumed", "period": period}).content.decode()
    assert "2 entries, together $42.50" in page
    assert "together $20.00" in officer.get(address, {"of": "held"}).content.decode()
    nothing = officer.get(address, {"period": period, "of": "topups"}).content.decode()
    assert '<th role="rowheader"' not in nothing


# ------------------------------------------------------------------------------------------- acts


def test_top_up_and_adjust_pages_post_and_reverse_takes_back(officer: Client, approver: Client) -> None:
    account = an_account(100_00)
    at = f"/quota/accounts/{account.pk}/"
    assert officer.post(f"{at}top-up/", {"amount": "25", "source": "cash"}).headers["Location"] == at
    assert fresh(account).topup_minor == 25_00
    assert officer.get(f"{at}adjust/").status_code == 403
    approver.post(f"{at}adjust/", {"amount": "-5.00", "reason": "Counted twice"})
    assert fresh(account).consumed_minor == -5_00
    entry = LedgerEntry.objects.get(kind="adjustment")
    answer = approver.post(f"/quota/entries/{entry.pk}/reverse/", {"reason": "Was right"})
    assert answer.headers["Location"] == at
    assert fresh(account).consumed_minor == 0
    again = approver.post(f"/quota/entries/{entry.pk}/reverse/", {"reason": "Again"})
    assert (again.status_code, "taken back before" in again.content.decode()) == (422, True)


def test_release_by_hand_lets_go_with_the_reason_in_the_ledger(officer: Client) -> None:
    hold = authorised(an_account(), 40_00)
    officer.post(f"/quota/holds/{hold.pk}/release/", {"reason": "Till broke"})
    assert Hold.objects.get().state == "released"
    assert LedgerEntry.objects.get(kind="release").note == "Till broke"
    with pytest.raises(Invalid):
        commands.release_by_hand(oscar(), hold, reason="")


def test_block_account_holds_and_only_an_approver_may_lift_block(officer: Client, approver: Client) -> None:
    account = an_account()
    assert officer.post(f"/quota/accounts/{account.pk}/block/", {"reason": ""}).status_code == 422
    officer.post(f"/quota/accounts/{account.pk}/block/", {"reason": "Card stolen"})
    block = Block.objects.get()
    page = page_of(officer, account)
    assert "by a quota officer; an approver has to lift it." in page
    assert "Card stolen" in page
    assert officer.post(f"/quota/blocks/{block.pk}/lift/", {"reason": "x"}).status_code == 403
    assert approver.post(f"/quota/blocks/{block.pk}/lift/", {"reason": "Found"}).status_code == 302
    assert fresh(account).state == AccountState.OPEN
