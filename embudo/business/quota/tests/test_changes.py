"""A change from the first word to the last approval."""

from datetime import timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import TierTerms
from embudo.business.quota.models import Answer, Signature
from embudo.business.quota.tests.builders import ada, authorised, oscar, spent, till
from embudo.business.quota.tests.changing import (
    DAILY,
    YES,
    a_customer,
    a_mailed_account,
    accepted,
    asker,
    awaiting,
    checker,
    denied,
    drafted,
    guest,
    invalid,
    licensed,
    mail_of,
    newest_question,
    on_its_day,
    refused,
    rehearsed,
    reread,
    signed,
    token_of,
    under_review,
    wish,
)
from embudo.entrypoints.cli.do import run
from embudo.foundation.access.tests.builders import a_user, an_actor, tester, user_of
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden

pytestmark = pytest.mark.django_db


def another_checker() -> Any:
    found = an_actor(a_user(roles=("approver",), name="Adam Second", email="adam@example.com"))
    licensed(found)
    return found


# --- asking ---


def test_request_change_drafts_what_is_asked_for() -> None:
    account = a_mailed_account()
    change = drafted(account, minor=None, tier_name="Plus")
    assert (change.state, change.from_minor, change.to_minor, change.from_tier, change.to_tier) == (
        "draft", 100_00, 500_00, "Basic", "Plus"
    )  # fmt: skip


def test_request_change_finds_the_tier_of_an_amount() -> None:
    assert drafted(minor=300_00).to_tier == "Plus"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"minor": None}, "minor"),
        ({"minor": -1}, "minor"),
        ({"minor": 100_00}, "minor"),  # as it is already
        ({"minor": 600_00}, "minor"),  # above every tier
        ({"minor": 300_00, "tier_name": "Basic"}, "minor"),
        ({"tier_name": "Platinum"}, "tier_name"),
        ({"wanted": -1}, "wanted"),
        ({"wanted": 400}, "wanted"),
    ],
)
def test_request_change_refuses_what_makes_no_sense(values: dict[str, Any], field: str) -> None:
    if "wanted" in values:
        values = {"wanted": clock.today() + timedelta(days=values["wanted"])}
    assert invalid(lambda: drafted(**values)) == [field]


def test_request_change_allows_one_open_change_an_account() -> None:
    change = drafted()
    assert refused(lambda: drafted(change.account)) == "quota.change_open"
    commands.recall_change(asker(), change, reason="Mistaken")
    assert drafted(change.account).state == "draft"


def test_request_change_refuses_a_closed_account_and_who_is_no_person() -> None:
    account = a_mailed_account()
    assert refused(lambda: commands.request_change(tester(), account, wish=wish())) == "quota.no_person"
    commands.close_account(tester(), account, reason="Moved away")
    assert refused(lambda: drafted(account)) == "quota.closed"


def test_edit_change_is_for_its_author_while_it_is_a_draft() -> None:
    change = drafted()
    assert commands.edit_change(asker(), change, wish=wish(200_00)).to_minor == 200_00
    assert refused(lambda: commands.edit_change(checker(), change, wish=wish(250_00))) == "quota.not_yours"
    commands.submit_change(asker(), change)
    assert refused(lambda: commands.edit_change(asker(), change, wish=wish(250_00))) == "quota.not_draft"


def test_change_that_the_customer_asks_for_needs_no_licence_but_approval() -> None:
    change = drafted(by=a_customer())
    assert change.asked_by is None
    change = commands.submit_change(a_customer(), change)
    assert (change.state, Signature.objects.filter(change=change).count()) == ("review", 0)
    assert commands.approve_change(checker(), change).state == "awaiting"


def test_colleague_who_hands_on_a_customers_draft_stands_in_for_them() -> None:
    change = commands.submit_change(asker(), drafted(by=a_customer()))
    assert refused(lambda: commands.approve_change(asker(), change)) == "quota.four_eyes"
    denied(commands.approve_change(checker(), change))
    assert not queries.licences(tester()).filter(person=asker().id, suspended=None).exists()


def test_customer_takes_back_only_what_they_asked_for() -> None:
    own, others = drafted(by=a_customer()), under_review()
    for act in (
        lambda: commands.recall_change(a_customer(), others, reason="No"),
        lambda: commands.supersede_change(a_customer(), others, wish=wish(200_00)),
    ):
        assert refused(act) == "quota.not_yours"
    assert commands.recall_change(a_customer(), own, reason="No").state == "recalled"


