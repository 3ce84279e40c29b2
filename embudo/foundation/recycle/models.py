from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.recycle import permissions
from embudo.foundation.recycle.rules import Why
from embudo.kernel.actor import Actor
from embudo.kernel.kind import RecordKind, all_kinds
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record


def deletable_kinds() -> list[RecordKind]:
    return [kind for kind in all_kinds() if kind.recycling is not None]


class RecycledQuerySet(OwnedQuerySet["Recycled"]):
    def visible_to(self, actor: Actor) -> Self:
        """What is in the bin is seen by whoever deleted it, and by whoever may delete such a record of its owner."""
        if not actor.may(self.model.view_permission):
            return self.none()
        seen = Q(pk__in=())
        for kind in deletable_kinds():
            scope = actor.scope(kind.recycling.permission) if kind.recycling else None
            if scope is None:
                continue
            owners = actor.owners(scope)
            whose = Q() if owners is None else Q(owner__in=owners) | Q(deleted_by=actor.id)
            seen |= Q(kind=kind.name) & whose
        return self.filter(seen)

    def waiting(self) -> Self:
        """What can still be restored."""
        return self.filter(restored_at=None, erased_at=None)


class Recycled(OwnedRecord):
    """
    One deletion: `snapshot` holds the rows that went, each under its subject's key, `links` the references that were
    emptied. The record itself is gone; nothing else in the product has to know of the bin.
    """

    view_permission = permissions.USE
    personal_fields: ClassVar[tuple[str, ...]] = ("title",)
    secret_fields: ClassVar[tuple[str, ...]] = ("snapshot", "links", "files", "left")

    kind = models.CharField(_("kind"), max_length=60)
    record_id = models.UUIDField()
    subject = models.UUIDField()  # whose personal data it held
    follows_id = models.UUIDField(null=True)  # with whose erasure it is erased as well
    title = models.CharField(_("title"), max_length=200, blank=True)
    act = models.UUIDField()
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    until = models.DateTimeField(_("erased on"))
    further = models.PositiveIntegerField(_("records that went along"), default=0)
    restored_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.JSONField(default=list)
    links = models.JSONField(default=list)
    files = models.JSONField(default=list)
    left = models.JSONField(default=list)  # what restoring could not put back: kind, id and what it was

    objects: ClassVar[RecycledQuerySet] = RecycledQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["created", "id"], name="recycled_newest"),
            models.Index(fields=["kind", "record_id"], name="recycled_record"),
            models.Index(fields=["subject"], name="recycled_subject"),
            models.Index(
                fields=["until"], condition=Q(restored_at=None, erased_at=None), name="recycled_until"
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def subject_id(self) -> UUID:
        return self.subject

    @property
    def is_waiting(self) -> bool:
        return self.restored_at is None and self.erased_at is None

    def is_visible_to(self, actor: Actor) -> bool:
        return Record.is_visible_to(self, actor)


class Erasure(Record):
    """That a record was erased for good: its kind and id, when, why and by whom, and nothing of what it said."""

    view_permission = permissions.ERASE

    kind = models.CharField(_("kind"), max_length=60)
    record_id = models.UUIDField()
    why = models.CharField(_("reason"), max_length=8, choices=Why.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = (
            models.Index(fields=["record_id"], name="erasure_record"),
            models.Index(fields=["created", "id"], name="erasure_newest"),
        )

    @property
    def place(self) -> tuple[str, Any]:
        return self.kind, self.record_id
