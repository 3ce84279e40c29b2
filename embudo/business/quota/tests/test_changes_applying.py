"""A change from its rehearsal to the customer who knows of it."""

from datetime import timedelta

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import TierTerms
from embudo.business.quota.models import Answer, LimitVersion
from embudo.business.quota.tests.builders import a_company, ada, an_account, authorised, fresh, spent, till
from embudo.business.quota.tests.changing import (
    DAILY,
    YES,
    a_mailed_account,
    accepted,
    asker,
    awaiting,
    checker,
    drafted,
    guest,
    newest_question,
    on_its_day,
    refused,
    rehearsed,
    reread,
    signed,
    token_of,
)
from embudo.foundation.access.tests.builders import a_user, an_actor, tester
from embudo.foundation.duplicates.commands import merge_records
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


# --- rehearsal ---


def test_rehearse_change_shows_what_it_would_do_and_does_nothing() -> None:
    account = a_mailed_account()
    spent(account, 80_00)
    authorised(account, 10_00)
    change = rehearsed(account)
    result = queries.newest_rehearsal(change).result  # type: ignore[union-attr]
    assert (result["before"]["available"], result["after"]["available"]) == (10_00, 210_00)
    assert (result["before"]["state"], result["after"]["state"]) == ("watch", "open")
    assert (result["breaches"], [one["code"] for one in result["conflicts"]]) == ([], ["holds"])
    assert result["messages"] == [{"kind": "applied", "language": "fr", "is_mailable": True}]
    assert (change.state, change.applies_on) == ("scheduled", clock.today() + timedelta(days=1))
    assert fresh(account).limit_minor == 100_00


def test_rehearse_change_says_that_a_lower_limit_leaves_too_much_used() -> None:
    account = a_mailed_account()
    spent(account, 80_00)
    change = rehearsed(account, minor=50_00)
    result = queries.newest_rehearsal(change).result  # type: ignore[union-attr]
    assert [one["code"] for one in result["conflicts"]] == ["over"]
    commands.sign_rehearsal(checker(), change)
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "applied"


def test_rehearse_change_keeps_to_notice_and_wish() -> None:
    change = rehearsed(a_mailed_account(notice_days=20))
    assert change.applies_on == clock.today() + timedelta(days=20)
    wanted = clock.today() + timedelta(days=40)
    assert rehearsed(a_mailed_account(notice_days=20), wanted=wanted).applies_on == wanted


def test_rehearse_change_refuses_what_was_not_accepted() -> None:
    assert refused(lambda: commands.rehearse_change(ada(), awaiting())) == "quota.wrong_state"


def test_sign_rehearsal_needs_licence_other_eyes_and_no_breach() -> None:
    account = a_mailed_account()
    change = rehearsed(account)
    assert refused(lambda: commands.sign_rehearsal(asker(), change)) == "quota.four_eyes"
    unlicensed = an_actor(a_user(roles=("approver",), name="Una Unlicensed", email="una@example.com"))
    assert refused(lambda: commands.sign_rehearsal(unlicensed, change)) == "quota.not_licensed"
    commands.put_limit(tester(), account, limit=commands.Limit(120_00, "Plus"))
    assert refused(lambda: commands.sign_rehearsal(checker(), change)) == "quota.rehearsal_old"
    rehearsal = commands.rehearse_change(ada(), change)
    assert [one["code"] for one in rehearsal.result["breaches"]] == ["limit_moved"]
    assert refused(lambda: commands.sign_rehearsal(checker(), change)) == "quota.breach"


def test_sign_rehearsal_stands_though_spending_goes_on() -> None:
    change = rehearsed(a_mailed_account())
    spent(change.account, 10_00)
    assert commands.sign_rehearsal(checker(), change).state == "scheduled"


def test_sign_rehearsal_holds_for_the_newest_alone() -> None:
    change = signed()
    assert queries.is_signed(change)
    commands.rehearse_change(ada(), change)
    assert not queries.is_signed(change)


def test_sign_rehearsal_refuses_what_was_not_rehearsed() -> None:
    assert refused(lambda: commands.sign_rehearsal(checker(), accepted())) == "quota.not_rehearsed"


# --- application ---


def test_apply_change_puts_the_limit_in_force_once() -> None:
    change = signed()
    assert refused(lambda: commands.apply_change(DAILY, change)) == "quota.not_yet"
    assert not queries.changes_due(clock.today()).exists()
    with on_its_day(change):
        assert [one.pk for one in queries.changes_due(clock.today())] == [change.pk]
        for _time in range(2):
            assert commands.apply_change(DAILY, change).state == "applied"
        assert not queries.changes_due(clock.today()).exists()
    account = fresh(change.account)
    assert (account.limit_minor, account.tier_name) == (300_00, "Plus")
    assert LimitVersion.objects.filter(account=account).count() == 2
    assert LimitVersion.objects.get(account=account, valid_to=None).change == change.pk
    assert Mail.objects.filter(about_id=change.pk).count() == 1


def test_apply_change_catches_up_after_missed_days() -> None:
    change = signed()
    with clock.at(clock.now() + timedelta(days=9)):
        assert commands.apply_change(DAILY, change).state == "applied"


def test_apply_change_holds_back_what_nobody_signed() -> None:
    change = rehearsed()
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "held"
        assert refused(lambda: commands.apply_change(DAILY, change)) == "quota.wrong_state"
        commands.rehearse_change(ada(), change)
        assert reread(change).applies_on == clock.today() + timedelta(days=1)
        commands.sign_rehearsal(checker(), change)
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "applied"