# --- submitting ---


def test_submit_change_freezes_the_facts() -> None:
    account = a_mailed_account()
    with clock.at(clock.now() + timedelta(days=1)):
        spent(account, 30_00)
    later = clock.now() + timedelta(days=32)
    with clock.at(later):
        hold = authorised(account, 10_00)
        change = under_review(account)
        facts = change.facts
        commands.release_hold(till(), hold)
    assert len(facts["periods"]) == 12
    assert sum(one["minor"] for one in facts["periods"]) == 30_00
    assert (facts["tier"], facts["qualifies_for"]) == ("Basic", "Plus")
    assert facts["holds"] == {"count": 1, "minor": 10_00}
    assert facts["running"]["available"] == 90_00
    assert facts["arrears"] == {"minor": 0, "oldest_due": None}
    assert (facts["forecast"], facts["findings"]) == (None, [])
    assert reread(change).facts == facts


def test_submit_change_needs_a_licence_that_covers_it() -> None:
    account = a_mailed_account()
    change = commands.request_change(oscar(), account, wish=wish())
    assert refused(lambda: commands.submit_change(oscar(), change)) == "quota.not_licensed"
    licensed(oscar(), most_minor=200_00)
    assert refused(lambda: commands.submit_change(oscar(), change)) == "quota.not_licensed"
    licensed(oscar(), may_submit=False)
    assert refused(lambda: commands.submit_change(oscar(), change)) == "quota.not_licensed"
    assert reread(change).state == "draft"
    licensed(oscar())
    assert commands.submit_change(oscar(), change).state == "review"
    assert Signature.objects.get(change=change).person_id == oscar().id


def test_submit_change_is_for_its_author() -> None:
    change = drafted()
    assert refused(lambda: commands.submit_change(checker(), change)) == "quota.not_yours"


def test_submit_change_twice_is_refused() -> None:
    assert refused(lambda: commands.submit_change(asker(), under_review())) == "quota.wrong_state"


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"most_change_minor": 100_00}, "most_change"),
        ({"most_change_percent": 50}, "most_percent"),
        ({"most_year_minor": 150_00}, "most_year"),
        ({"cool_down_days": 30}, "cool_down"),
    ],
)
def test_submit_change_is_refused_by_the_policy(policy: dict[str, Any], code: str) -> None:
    change = under_review(a_mailed_account(**policy))
    assert (change.state, [one["code"] for one in change.facts["findings"]]) == ("refused", [code])
    assert change.ended is not None
    assert not Signature.objects.filter(change=change).exists()
    assert queries.findings_in_words(change.facts["findings"], "USD") != []


def test_submit_change_counts_the_changes_of_a_period() -> None:
    account = a_mailed_account(most_changes=1, needs_consent=False)
    change = signed(account, minor=200_00)
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "applied"
        again = under_review(account, minor=300_00)
        assert [one["code"] for one in again.facts["findings"]] == ["most_changes"]


@pytest.mark.parametrize(
    ("tier", "code"),
    [
        ({"average_minor": 50_00}, "average"),
        ({"least_age_days": 10}, "age"),
        ({"is_nothing_overdue": True}, "overdue"),
    ],
)
def test_submit_change_asks_whether_the_account_qualifies(tier: dict[str, Any], code: str) -> None:
    account = a_mailed_account(tiers=(TierTerms("Basic", 100_00), TierTerms("Plus", 500_00, **tier)))
    debt = commands.Debt((account.money(10_00),), clock.today() - timedelta(days=3))
    commands.report_arrears(tester(), account.company, debt=debt)
    change = under_review(account)
    assert [one["code"] for one in change.facts["findings"]] == [code]


def test_submit_change_lets_a_limit_be_lowered_whoever_qualifies() -> None:
    account = a_mailed_account(tiers=(TierTerms("Basic", 100_00, average_minor=90_00),))
    assert under_review(account, minor=50_00).state == "review"


def test_submit_change_binds_a_first_limit_by_its_tier_alone() -> None:
    account = a_mailed_account(None, cool_down_days=90, most_change_minor=1)
    assert under_review(account).state == "review"


# --- approving ---


