from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.activity import permissions
from embudo.foundation.activity.rules import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    Direction,
    Outcome,
    Priority,
    title_in_words,
)
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.money import Money
from embudo.kernel.record import Record


class Task(AboutRecord):
    """
    A to-do. An automatic one has a `key`: it is opened and closed by what it stands for, and its title is put in words
    when it is read (`title_code`, `title_params`); a manual one has a `title`.
    """

    view_permission = permissions.VIEW_TASKS
    personal_fields: ClassVar[tuple[str, ...]] = ("title", "details")

    title = models.CharField(_("title"), max_length=LONGEST_TITLE, blank=True)
    details = models.TextField(_("details"), max_length=LONGEST_TEXT, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    key = models.CharField(max_length=120, null=True, unique=True, editable=False)  # noqa: DJ001 - null is "no key"
    title_code = models.CharField(max_length=80, blank=True, editable=False)
    title_params = models.JSONField(default=dict, blank=True, editable=False)
    amount_minor = models.BigIntegerField(null=True, editable=False)
    currency = models.CharField(max_length=3, blank=True, editable=False)
    since = models.DateField(default=clock.today, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(title="", title_code=""), name="task_has_words"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="")
                | Q(amount_minor__isnull=False) & ~Q(currency=""),
                name="task_amount_whole",
            ),
        )
        indexes = (
            models.Index(fields=["due", "id"], condition=Q(done_at__isnull=True), name="task_open"),
            models.Index(
                fields=["owner", "due", "id"], condition=Q(done_at__isnull=True), name="task_open_owned"
            ),
            models.Index(fields=["due", "id"], name="task_due"),
            models.Index(fields=["about_id", "done_at"], name="task_about"),
        )

    @property
    def is_automatic(self) -> bool:
        return self.key is not None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def words(self) -> str:
        """The title, in the reader's language."""
        return self.title or title_in_words(self.title_code, self.title_params)

    @property
    def amount(self) -> Money | None:
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    def is_overdue(self, today: date) -> bool:
        return not self.is_done and self.due is not None and self.due < today


class Note(AboutRecord):
    """What somebody (its owner) wrote down."""

    view_permission = permissions.VIEW_NOTES
    personal_fields: ClassVar[tuple[str, ...]] = ("text",)

    text = models.TextField(_("note"), max_length=LONGEST_TEXT)

    class Meta:
        indexes = (models.Index(fields=["about_id", "created", "id"], name="note_about"),)


class Call(AboutRecord):
    """A telephone call that somebody (its owner) made or took."""

    view_permission = permissions.VIEW_CALLS
    personal_fields: ClassVar[tuple[str, ...]] = ("phone", "summary")

    direction = models.CharField(
        _("direction"), max_length=8, choices=Direction.choices, default=Direction.OUTGOING
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, default=Outcome.ANSWERED)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    at = models.DateTimeField(_("when"), default=clock.now)
    seconds = models.PositiveIntegerField(_("duration"), default=0)
    summary = models.TextField(_("what was said"), max_length=LONGEST_TEXT, blank=True)

    class Meta:
        indexes = (models.Index(fields=["about_id", "at", "id"], name="call_about"),)


class Meeting(AboutRecord):
    """A meeting that somebody (its owner) holds."""

    view_permission = permissions.VIEW_MEETINGS
    personal_fields: ClassVar[tuple[str, ...]] = ("title", "place", "participants", "summary")

    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    starts = models.DateTimeField(_("starts"))
    ends = models.DateTimeField(_("ends"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    participants = models.TextField(_("participants"), max_length=2000, blank=True)
    summary = models.TextField(_("agenda and minutes"), max_length=LONGEST_TEXT, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=models.F("starts")),
                name="meeting_ends_after_start",
            ),
        )
        indexes = (
            models.Index(fields=["about_id", "starts", "id"], name="meeting_about"),
            models.Index(fields=["starts"], name="meeting_starts"),
        )

    @property
    def reminder_key(self) -> str:
        """Of the reminder for its present start: a meeting that is moved is announced again."""
        return f"meeting:{self.pk}:{int(self.starts.timestamp())}"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None


class Reminder(Record):
    """A reminder that has gone out; its unique key keeps it from going out twice."""

    view_permission = permissions.REMIND

    key = models.CharField(max_length=120, unique=True)