def test_apply_change_refuses_what_is_not_scheduled() -> None:
    assert refused(lambda: commands.apply_change(DAILY, awaiting())) == "quota.wrong_state"


@pytest.mark.parametrize("who", ["asker", "checker"])
def test_apply_change_fails_where_a_licence_ended_meanwhile(who: str) -> None:
    change = signed()
    actor = asker() if who == "asker" else checker()
    for one in queries.licences(tester()).filter(person=actor.id):
        commands.end_licence(tester(), one)
    with on_its_day(change):
        failed = commands.apply_change(DAILY, change)
    found = failed.breaches
    assert (failed.state, {one["code"] for one in found}) == ("failed", {"licence"})
    assert any("licence has ended" in text for text in queries.findings_in_words(found, "USD"))
    assert fresh(change.account).limit_minor == 100_00


def test_apply_change_fails_where_the_customer_never_knew() -> None:
    change = signed(a_mailed_account(needs_consent=False, notice_days=5))
    commands.mark_undeliverable(asker(), Answer.objects.get(change=change))
    with on_its_day(change):
        failed = commands.apply_change(DAILY, change)
    assert (failed.state, [one["code"] for one in failed.breaches]) == ("failed", ["bounced"])


def test_apply_change_fails_where_silence_followed_a_mail_that_came_back_late() -> None:
    change = awaiting(a_mailed_account(silence="accept", answer_days=3))
    commands.mark_delivered(DAILY, newest_question(change))
    with clock.at(clock.now() + timedelta(days=5)):
        commands.expire_answer(DAILY, change)
        commands.rehearse_change(ada(), change)
        commands.sign_rehearsal(checker(), change)
        commands.mark_undeliverable(asker(), newest_question(change))
        with on_its_day(change):
            assert commands.apply_change(DAILY, change).state == "failed"


def test_apply_change_fails_where_the_policy_allows_it_no_more() -> None:
    change = signed()
    account = change.account
    terms = commands.Terms(
        {"most_change_minor": 50_00}, (TierTerms("Basic", 100_00), TierTerms("Plus", 500_00))
    )
    commands.publish_version(tester(), account.policy, terms=terms)
    with on_its_day(change):
        failed = commands.apply_change(DAILY, change)
    assert (failed.state, [one["code"] for one in failed.breaches]) == ("failed", ["most_change"])


def test_apply_change_fails_on_an_account_that_a_merge_closed() -> None:
    """The customer was another one's double, who has an account under the policy already."""
    change = signed()
    survivor = a_company(name="The Other")
    an_account(100_00, customer=survivor, policy=change.account.policy)
    ids = (change.account.company_id,)
    merge_records(tester(), kind="directory.company", survivor_id=survivor.pk, merged_ids=ids)
    with on_its_day(change):
        failed = commands.apply_change(DAILY, change)
    assert (failed.state, [one["code"] for one in failed.breaches]) == ("failed", ["closed"])


def test_apply_change_sets_a_first_limit() -> None:
    change = signed(a_mailed_account(None), minor=100_00)
    with on_its_day(change):
        commands.apply_change(DAILY, change)
    account = fresh(change.account)
    assert (account.state, account.limit_minor, account.tier_name) == ("open", 100_00, "Basic")


def test_mark_informed_follows_only_application() -> None:
    change = signed()
    assert commands.mark_informed(DAILY, change).state == "scheduled"
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        assert commands.mark_informed(DAILY, change).state == "informed"
        assert commands.mark_informed(DAILY, change).state == "informed"
        assert commands.apply_change(DAILY, change).state == "informed"


def test_mark_uninformed_leaves_it_applied_and_tells() -> None:
    change = signed()
    commands.mark_uninformed(DAILY, change)
    assert not LogEntry.objects.filter(name="quota.CustomerNotInformed").exists()
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        commands.mark_informed(DAILY, change)
        assert commands.mark_uninformed(DAILY, change).state == "applied"
    assert LogEntry.objects.filter(name="quota.CustomerNotInformed").count() == 1


# --- what is offered ---


def test_acts_open_offers_what_each_may_do() -> None:
    change = drafted()
    assert queries.acts_open(asker(), change)[0] == "submit_change"
    assert queries.acts_open(checker(), change) == ["supersede_change", "recall_change"]
    change = commands.submit_change(asker(), change)
    assert "approve_change" in queries.acts_open(checker(), change)
    assert "approve_change" not in queries.acts_open(asker(), change)
    assert queries.acts_open(till(), change) == []
    change = commands.approve_change(checker(), change)
    assert {"record_answer", "send_question_again", "mark_undeliverable"} <= set(
        queries.acts_open(checker(), change)
    )
    commands.answer_change(guest(change), token=token_of(change), said=YES)
    commands.rehearse_change(ada(), change)
    change = reread(change)
    assert "sign_rehearsal" in queries.acts_open(checker(), change)
    assert "sign_rehearsal" not in queries.acts_open(asker(), change)
    commands.recall_change(asker(), change, reason="No need")
    assert queries.acts_open(checker(), reread(change)) == []


def test_account_without_an_open_change_has_none() -> None:
    account = an_account()
    assert queries.open_change(account) is None
    change = drafted(account, minor=200_00)
    assert queries.open_change(account) == change
