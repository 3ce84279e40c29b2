from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.foundation.editing import permissions
from embudo.foundation.editing.rules import State, What
from embudo.kernel import clock
from embudo.kernel.record import OwnedRecord


class BulkRun(OwnedRecord):
    """
    One change of many records, by its owner. How far it has come is counted while it goes on, without an act of its own: the
    acts are those of its parts.
    """

    view_permission = permissions.CHANGE_MANY
    secret_fields: ClassVar[tuple[str, ...]] = (
        "values", "address", "total", "done", "changed_count", "same_count", "failed_count", "undone_count", "left_count", "problem",
        "beaten",
    )  # fmt: skip

    kind = models.CharField(_("records"), max_length=60)
    what = models.CharField(_("what"), max_length=8, choices=What.choices)
    values = models.JSONField(default=dict, editable=False)  # the new values, as they were given
    list_title = models.CharField(_("list"), max_length=160, blank=True)
    address = models.CharField(
        max_length=4000, blank=True, editable=False
    )  # the list with its filters, as it was seen
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.RUNNING)
    turn = models.PositiveIntegerField(
        default=0
    )  # how often it was set going; an older job sees that and ends
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    problem = models.CharField(max_length=400, blank=True, editable=False)
    beaten = models.DateTimeField(null=True, editable=False)  # when it last came on

    total = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    changed_count = models.PositiveIntegerField(default=0, editable=False)
    same_count = models.PositiveIntegerField(default=0, editable=False)
    failed_count = models.PositiveIntegerField(default=0, editable=False)
    undone_count = models.PositiveIntegerField(default=0, editable=False)
    left_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-created", "-id"], name="bulk_owner_newest"),
            models.Index(fields=["-created", "-id"], name="bulk_newest"),
        )

    def __str__(self) -> str:
        return self.list_title or self.kind


class BulkPart(models.Model):
    """
    Some of a run's records, as they were picked when it began, and what one transaction made of them. It stands or falls with
    the records, so a run that was killed goes on with the first part that is not written.
    """

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    ids: Any = models.JSONField(default=list)
    act = models.UUIDField(null=True)  # null where nothing was changed
    same: Any = models.JSONField(default=list)  # ids of those that were so already
    failures: Any = models.JSONField(default=list)  # [id, the reason]
    left: Any = models.JSONField(default=list)  # ids of what undoing left alone
    written = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)
    made = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="bulk_part_once"),)
