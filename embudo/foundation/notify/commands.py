from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import organisation
from embudo.foundation.notify import permissions, queries
from embudo.foundation.notify.events import (
    MailBounced,
    MailDelayed,
    MailFailed,
    MailQueued,
    MailSent,
    MailsPruned,
    NotificationsPruned,
    NotificationsRead,
    PreferencesChanged,
    RecordFollowed,
    RecordUnfollowed,
    UserTold,
)
from embudo.foundation.notify.models import Follow, Mail, MailState, Notification, Preference
from embudo.foundation.notify.rules.mails import MAX_ATTEMPTS, one_line, template_path
from embudo.foundation.notify.rules.news import MailBody, all_notification_kinds, notification_kind
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.erasing import Erased
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import Record, lock

PRUNED_AT_ONCE = 500


@command(permissions.SEND_MAIL)
def queue_mail(  # noqa: PLR0913 - a mail has these parts
    actor: Actor,
    *,
    to: str,
    subject: str,
    template: str,
    context: dict[str, Any],
    language: str,
    about: Record | None = None,
    is_secret: bool = False,
) -> Mail:
    """
    Puts a mail in the outbox, written in `language`: `template` "sales/lead_assigned" stands for the module's
    mail/lead_assigned.txt and .html. A secret one is shown to nobody and forgotten once sent. Refuses (Invalid) an
    address that is none.
    """
    with translation.override(language):
        text, html = _written(template_path(template), _mail_context(context, language))
        mail = create(
            Mail(
                to=_checked_address(to),
                subject=one_line(str(subject)),
                text=text,
                html=html,
                language=language,
                is_secret=is_secret,
                about_kind=about.kind_name() if about else "",
                about_id=about.pk if about else None,
                message_id=f"<{uuid4()}@{urlsplit(settings.BASE_URL).hostname}>",
            )
        )
    publish(MailQueued(mail.id, mail.round), mail)
    return mail


def _checked_address(to: str) -> str:
    try:
        validate_email(to.strip())
    except ValidationError:
        raise Invalid({"to": [_("Enter a mail address such as name@example.com.")]}) from None
    return to.strip()


