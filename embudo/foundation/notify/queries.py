from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from embudo.foundation.access.models import User
from embudo.foundation.notify.models import Follow, Mail, MailState, Notification, Preference
from embudo.foundation.notify.rules.mails import KEPT_DAYS
from embudo.foundation.notify.rules.news import NotificationKind, all_notification_kinds
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record


def mails(actor: Actor) -> QuerySet[Mail]:
    """The outbox, newest first; what the mails say is left in the database."""
    return Mail.objects.visible_to(actor).defer("text", "html").order_by("-created", "-id")


def mail(actor: Actor, mail_id: UUID) -> Mail:
    return Mail.objects.visible_to(actor).one(actor, mail_id)


def mail_returned(mark: tuple[UUID, int] | None, message_ids: Sequence[str]) -> Mail | None:
    """The mail that a report is about: by the mark of the address it came back to, else by a Message-ID it quotes."""
    found = Mail.objects.filter(pk=mark[0]) if mark else Mail.objects.filter(message_id__in=message_ids)
    return found.first()


def mail_counts() -> dict[str, int]:
    """State -> number of mails, for the metrics."""
    return dict(Mail.objects.values_list("state").annotate(n=Count("id")).order_by())


def mails_old() -> QuerySet[Mail]:
    """Mails that came to an end long ago."""
    return Mail.objects.filter(updated__lt=_long_ago()).exclude(state=MailState.QUEUED)


def mails_stuck(since: timedelta) -> QuerySet[Mail]:
    """Mails that still wait although every attempt must be over."""
    return Mail.objects.filter(state=MailState.QUEUED, updated__lt=clock.now() - since)


def _long_ago() -> datetime:
    return clock.now() - timedelta(days=KEPT_DAYS)


def notifications(actor: Actor, *, unread: bool | None = None) -> QuerySet[Notification]:
    """The actor's own, newest first; only the unread ones or only the read ones when asked."""
    found = Notification.objects.visible_to(actor).order_by("-at", "-id")
    return found if unread is None else found.filter(read__isnull=unread)


def notification(actor: Actor, notification_id: UUID) -> Notification:
    return Notification.objects.visible_to(actor).one(actor, notification_id)


def notifications_old() -> QuerySet[Notification]:
    """What was read long ago."""
    return Notification.objects.filter(read__lt=_long_ago())


def unread_count(actor: Actor) -> int:
    """What the bell shows."""
    return notifications(actor, unread=True).count()


def unread_counts(user_ids: set[UUID]) -> dict[UUID, int]:
    """What the bells of several users show, without regard to who asks: each is told their own number only."""
    rows = Notification.objects.filter(user_id__in=user_ids, read=None)
    return dict.fromkeys(user_ids, 0) | dict(rows.values_list("user_id").annotate(n=Count("id")).order_by())


def preferences(user_id: UUID) -> list[tuple[NotificationKind, bool, bool]]:
    """Every kind of news with (is shown, is mailed) as this user has it."""
    chosen: Mapping[str, Preference] = {row.kind: row for row in Preference.objects.filter(user_id=user_id)}
    return [_as_chosen(kind, chosen.get(kind.code)) for kind in all_notification_kinds()]


def _as_chosen(kind: NotificationKind, row: Preference | None) -> tuple[NotificationKind, bool, bool]:
    return (kind, row.is_shown, row.is_mailed) if row else (kind, kind.is_shown, kind.is_mailed)


def preference(user: User, kind: NotificationKind) -> tuple[bool, bool]:
    """(is shown, is mailed) for one kind of news."""
    row = Preference.objects.filter(user=user, kind=kind.code).first()
    return _as_chosen(kind, row)[1:]


def followed_record(actor: Actor, kind_name: str, record_id: UUID) -> Record:
    """The record that somebody follows or wants to; NotFound where the actor may not see it."""
    kind = kind_named(kind_name)
    if kind is None:
        raise NotFound
    return kind.fetch(actor, record_id)


def followers(record: Record) -> list[User]:
    """Who follows a record that the actor was allowed to fetch, by name. One query."""
    return FOLLOWERS.rows(record_id=record.pk)


def _followers(record_id: UUID) -> QuerySet[Any]:
    follows = Follow.objects.filter(about_id=record_id, owner__is_active=True)
    found: QuerySet[Any] = User.objects.filter(pk__in=follows.values("owner"))
    return found.order_by("name", "id")


FOLLOWERS = Prepared(_followers)


def follow_of(actor: Actor, record: Record) -> Follow | None:
    """The actor's own."""
    return Follow.objects.filter(about_id=record.pk, owner_id=actor.id).first() if actor.id else None


def follows_of(record_ids: Iterable[UUID]) -> list[Follow]:
    """Who follows any of these records and may sign in. One query."""
    found = Follow.objects.filter(about_id__in=list(record_ids), owner__is_active=True)
    return list(found.select_related("owner").order_by("id"))
