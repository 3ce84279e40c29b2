import email
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.conf import settings
from django.test import override_settings

from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import a_user, an_actor, tester
from embudo.foundation.notify import commands
from embudo.foundation.notify.models import Mail, MailState
from embudo.foundation.notify.reactions.sending import is_for_good, tidy_mails
from embudo.foundation.notify.rules.mails import MAX_ATTEMPTS
from embudo.foundation.notify.tests.builders import a_mail
from embudo.foundation.notify.tests.post import Post, free_port, post_office
from embudo.kernel import clock, worker
from embudo.kernel.follow import follow
from embudo.kernel.job import claim
from embudo.kernel.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Iterator[Post]:
    with post_office() as box:
        yield box


@pytest.fixture(autouse=True)
def _roles() -> None:
    a_user(name="Someone")


def attempt(minutes: int = 0) -> Job | None:
    """What the worker does in one round, some time from now."""
    with clock.at(clock.now() + timedelta(minutes=minutes)):
        follow(in_own_transaction=False)
        job = claim("test", worker.LEASE)
        if job:
            worker.execute(job)
            job.refresh_from_db()
    return job


@pytest.mark.peer
def test_deliver_mail_hands_it_to_the_server(post: Post) -> None:
    mail = a_mail(subject="Zażółć")
    worker.drain()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (MailState.SENT, 1)
    (message,) = post.mails
    assert str(email.header.make_header(email.header.decode_header(message["Subject"]))) == "Zażółć"
    assert (message["To"], message["Message-ID"]) == ("marta@example.org", mail.message_id)
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]


@pytest.mark.peer
def test_deliver_mail_repeats_with_the_same_message_id(post: Post) -> None:
    post.answers = ["451 come back later"]
    mail = a_mail()
    first = attempt()
    mail.refresh_from_db()
    assert first is not None
    assert (first.state, mail.state, mail.error) == (Job.State.READY, MailState.QUEUED, "451 come back later")
    attempt(minutes=5)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == (MailState.SENT, 2, "")
    assert [message["Message-ID"] for message in post.mails] == [mail.message_id]


@pytest.mark.peer
def test_deliver_mail_ends_as_dead_letter(post: Post) -> None:
    mail = a_mail()
    post.answers = ["451 later"] * MAX_ATTEMPTS
    jobs = [attempt(minutes=number * 61) for number in range(MAX_ATTEMPTS)]
    mail.refresh_from_db()
    assert jobs[-1] is not None
    assert (jobs[-1].state, mail.state, mail.attempts) == (Job.State.DEAD, MailState.FAILED, MAX_ATTEMPTS)
    assert "marta" not in jobs[-1].error


@pytest.mark.peer
def test_deliver_mail_gives_up_at_once_when_refused_for_good(post: Post) -> None:
    mail = a_mail(to="nobody@example.org")
    job = attempt()
    mail.refresh_from_db()
    assert job is not None
    assert (job.state, mail.state, mail.error) == (Job.State.DONE, MailState.FAILED, "550 no such person")


@pytest.mark.peer
def test_deliver_mail_goes_again_when_asked(post: Post) -> None:
    post.answers = ["554 never"]
    mail = a_mail()
    worker.drain()
    mail.refresh_from_db()
    commands.send_mail_again(tester(), mail)
    worker.drain()
    mail.refresh_from_db()
    assert (mail.state, len(post.mails)) == (MailState.SENT, 1)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_deliver_mail_logs_in() -> None:
    box = Post()

    def check(server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(success=login == LoginPassword(b"us@er", b"p:w"))

    server = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    server.start()
    try:
        with override_settings(SMTP_URL=f"smtp://us%40er:p%3Aw@127.0.0.1:{server.port}"):
            a_mail()
            worker.drain()
    finally:
        server.stop()
    assert len(box.mails) == 1


@pytest.mark.peer
def test_deliver_mail_waits_for_a_server_that_is_down() -> None:
    mail = a_mail()
    with override_settings(SMTP_URL=f"smtp://127.0.0.1:{free_port()}"):
        job = attempt()
    mail.refresh_from_db()
    assert job is not None
    assert (job.state, mail.state) == (Job.State.READY, MailState.QUEUED)
    assert mail.error.startswith("ConnectionRefusedError")


def test_deliver_mail_writes_a_file_without_server() -> None:
    mail = a_mail(subject="Filed")
    worker.drain()
    (file,) = (Path(settings.DATA) / "mail").glob(f"*{mail.id}.eml")
    assert email.message_from_bytes(file.read_bytes())["Subject"] == "Filed"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(file.parent.glob(".*"))


def test_deliver_mail_gives_up_an_address_no_header_can_hold() -> None:
    mail = a_mail()
    Mail.objects.filter(pk=mail.pk).update(to="żółw@example.org\n")
    worker.drain()
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED


def test_tidy_mails_gives_up_what_lost_its_job() -> None:
    with clock.at(clock.now() - timedelta(days=3)):
        mail = a_mail()
    tidy_mails()
    mail.refresh_from_db()
    assert mail.state == MailState.FAILED


def test_is_for_good_knows_moments_from_addresses() -> None:
    assert is_for_good(smtplib.SMTPDataError(554, b"spam"))
    assert not is_for_good(smtplib.SMTPDataError(451, b"later"))
    assert not is_for_good(smtplib.SMTPAuthenticationError(535, b"who?"))
    assert not is_for_good(TimeoutError())


def test_invitation_is_mailed_to_who_is_invited() -> None:
    access.invite_user(tester(), email="new@example.org", name="New", roles=())
    worker.drain()
    mail = Mail.objects.get(to="new@example.org")
    assert mail.is_secret
    assert mail.subject == "You are invited to Embudo"


def test_reset_link_is_mailed_to_who_asked() -> None:
    user = a_user(name="Forgetful")
    access.request_password_reset(tester(), email=user.email)
    worker.drain()
    mail = Mail.objects.get(to=user.email)
    assert (mail.is_secret, mail.state, mail.text) == (True, MailState.SENT, "")


def test_password_change_is_told_to_its_owner() -> None:
    user = a_user(name="Owner", password="an old and sound word")
    access.change_password(an_actor(user), old="an old and sound word", new="a new and sound word")
    worker.drain()
    assert Mail.objects.get(to=user.email).subject == "Your password was changed"