def _mail_context(context: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What every mail's template may use; `url` becomes absolute, other links begin with {{ base_url }}."""
    url = str(context.get("url", ""))
    url = url if url.startswith(("/", "https://", "http://")) else ""
    return {
        "base_url": settings.BASE_URL,
        "organisation": organisation().name,
        "language": language,
        **context,
        "url": f"{settings.BASE_URL}{url}" if url.startswith("/") else url,
    }


def _written(path: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML; where a module gives only the text, the HTML is made of it."""
    plain: Any = get_template(f"{path}.txt")
    text = plain.template.render(Context(context, autoescape=False)).strip() + "\n"
    try:
        return text, render_to_string(f"{path}.html", context)
    except TemplateDoesNotExist:
        return text, render_to_string("notify/mail/text_only.html", {**context, "text": text})


@command(permissions.MANAGE_MAIL)
def mark_mail_sent(actor: Actor, mail: Mail) -> Mail:
    """Notes that a server has taken the mail over."""
    mail = lock(mail)
    update(mail, state=MailState.SENT, sent=clock.now(), attempts=mail.attempts + 1, error="")
    if mail.is_secret:
        update(mail, text="", html="")
    publish(MailSent(mail.id), mail)
    return mail


@command(permissions.MANAGE_MAIL)
def mark_mail_refused(actor: Actor, mail: Mail, *, error: str, is_final: bool = False) -> Mail:
    """Notes a failed attempt; after the last one, or when the server says never, the mail has failed."""
    mail = lock(mail)
    attempts = mail.attempts + 1
    has_failed = is_final or attempts >= MAX_ATTEMPTS
    state = MailState.FAILED if has_failed else MailState.QUEUED
    update(mail, attempts=attempts, error=one_line(error, 500), state=state)
    if has_failed and mail.is_secret:
        update(mail, text="", html="")
    publish(MailFailed(mail.id, attempts) if has_failed else MailDelayed(mail.id, attempts), mail)
    return mail


@command(permissions.MANAGE_MAIL)
def mark_mail_bounced(actor: Actor, mail: Mail, *, reason: str, sending: int | None = None) -> Mail:
    """
    Notes that a mail, though sent, came back, and why. Nothing where it did so before, or where a report is about an earlier
    `sending` than the last.
    """
    mail = lock(mail)
    if mail.state == MailState.SENT and sending in (None, mail.round):
        update(mail, state=MailState.BOUNCED, error=one_line(reason, 500))
        publish(MailBounced(mail.id), mail)
    return mail


@command(permissions.MANAGE_MAIL)
def send_mail_again(actor: Actor, mail: Mail) -> Mail:
    """Puts a mail that has ended into the outbox again. Refuses one that still waits, and one whose secret is gone."""
    mail = lock(mail)
    if mail.is_secret and not mail.text:
        raise Refused(
            "notify.mail_is_forgotten",
            _("This mail held a personal link and was forgotten. Ask for a new link."),
        )
    if mail.state == MailState.QUEUED:
        raise Refused(
            "notify.mail_is_waiting",
            _("This mail is still waiting to be sent. Wait until it is sent or failed."),
        )
    update(mail, state=MailState.QUEUED, attempts=0, error="", sent=None, round=mail.round + 1)
    publish(MailQueued(mail.id, mail.round), mail)
    return mail


def forget_erased(erased: Erased) -> None:
    """Mails to somebody who is erased, about them or naming them, also those kept as files; notifications naming them."""
    said = Mail.objects.only("id", "created", "to", "subject", "text", "about_id")
    for mail in said.iterator(chunk_size=200):
        if mail.about_id in erased.ids or erased.is_in(f"{mail.to}\n{mail.subject}\n{mail.text}"):
            delete(Mail.objects.get(pk=mail.pk))
            transaction.on_commit(partial(forget_file, mail))
    for news in Notification.objects.only("id", "key", "title", "body", "url").iterator(chunk_size=200):
        if erased.is_in(f"{news.key}\n{news.title}\n{news.body}\n{news.url}"):
            delete(Notification.objects.get(pk=news.pk))


def forget_file(mail: Mail) -> None:
    for file in Path(settings.DATA).glob(f"mail/*{mail.pk}.eml"):
        file.unlink(missing_ok=True)


@command(permissions.MANAGE_MAIL)
def prune_mails(actor: Actor) -> int:
    """Removes mails that came to an end more than 90 days ago, some hundreds at a time."""
    old = list(queries.mails_old()[:PRUNED_AT_ONCE])
    for mail in old:
        delete(mail)
    if old:
        publish(MailsPruned(len(old)))
    return len(old)


@command(permissions.TELL_USER)
def tell_user(  # noqa: PLR0913 - the optional ones have defaults that fit nearly always
    actor: Actor,
    *,
    user: User,
    kind: str,
    title: str,
    body: str = "",
    url: str = "",
    key: str = "",
    mail: MailBody | None = None,
) -> Notification | None:
    """
    Tells a user something, in the product and by mail as they chose; None when nothing is shown. Lazy texts become the
    user's language. News with the same `key` (by default kind, title and address) that is still unread is told once.
    """
    is_shown, is_mailed = queries.preference(user, notification_kind(kind))
    with translation.override(user.language), timezone.override(user.time_zone):
        known_as = (key or f"{kind}:{url}:{one_line(str(title))}")[:200]
        unread = Notification.objects.select_for_update().filter(user=user, key=known_as, read=None).first()
        told = _show(user, kind, unread, str(title), str(body), url, known_as) if is_shown else None
        is_new = not key or unread is None
        if is_mailed and is_new and user.is_active and notification_kind(kind).mails_allowed():
            written = mail or MailBody("notify/notification", {})
            context = {
                "title": str(title),
                "body": str(body),
                "url": url,
                "name": user.name,
                **written.context,
            }
            queue_mail.inner(
                actor, to=user.email, subject=str(title), template=written.template, context=context,
                language=user.language, about=told,
            )  # fmt: skip
    return told


def _show(
    user: User, kind: str, unread: Notification | None, title: str, body: str, url: str, key: str
) -> Notification:
    title, body, url = one_line(title), body[:2000], url[:500]
    if unread is None:
        fresh = Notification(user=user, kind=kind, key=key, title=title, body=body, url=url, at=clock.now())
        told = create(fresh)
    else:
        told = update(unread, title=title, body=body, url=url, at=clock.now(), times=unread.times + 1)
    publish(UserTold(user.id, kind), told)
    return told


@command(permissions.OWN_NOTIFICATIONS)
def mark_notification_read(actor: Actor, notification: Notification) -> Notification:
    """Marks one notification as read; a second time changes nothing."""
    notification = lock(notification)
    if notification.read is None:
        update(notification, read=clock.now())
        publish(NotificationsRead(notification.user_id, 1), notification)
    return notification


@command(permissions.OWN_NOTIFICATIONS)
def mark_all_notifications_read(actor: Actor) -> int:
    """Marks all of the actor's notifications as read and says how many there were."""
    unread = list(queries.notifications(actor, unread=True).select_for_update())
    for notification in unread:
        update(notification, read=clock.now())
    if unread and actor.id:
        publish(NotificationsRead(actor.id, len(unread)))
    return len(unread)


@command(permissions.TELL_USER)
def prune_notifications(actor: Actor) -> int:
    """Removes notifications that were read more than 90 days ago, some hundreds at a time."""
    old = list(queries.notifications_old()[:PRUNED_AT_ONCE])
    for notification in old:
        delete(notification)
    if old:
        publish(NotificationsPruned(len(old)))
    return len(old)


@command(permissions.OWN_NOTIFICATIONS)
def choose_notifications(actor: Actor, *, shown: tuple[str, ...], mailed: tuple[str, ...]) -> None:
    """Sets which kinds of news (by code) the actor is shown and mailed; all others are switched off."""
    if actor.id is None:
        raise Refused("notify.no_person", _("Only a signed-in person has notifications. Sign in first."))
    for kind in all_notification_kinds():
        wanted = {"is_shown": kind.code in shown, "is_mailed": kind.code in mailed}
        row = Preference.objects.visible_to(actor).filter(kind=kind.code).first()
        if row:
            update(row, **wanted)
        else:
            create(Preference(user_id=actor.id, kind=kind.code, **wanted))
    publish(PreferencesChanged(actor.id))


@command(permissions.FOLLOW)
def follow_record(actor: Actor, record: Record) -> Record:
    """From now on the actor is told what others do to the record; a second time changes nothing. Refuses who is no person."""
    if actor.id is None:
        raise Refused("notify.no_person", _("Only a signed-in person has notifications. Sign in first."))
    if queries.follow_of(actor, record) is None:
        follow = Follow(owner_id=actor.id, about_kind=record.kind_name(), about_id=record.pk)
        with suppress(IntegrityError), attempt():  # two clicks at the same moment
            create(follow)
            publish(RecordFollowed(follow.about_kind, record.pk), follow)
    return record


@command(permissions.FOLLOW)
def unfollow_record(actor: Actor, record: Record, *, version: int | None = None) -> Record:
    """The actor is no longer told of the record; where they did not follow it, nothing changes. Refuses a stale version of it."""
    if version is not None:
        lock(record, version=version)
    follow = queries.follow_of(actor, record)
    if follow is not None:
        delete(follow)
        publish(RecordUnfollowed(follow.about_kind, record.pk), follow)
    return record
