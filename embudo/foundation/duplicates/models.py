from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import permissions
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.kind import RecordKind, all_kinds
from embudo.kernel.record import Record, RecordQuerySet


def matched_kinds() -> list[RecordKind]:
    """The kinds whose duplicates are looked for."""
    return [kind for kind in all_kinds() if kind.matching is not None]


class MatchKey(models.Model):
    """
    What a record is found by when another is compared: a number made of a name, a phone, an address. Derived: rebuilt from
    the records, follows the log, and is no record itself. A key that its record no longer has stays until the next rebuild:
    it costs one comparison, and an index by record would cost more to build than all the rest.
    """

    kind = models.CharField(max_length=60)
    key = models.BigIntegerField()
    record_id = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["key", "record_id"], name="matchkey_key"),)


class PairState(models.TextChoices):
    OPEN = "open", _("to be reviewed")
    MERGED = "merged", _("merged")
    DISMISSED = "dismissed", _("no duplicate")


class PairQuerySet(RecordQuerySet["Pair"]):
    def visible_to(self, actor: Actor) -> Self:
        """A pair is seen by whoever sees both of its records; what lives on in another is not shown."""
        if not actor.may(self.model.view_permission):
            return self.none()
        seen = Q(pk__in=())
        for kind in matched_kinds():
            if actor.may(kind.model.view_permission):
                records = kind.model.objects.visible_to(actor)
                seen |= (
                    Q(kind=kind.name)
                    & Exists(records.filter(pk=OuterRef("one")))
                    & Exists(records.filter(pk=OuterRef("other")))
                )
        return self.filter(seen)

    def about(self, record: Record) -> Self:
        return self.filter(Q(one=record.pk) | Q(other=record.pk), kind=record.kind_name())


class Pair(Record):
    """
    Two records that may be the same. Open ones are derived and come and go with the records; what somebody decided about
    one stays. `bits` is the weight of the evidence, `reasons` what it consists of: codes and levels, never values.
    """

    view_permission = permissions.VIEW

    kind = models.CharField(max_length=60)
    one = models.UUIDField()  # the smaller id
    other = models.UUIDField()
    bits = models.FloatField()
    probability = models.FloatField()
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=PairState.choices, default=PairState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PairQuerySet] = PairQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "one", "other"], name="pair_once"),
            models.CheckConstraint(condition=Q(one__lt=models.F("other")), name="pair_in_order"),
        )
        indexes = (
            models.Index(fields=["state", "bits", "id"], name="pair_queue"),
            models.Index(fields=["one", "state"], name="pair_one"),
            models.Index(fields=["other", "state"], name="pair_other"),
        )


class MergeQuerySet(RecordQuerySet["Merge"]):
    def visible_to(self, actor: Actor) -> Self:
        """A merge is seen by whoever sees the record that survived it, or the one that this lives on in."""
        if not actor.may(self.model.view_permission):
            return self.none()
        seen = Q(pk__in=())
        for kind in matched_kinds():
            if actor.may(kind.model.view_permission):
                records = kind.model.objects.visible_to(actor)
                later = Redirect.objects.filter(
                    old_id=OuterRef("survivor_id"), survivor_id__in=records.values("pk")
                )
                survives = Exists(records.filter(pk=OuterRef("survivor_id"))) | Exists(later)
                seen |= Q(kind=kind.name) & survives
        return self.filter(seen)


class Merge(Record):
    """
    One merge, with all that undoing it needs: `links` says which references were moved, `snapshot` holds the rows that went
    and the survivor's earlier values, each under its subject's key, so that erasing somebody erases them here too.
    """

    view_permission = permissions.VIEW
    secret_fields: ClassVar[tuple[str, ...]] = ("links", "snapshot", "left")

    kind = models.CharField(max_length=60)
    survivor_id = models.UUIDField()
    merged_ids = models.JSONField(default=list)
    act = models.UUIDField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    links = models.JSONField(default=list)
    snapshot = models.JSONField(default=list)
    left = models.JSONField(default=list)  # what undoing found changed since, and left alone

    objects: ClassVar[MergeQuerySet] = MergeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["created", "id"], name="merge_newest"),
            models.Index(fields=["survivor_id"], name="merge_survivor"),
            models.Index(fields=["undo_until"], name="merge_undo_until"),
        )

    @property
    def is_undoable(self) -> bool:
        return self.undone_at is None and clock.now() < self.undo_until


class Redirect(Record):
    """The id of a record that was merged, and the record it lives on in."""

    view_permission = permissions.VIEW

    kind = models.CharField(max_length=60)
    old_id = models.UUIDField(unique=True)
    survivor_id = models.UUIDField()
    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, related_name="redirects")

    class Meta:
        indexes = (models.Index(fields=["survivor_id"], name="redirect_survivor"),)


class ScanState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class Scan(Record):
    """One search of a whole kind for duplicates, with its progress."""

    view_permission = permissions.SCAN

    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=9, choices=ScanState.choices, default=ScanState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state__in=("waiting", "running")), name="one_scan_at_a_time"
            ),
        )
        indexes = (models.Index(fields=["created", "id"], name="scan_newest"),)

    @property
    def is_going_on(self) -> bool:
        return self.state in (ScanState.WAITING, ScanState.RUNNING)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0
