from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.foundation.notify import permissions
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import OwnedRecord, R, Record, RecordQuerySet


class MailState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    BOUNCED = "bounced", _("bounced")


class Mail(Record):
    """One mail to one address. What it says never enters the log; the row itself goes after 90 days."""

    view_permission = permissions.VIEW_MAIL
    secret_fields: ClassVar[tuple[str, ...]] = ("to", "subject", "text", "html", "error")

    to = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    language = models.CharField(_("language"), max_length=5)
    is_secret = models.BooleanField(
        default=False
    )  # holds a link that signs somebody in: nobody else may read it
    about_kind = models.CharField(max_length=60, blank=True)
    about_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    round = models.PositiveSmallIntegerField(default=1)  # counts "send again"
    message_id = models.CharField(
        max_length=200, unique=True
    )  # the same in every attempt, so a second copy is known
    error = models.CharField(_("error"), max_length=500, blank=True)
    sent = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["-created", "-id"], name="mail_newest"),
            models.Index(fields=["state", "-created", "-id"], name="mail_state"),
        )

    def __str__(self) -> str:
        return self.subject


class PersonsQuerySet(RecordQuerySet[R]):
    """Rows that belong to one person and to nobody else, whatever the role."""

    def within(self, actor: Actor, permission: Permission) -> Self:
        if actor.scope(permission) is None:
            return self.none()
        return self if actor.kind is ActorKind.SYSTEM else self.filter(user_id=actor.id)

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        return self.filter(user_id=actor.id)


class Notification(Record):
    """Something a user should know. The same unread news told again moves up instead of standing twice."""

    view_permission = permissions.OWN_NOTIFICATIONS
    secret_fields: ClassVar[tuple[str, ...]] = ("key", "title", "body", "url")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=250)
    body = models.TextField(blank=True, max_length=2000)
    url = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=clock.now)
    times = models.PositiveIntegerField(default=1)
    read = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PersonsQuerySet[Any]] = PersonsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["user", "-at", "-id"], name="notification_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "key"], condition=models.Q(read=None), name="unread_notification_once"
            ),
        )

    def __str__(self) -> str:
        return self.title


class Preference(Record):
    """How one user wants one kind of news; without a row the kind's own defaults hold."""

    view_permission = permissions.OWN_NOTIFICATIONS

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    is_shown = models.BooleanField(default=True)
    is_mailed = models.BooleanField(default=True)

    objects: ClassVar[PersonsQuerySet[Any]] = PersonsQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "kind"], name="preference_once"),)


class Follow(OwnedRecord):
    """That somebody, its owner, wants to hear what happens to a record of whatever kind."""

    view_permission = permissions.FOLLOW

    about_kind = models.CharField(max_length=60, editable=False)
    about_id = models.UUIDField(editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["about_id", "owner"], name="followed_once"),)
