"""A customer is told of a change before it applies and after it did, or it counts as not told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Answer, Change, Licence, Rehearsal, SpendRequest
from embudo.business.quota.tests.builders import ada, an_account, fresh
from embudo.business.quota.tests.changing import (
    DAILY,
    NO,
    YES,
    a_mailed_account,
    accepted,
    asker,
    awaiting,
    checker,
    drafted,
    invalid,
    on_its_day,
    refused,
    reread,
    signed,
    under_review,
    wish,
)
from embudo.business.quota.tests.test_portal import shared
from embudo.foundation.access.tests.builders import a_client, a_user, an_actor, with_roles
from embudo.foundation.notify.commands import mark_mail_refused
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def noticed(**values: Any) -> Change:
    """Accepted without being asked, with notice given; it has not arrived yet."""
    return accepted(a_mailed_account(needs_consent=False, notice_days=3, **values))


def the_notice(change: Change) -> Answer:
    return Answer.objects.filter(change=change, channel="notice").latest("created")


def codes(change: Change) -> list[str]:
    made = commands.rehearse_change(ada(), change)
    return [one["code"] for one in made.result["breaches"]]


def an_unlicensed_officer() -> Actor:
    with_roles()
    return an_actor(a_user(roles=("officer",), name="Una", email="una@example.com"))


def test_notice_that_never_left_stands_against_the_change() -> None:
    change = noticed()
    assert codes(change) == ["not_told"]
    commands.mark_delivered(DAILY, the_notice(change))
    assert codes(change) == []
    commands.mark_undeliverable(checker(), the_notice(change))
    assert codes(change) == ["bounced"]
    assert codes(noticed(email="")) == ["not_told"]


def test_days_of_notice_count_from_the_day_the_notice_arrived() -> None:
    change = noticed()
    with clock.at(clock.now() + timedelta(days=2)):
        commands.mark_delivered(DAILY, the_notice(change))
        assert reread(change).applies_on == clock.today() + timedelta(days=3)


def test_tell_again_sends_another_notice_and_record_told_needs_evidence_and_other_eyes() -> None:
    change = noticed()
    commands.mark_undeliverable(checker(), the_notice(change))
    commands.tell_again(asker(), change)
    assert Answer.objects.filter(change=change, channel="notice").count() == 2
    assert invalid(lambda: commands.record_told(checker(), change, evidence=" ")) == ["evidence"]
    assert refused(lambda: commands.record_told(asker(), change, evidence="Called")) == "quota.four_eyes"
    commands.record_told(checker(), change, evidence="Called them at noon")
    assert codes(change) == []
    assert refused(lambda: commands.tell_again(asker(), reread(change))) == "quota.nothing_to_tell"


def test_question_asked_again_keeps_the_days_of_notice() -> None:
    change = awaiting(a_mailed_account(notice_days=5))
    with clock.at(clock.now() + timedelta(days=4)):
        change = commands.send_question_again(asker(), change)
        assert change.applies_on == clock.today() + timedelta(days=5)


def test_customer_whose_news_came_back_is_told_by_phone() -> None:
    change = signed()
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        commands.mark_informed(DAILY, change)
        assert commands.mark_uninformed(DAILY, change).state == "applied"
        page = a_client(checker()).get(f"/quota/changes/{change.pk}/").content.decode()
        assert "has not been told yet" in page
        commands.tell_again(asker(), reread(change))
        assert Mail.objects.filter(about_id=change.pk).count() == 2
        done = a_client(checker()).post(f"/quota/changes/{change.pk}/told/", {"evidence": "Called at noon"})
        assert (done.status_code, reread(change).state) == (302, "informed")
        assert commands.mark_uninformed(DAILY, change).state == "informed"


def test_only_the_licensed_end_what_others_asked_for() -> None:
    una = an_unlicensed_officer()
    change = under_review()
    for end in (
        lambda: commands.reject_change(una, change, reason="No"),
        lambda: commands.recall_change(una, change, reason="No"),
        lambda: commands.supersede_change(una, change, wish=wish(200_00)),
    ):
        assert refused(end) == "quota.not_licensed"
    assert queries.acts_open(una, reread(change)) == []
    own = commands.request_change(una, a_mailed_account(), wish=wish())
    assert commands.recall_change(una, own, reason="Mistaken").state == "recalled"


def test_yes_by_phone_needs_a_licence_and_a_no_does_not() -> None:
    una = an_unlicensed_officer()
    change = awaiting()
    yes = lambda: commands.record_answer(una, change, said=YES, evidence="They called")  # noqa: E731
    assert refused(yes) == "quota.not_licensed"
    assert commands.record_answer(una, change, said=NO, evidence="They called").state == "denied"


def test_failed_change_keeps_the_facts_it_was_submitted_with() -> None:
    change = signed()
    before = reread(change).facts
    Licence.objects.filter(person=checker().id).update(valid_to=clock.today())
    with on_its_day(change):
        failed = commands.apply_change(DAILY, change)
    assert (failed.state, reread(change).facts) == ("failed", before)


@pytest.mark.parametrize(
    "column", [{"facts": {}}, {"to_minor": 1}, {"asked_by": None}, {"link": None, "reason": ""}]
)
def test_change_that_was_submitted_is_frozen_by_the_database(column: dict[str, Any]) -> None:
    draft, submitted = drafted(), under_review()
    Change.objects.filter(pk=draft.pk).update(to_minor=2)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Change.objects.filter(pk=submitted.pk).update(**column)


def test_rehearsal_is_never_rewritten() -> None:
    signed()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Rehearsal.objects.update(has_breach=True)


def test_secret_mail_that_finally_failed_is_forgotten() -> None:
    awaiting()
    mail = Mail.objects.get(is_secret=True)
    mark_mail_refused(DAILY, mail, error="later")
    assert Mail.objects.get(pk=mail.pk).text
    mark_mail_refused(DAILY, mail, error="never", is_final=True)
    assert (Mail.objects.get(pk=mail.pk).text, Mail.objects.get(pk=mail.pk).html) == ("", "")


def test_wish_more_is_a_top_up_where_the_policy_takes_payment_in_advance() -> None:
    account = an_account(100_00, at_limit="topup")
    otto = another_officer()
    url = shared(account)
    Client().post(f"{url}more/", {"amount": "20", "reason": "Taxi"})
    request = SpendRequest.objects.get()
    assert request.is_prepaid
    assert invalid(lambda: commands.approve_request(otto, request)) == ["reason"]
    commands.approve_request(otto, request, reason="Cash, receipt 17")
    assert fresh(account).topup_minor == 20_00
    Client().post(f"{url}more/", {"amount": "30", "reason": "Hotel"})
    page = Client().get(url).content.decode()
    assert "$20.00" in page
    assert "$30.00" in page


def another_officer() -> Actor:
    """An officer besides the one who sent the link."""
    with_roles()
    return an_actor(a_user(roles=("officer",), name="Otto", email="otto@example.com"))