def test_approve_change_asks_the_customer_in_their_language() -> None:
    change = awaiting(a_mailed_account(country="PL"))
    answer, mail = newest_question(change), mail_of(change)
    assert (change.state, answer.language, mail.to, mail.language) == (
        "awaiting",
        "pl",
        "t@traveller.example",
        "pl",
    )
    assert mail.is_secret
    assert "300,00" in mail.text
    assert answer.token_hash not in mail.text
    assert token_of(change) not in str(list(Answer.objects.values_list("token_hash")))


def test_approve_change_needs_other_eyes_than_the_requesters() -> None:
    change = under_review()
    assert refused(lambda: commands.approve_change(asker(), change)) == "quota.four_eyes"


def test_approve_change_needs_a_licence() -> None:
    change = under_review()
    assert refused(lambda: commands.approve_change(ada(), change)) == "quota.not_licensed"
    licensed(ada(), may_approve=False)
    assert refused(lambda: commands.approve_change(ada(), change)) == "quota.not_licensed"
    with pytest.raises(Forbidden):
        commands.approve_change(till(), change)


def test_approve_change_takes_as_many_as_its_size_needs() -> None:
    account = a_mailed_account(approvals=[[100_00, 1], [None, 2]])
    change = under_review(account)
    assert commands.approve_change(checker(), change, note="Known for years").state == "review"
    assert refused(lambda: commands.approve_change(checker(), change)) == "quota.approved_before"
    assert commands.approve_change(another_checker(), change).state == "awaiting"
    assert Signature.objects.filter(change=change, note="Known for years").count() == 1


def test_approve_change_accepts_at_once_where_no_consent_is_asked() -> None:
    change = awaiting(a_mailed_account(needs_consent=False))
    assert (change.state, Mail.objects.count()) == ("accepted", 0)


def test_approve_change_gives_notice_where_no_consent_is_asked() -> None:
    change = awaiting(a_mailed_account(needs_consent=False, notice_days=10))
    answer = Answer.objects.get()
    assert (answer.channel, answer.token_hash) == ("notice", None)
    assert change.applies_on == clock.today() + timedelta(days=10)
    assert Mail.objects.get().pk == answer.mail


def test_approve_change_of_a_customer_without_an_address_waits_for_a_call() -> None:
    change = awaiting(a_mailed_account(email=""))
    assert (change.state, newest_question(change).mail, Mail.objects.count()) == ("awaiting", None, 0)


def test_reject_change_ends_it_with_a_reason() -> None:
    change = under_review()
    assert invalid(lambda: commands.reject_change(checker(), change, reason=" ")) == ["reason"]
    assert refused(lambda: commands.reject_change(asker(), change, reason="No")) == "quota.four_eyes"
    change = commands.reject_change(checker(), change, reason="Too much")
    assert (change.state, change.ended_reason) == ("rejected", "Too much")
    assert refused(lambda: commands.approve_change(checker(), change)) == "quota.wrong_state"


def test_recall_change_ends_whatever_is_open() -> None:
    for make in (drafted, under_review, awaiting, accepted, rehearsed, signed):
        change = make()
        assert invalid(lambda change=change: commands.recall_change(asker(), change, reason="")) == ["reason"]
        change = commands.recall_change(asker(), change, reason="Mistaken")
        assert (change.state, change.ended_reason) == ("recalled", "Mistaken")
        assert (
            refused(lambda change=change: commands.recall_change(asker(), change, reason="Again"))
            == "quota.wrong_state"
        )


def test_supersede_change_puts_a_draft_in_its_place() -> None:
    change = awaiting()
    token = token_of(change)
    made = commands.supersede_change(asker(), change, wish=wish(200_00))
    assert (reread(change).state, made.state, made.to_minor) == ("superseded", "draft", 200_00)
    assert refused(lambda: commands.answer_change(guest(change), token=token, said=YES)) == "quota.link_ended"


# --- other entrances ---


def test_command_line_asks_for_other_eyes_and_a_licence_as_pages_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = under_review()
    wanted = [f"change={change.pk}"]
    checker()
    assert run("quota.approve_change", user_of(oscar()).email, wanted) == 3
    assert "quota.four_eyes" in capsys.readouterr().err
    assert run("quota.approve_change", user_of(ada()).email, wanted) == 0
    assert reread(change).state == "awaiting"
    said = '{"is_accepted": true}'
    token = token_of(change)
    assert run("quota.answer_change", user_of(ada()).email, [f"token={token}", f"said={said}"]) == 4
