import os
import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.events import PasswordChanged, PasswordResetRequested, UserInvited
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import invitation_link, reset_link, user
from embudo.foundation.notify import commands, queries
from embudo.foundation.notify.events import MailQueued
from embudo.foundation.notify.models import Mail, MailState
from embudo.foundation.notify.rules.bounces import bounce_box
from embudo.foundation.notify.rules.mails import MAX_ATTEMPTS, Letter, MailServer, ascii_address, smtp_server
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import NotFound
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import LogEntry

TIMEOUT = 15.0  # seconds for each answer of the mail server
GIVE_UP = timedelta(days=2)
MAILER = system_actor("mail delivery")


class NotDelivered(Exception):
    """An attempt failed and shall be repeated. Says nothing of the person: the queue keeps what it says."""


@on(MailQueued)
def enqueue_mail(event: MailQueued, entry: LogEntry) -> None:
    """Each mail has a job of its own, so that one bad address never holds up the others."""
    key = f"mail:{event.mail_id}:{event.round}"
    enqueue(deliver_mail, str(event.mail_id), event.round, unique_key=key)


@task(in_chunks=True, max_attempts=MAX_ATTEMPTS)
def deliver_mail(mail_id: str, sending: int) -> str:
    """One attempt; no transaction is open while the mail server is talked to."""
    try:
        mail = queries.mail(MAILER, UUID(mail_id))
    except NotFound:
        return "gone"
    if mail.state != MailState.QUEUED or mail.round != sending:
        return "done before"
    try:
        hand_over(letter_of(mail).as_message(), mail)
    except (OSError, smtplib.SMTPException, ValueError) as fault:
        is_final = is_for_good(fault)
        commands.mark_mail_refused(MAILER, mail, error=fault_text(fault), is_final=is_final)
        if is_final:
            return "failed"
        raise NotDelivered(type(fault).__name__) from None
    commands.mark_mail_sent(MAILER, mail)
    return "sent"


def letter_of(mail: Mail) -> Letter:
    return Letter(
        settings.MAIL_FROM,
        mail.to,
        mail.subject,
        mail.text,
        mail.html,
        mail.language,
        mail.message_id,
        clock.now(),
    )


def is_for_good(fault: Exception) -> bool:
    """Whether the same attempt would fail for ever: the address or the mail itself was refused, not the moment."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return False
    if isinstance(fault, smtplib.SMTPResponseException):
        return fault.smtp_code >= 500
    return isinstance(fault, ValueError)


def fault_text(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return "; ".join(
            f"{code} {text.decode(errors='replace')}" for code, text in fault.recipients.values()
        )
    if isinstance(fault, smtplib.SMTPResponseException):
        text = fault.smtp_error
        return f"{fault.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return f"{type(fault).__name__}: {fault}"


def hand_over(message: EmailMessage, mail: Mail) -> None:
    if settings.SMTP_URL:
        send(message, smtp_server(settings.SMTP_URL), ascii_address(mail.to), return_path(mail))
    else:
        keep_as_file(message, Path(settings.DATA) / "mail", f"{mail.created:%Y%m%d-%H%M%S}-{mail.id}.eml")


def return_path(mail: Mail) -> str | None:
    """Where the mail comes back to if nobody takes it; None = to the sender whom the reader sees."""
    return bounce_box(settings.BOUNCE_URL).return_path(mail.pk, mail.round) if settings.BOUNCE_URL else None


def send(message: EmailMessage, server: MailServer, to: str, return_path: str | None) -> None:
    us = urlsplit(settings.BASE_URL).hostname or "localhost"
    smtp: smtplib.SMTP
    if server.has_tls:
        context = ssl.create_default_context()
        smtp = smtplib.SMTP_SSL(server.host, server.port, us, timeout=TIMEOUT, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, us, timeout=TIMEOUT)
    try:
        if server.has_starttls:
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(message, from_addr=return_path, to_addrs=[to])
        with suppress(OSError, smtplib.SMTPException):  # taken over is taken over, however the farewell goes
            smtp.quit()
    finally:
        smtp.close()


def keep_as_file(message: EmailMessage, folder: Path, name: str) -> None:
    """Readable by the owner only, and never to be seen half written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder / f".{name}.{os.getpid()}"
    partial.touch(mode=0o600)
    partial.write_bytes(bytes(message))
    partial.replace(folder / name)


@on(PasswordResetRequested)
def mail_reset_link(event: PasswordResetRequested, entry: LogEntry) -> None:
    person = user(MAILER, event.user_id)
    mail_link(person, _("Choose a new password"), "notify/password_reset", reset_link(person))


@on(UserInvited)
def mail_invitation(event: UserInvited, entry: LogEntry) -> None:
    person = user(MAILER, event.user_id)
    mail_link(person, _("You are invited to Embudo"), "notify/invitation", invitation_link(person))


def mail_link(person: User, subject: Any, template: str, link: str) -> None:
    commands.queue_mail(
        MAILER, to=person.email, subject=subject, template=template, context={"name": person.name, "url": link},
        language=person.language, about=person, is_secret=True,
    )  # fmt: skip


@on(PasswordChanged)
def mail_password_change(event: PasswordChanged, entry: LogEntry) -> None:
    """So that an owner learns of a change that was not theirs; nobody can switch this mail off."""
    person = user(MAILER, event.user_id)
    with translation.override(person.language):
        subject = str(_("Your password was changed"))
    commands.queue_mail(
        MAILER,
        to=person.email,
        subject=subject,
        template="notify/password_changed",
        context={"name": person.name, "url": "/"},
        language=person.language,
        about=person,
    )


@every("hour")
def tidy_mails() -> None:
    """Old mails go; one whose job was lost with its worker does not wait for ever."""
    for mail in queries.mails_stuck(GIVE_UP)[:100]:
        commands.mark_mail_refused(MAILER, mail, error="no attempt was made for two days", is_final=True)
    commands.prune_mails(MAILER)
    commands.prune_notifications(MAILER)
