"""What customers and colleagues are told of a change, and what follows when they are not: reactions, with a real mail server."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.business.quota import commands
from embudo.business.quota.tests.builders import ada, oscar
from embudo.business.quota.tests.changing import (
    DAILY,
    NO,
    a_customer,
    a_mailed_account,
    asker,
    awaiting,
    checker,
    denied,
    drafted,
    newest_question,
    on_its_day,
    rehearsed,
    reread,
    signed,
    under_review,
)
from embudo.foundation.access.tests.builders import an_admin, tester
from embudo.foundation.notify import commands as notify
from embudo.foundation.notify.models import Mail, Notification
from embudo.foundation.notify.tests.post import Post, post_office
from embudo.kernel import clock, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as box:
        yield box


def come_back(mail_id: Any) -> None:
    """A report about a mail that a server had taken over is read from our mailbox."""
    notify.mark_mail_bounced(tester(), Mail.objects.get(pk=mail_id), reason="550 no such person", sending=1)
    worker.drain()


def news_of(actor: Any) -> list[str]:
    return list(Notification.objects.filter(user=actor.id).order_by("created").values_list("kind", flat=True))


@pytest.mark.peer
def test_change_goes_by_mail_from_the_question_to_the_news(post: Post) -> None:
    """The customer follows the link in the mail as it arrived, and hears of the new quota on its day."""
    change = awaiting(a_mailed_account(email="t@traveller.example", country="PL"))
    worker.drain()
    (question,) = post.to("t@traveller.example")
    assert newest_question(change).sent is not None
    assert Mail.objects.get(pk=newest_question(change).mail).text == ""  # the link is known to nobody else
    link = re.search(r"https?://[^/\s]+(/quota/answer/\S+)", question)
    assert link is not None
    answer = Client().post(link[1], {"answer": "yes"})
    assert answer.status_code == 302
    worker.drain()
    change = reread(change)
    assert change.state == "scheduled"  # rehearsed by itself
    commands.sign_rehearsal(checker(), change)
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "applied"
        worker.drain()
    assert reread(change).state == "informed"
    _question, told = post.to("t@traveller.example")
    assert "300,00" in told


@pytest.mark.peer
def test_question_that_comes_back_was_not_asked(post: Post) -> None:
    change = awaiting(a_mailed_account(email="nobody@traveller.example", silence="accept", answer_days=2))
    worker.drain()
    assert (newest_question(change).bounced is not None, newest_question(change).sent) == (True, None)
    assert "quota.change_moved" in news_of(oscar())
    with clock.at(clock.now() + timedelta(days=4)):
        commands.expire_answer(DAILY, change)
    assert reread(change).state == "expired"


@pytest.mark.peer
def test_question_that_comes_back_later_was_not_asked_either(post: Post) -> None:
    """A server took it over, and reports a day later that nobody has such a mailbox: not even their silence counts then."""
    change = awaiting(a_mailed_account(email="t@traveller.example", silence="accept", answer_days=2))
    worker.drain()
    assert newest_question(change).sent is not None
    come_back(newest_question(change).mail)
    assert newest_question(change).bounced is not None
    assert "quota.change_moved" in news_of(oscar())
    with clock.at(clock.now() + timedelta(days=4)):
        commands.expire_answer(DAILY, change)
    assert reread(change).state == "expired"


@pytest.mark.peer
def test_question_whose_copy_comes_back_was_answered(post: Post) -> None:
    change = awaiting(a_mailed_account(email="t@traveller.example"))
    worker.drain()
    link = re.search(r"(/quota/answer/\S+)", post.to("t@traveller.example")[0])
    assert link is not None
    Client().post(link[1], {"answer": "yes"})
    come_back(newest_question(change).mail)
    assert (newest_question(change).bounced, reread(change).state) == (None, "scheduled")


@pytest.mark.peer
def test_news_that_come_back_later_are_told_though_the_customer_counted_as_informed(post: Post) -> None:
    change = signed(a_mailed_account(email="t@traveller.example", needs_consent=False))
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        worker.drain()
        assert reread(change).state == "informed"
        come_back(Mail.objects.get(about_id=change.pk).pk)
        assert reread(change).state == "applied"
    titles = Notification.objects.filter(user=oscar().id).values_list("title", flat=True)
    assert [title for title in titles if "the customer could not be told" in title]


@pytest.mark.peer
def test_news_that_come_back_leave_the_customer_uninformed(post: Post) -> None:
    change = signed(a_mailed_account(email="nobody@traveller.example", needs_consent=False))
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        worker.drain()
    assert reread(change).state == "applied"
    titles = Notification.objects.filter(user=oscar().id).values_list("title", flat=True)
    told = "A change applies, but the customer could not be told"
    assert [title for title in titles if title.startswith(told)]


@pytest.mark.peer
def test_denial_is_told_to_all_concerned(post: Post) -> None:
    admin = an_admin()
    change = awaiting()
    worker.drain()
    link = re.search(r"(/quota/answer/\S+)", post.to("t@traveller.example")[0])
    assert link is not None
    Client().post(link[1], {"answer": "no", "code": "not_asked"})
    assert reread(change).state == "denied"
    worker.drain()
    assert "quota.change_denied" in news_of(oscar())
    assert "quota.licence_suspended" in news_of(oscar())
    assert "quota.change_denied" in news_of(ada())
    assert "quota.change_denied" in news_of(admin)
    _question, confirmed = post.to("t@traveller.example")
    assert change.account.reference in confirmed


def test_submitted_change_is_told_to_who_may_approve_it() -> None:
    checker()
    change = under_review()
    worker.drain()
    assert news_of(ada()) == ["quota.change_waiting"]
    assert news_of(oscar()) == []
    url = Notification.objects.get(user=ada().id).url
    assert str(change.pk) in url


def test_accepted_change_is_rehearsed_by_itself_and_waits_for_a_signature() -> None:
    change = awaiting(a_mailed_account(needs_consent=False))
    worker.drain()
    assert reread(change).state == "scheduled"
    assert Notification.objects.filter(user=ada().id, title__startswith="A rehearsed change waits").exists()


def test_change_that_is_held_back_is_told_to_who_asked() -> None:
    change = rehearsed()
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        worker.drain()
    assert Notification.objects.filter(user=oscar().id, title__startswith="A change was held back").exists()


def test_wish_of_the_customer_that_is_declined_is_answered_by_mail() -> None:
    change = drafted(a_mailed_account(most_change_minor=50_00), by=a_customer())
    assert commands.submit_change(a_customer(), change).state == "refused"
    mail = Mail.objects.get(about_id=change.pk)
    assert (mail.language, "50,00" in mail.text) == ("fr", True)


def test_denial_without_an_address_still_ends_it() -> None:
    change = awaiting(a_mailed_account(email=""))
    assert commands.record_answer(asker(), change, said=NO, evidence="They called").state == "denied"
    assert Mail.objects.count() == 0


def test_denied_mail_speaks_the_customers_language() -> None:
    change = denied(awaiting(a_mailed_account(country="ES")))
    assert Mail.objects.get(about_id=change.pk).language == "es"
