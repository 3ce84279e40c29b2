"""Mails that come back, through real servers: one that takes mails over, and one that keeps what comes back to us."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from embudo.foundation.access.tests.builders import a_user, an_admin, tester
from embudo.foundation.notify import commands
from embudo.foundation.notify.models import Mail, MailState, Notification
from embudo.foundation.notify.reactions.returns import look_for_bounces
from embudo.foundation.notify.rules.mailboxes import mailbox_state
from embudo.foundation.notify.tests.builders import a_mail
from embudo.foundation.notify.tests.imap import Mailbox, dovecot
from embudo.foundation.notify.tests.post import Post, free_port, post_office
from embudo.foundation.notify.tests.test_bounces import a_report
from embudo.kernel import clock, worker
from embudo.kernel.models import LogEntry

pytestmark = [pytest.mark.django_db, pytest.mark.peer]


@pytest.fixture(autouse=True)
def _roles() -> None:
    a_user(name="Someone")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with dovecot(tmp_path) as box, override_settings(BOUNCE_URL=box.url):
        yield box


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as box:
        yield box


def a_sent_mail() -> Mail:
    mail = a_mail()
    worker.drain()
    return reread(mail)


def reread(mail: Mail) -> Mail:
    mail.refresh_from_db()
    return mail


def look(minutes: int = 0) -> None:
    """What the worker does, some minutes from now."""
    with clock.at(clock.now() + timedelta(minutes=minutes)):
        look_for_bounces()
        worker.drain()


def bounced() -> int:
    return LogEntry.objects.filter(name="notify.MailBounced").count()


def test_read_bounces_marks_the_mail_that_came_back(post: Post, mailbox: Mailbox) -> None:
    mail, other = a_sent_mail(), a_sent_mail()
    assert (mail.state, post.senders[0]) == (MailState.SENT, f"bounces+{mail.pk.hex}-1@example.com")
    mailbox.put(a_report(to=post.senders[0]))
    look()
    assert (reread(mail).state, mail.error) == (MailState.BOUNCED, "550 5.1.1 no such person")
    assert reread(other).state == MailState.SENT
    assert mailbox.flags() == [(r"\Seen",)]
    mailbox.put(a_report(to=post.senders[0]))  # some servers report again
    look(minutes=1)
    assert (bounced(), mailbox.flags()[1]) == (1, (r"\Seen",))


def test_read_bounces_knows_a_mail_by_its_id_where_the_mark_was_lost(post: Post, mailbox: Mailbox) -> None:
    mail = a_sent_mail()
    mailbox.put(a_report().replace(b"<of-ours@example.com>", mail.message_id.encode()))
    look()
    assert reread(mail).state == MailState.BOUNCED


def test_read_bounces_leaves_to_people_what_it_does_not_understand(post: Post, mailbox: Mailbox) -> None:
    mail = a_sent_mail()
    mailbox.put(a_report("delayed", to=post.senders[0]))
    mailbox.put(b"From: Marta <marta@example.org>\r\nSubject: Hello\r\n\r\nCall me.")
    mailbox.put(a_report().replace(b"of-ours", b"of-others"))
    look()
    assert reread(mail).state == MailState.SENT
    assert mailbox.flags() == [(r"\Flagged", r"\Seen")] * 3


def test_report_about_an_earlier_sending_says_nothing_of_the_next(post: Post, mailbox: Mailbox) -> None:
    mail = a_sent_mail()
    commands.send_mail_again(tester(), mail)
    worker.drain()
    mailbox.put(a_report(to=post.senders[0]))
    look()
    assert (reread(mail).state, mail.round) == (MailState.SENT, 2)
    mailbox.put(a_report(to=post.senders[1]))
    look(minutes=1)
    assert reread(mail).state == MailState.BOUNCED


def test_look_for_bounces_asks_no_server_where_none_is_named() -> None:
    with override_settings(BOUNCE_URL=""):
        look()
    assert bounced() == 0


def test_administrators_hear_once_a_day_that_the_mailbox_cannot_be_read() -> None:
    admin = an_admin()
    down = f"imap://bounces%40example.com:x@127.0.0.1:{free_port()}"
    with override_settings(BOUNCE_URL=down):
        look()
        Notification.objects.update(read=clock.now())
        look(minutes=1)
        told = Notification.objects.filter(user=admin.id, kind="notify.bounces_unread")
        assert [one.body.partition(":")[0] for one in told] == ["ConnectionRefusedError"]
        assert mailbox_state(settings.BOUNCE_URL).startswith("ConnectionRefusedError")


def test_mailbox_state_says_why(mailbox: Mailbox) -> None:
    assert mailbox_state(settings.BOUNCE_URL) == "ok"
    with override_settings(BOUNCE_URL=mailbox.url.replace("s%2Fecret", "wrong")):
        assert "AUTHENTICATIONFAILED" in mailbox_state(settings.BOUNCE_URL)
    with override_settings(BOUNCE_URL=mailbox.url.replace("INBOX", "Nowhere")):
        assert "Nowhere" in mailbox_state(settings.BOUNCE_URL) or "exist" in mailbox_state(
            settings.BOUNCE_URL
        )
