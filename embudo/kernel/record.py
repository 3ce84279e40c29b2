from typing import Any, ClassVar, Self, TypeVar, cast
from uuid import UUID

import uuid_utils.compat
from django.conf import settings
from django.db import models

from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound, Stale
from embudo.kernel.permission import Permission, Scope

R = TypeVar("R", bound="Record")


def new_id() -> UUID:
    """UUIDv7: ordered by time, so indexes stay dense and no sequence is shared."""
    return uuid_utils.compat.uuid7()


class RecordQuerySet(models.QuerySet[R]):
    """Every read starts at `visible_to(actor)`."""

    def within(self, actor: Actor, permission: Permission) -> Self:
        """The records that the actor's grant of `permission` reaches; none without a grant."""
        scope = actor.scope(permission)
        if scope is None:
            return self.none()
        return self.owned_within(actor, scope)

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        return self

    def visible_to(self, actor: Actor) -> Self:
        return self.within(actor, self.model.view_permission)

    def one(self, actor: Actor, record_id: UUID) -> R:
        """The record, if this actor may see it; NotFound otherwise."""
        found = self.visible_to(actor).filter(pk=record_id).first()
        if found is None:
            raise NotFound
        return found


class Record(models.Model):
    """
    What people keep: an id, when it was made and changed, and a version that tells whether somebody else was faster.
    `personal_fields` are encrypted in the log under the subject's key; `secret_fields` never enter it.
    """

    view_permission: ClassVar[Permission]
    personal_fields: ClassVar[tuple[str, ...]] = ()
    secret_fields: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created = models.DateTimeField(default=clock.now, editable=False)
    updated = models.DateTimeField(default=clock.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[RecordQuerySet[Any]] = RecordQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    @classmethod
    def kind_name(cls) -> str:
        """ "sales.lead": how log, links and hooks call this kind of record."""
        return cls._meta.label_lower

    @property
    def subject_id(self) -> UUID:
        """Whose personal data this holds: the id of the encryption key in the log."""
        return self.id

    def derived(self, **values: Any) -> dict[str, Any]:
        """
        Columns worked out from others (keys, search texts), as they are once `values` are set. Undoing, which knows only
        what the log kept, works them out anew.
        """
        return {}

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return type(self).objects.within(actor, permission).filter(pk=self.pk).exists()

    def is_visible_to(self, actor: Actor) -> bool:
        return type(self).objects.visible_to(actor).filter(pk=self.pk).exists()


class OwnedQuerySet(RecordQuerySet[R]):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(owner__in=owners)


class OwnedRecord(Record):
    """A record that belongs to one user; scopes own / team / subtree / all follow from its owner."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[OwnedQuerySet[Any]] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        scope = actor.scope(permission)
        if scope is Scope.ALL or (scope is not None and self.owner_id == actor.id and actor.id is not None):
            return True
        return scope is not None and scope is not Scope.OWN and super().is_within(actor, permission)

    def is_visible_to(self, actor: Actor) -> bool:
        # A subclass with its own visible_to() overrides this as well.
        return self.is_within(actor, type(self).view_permission)


def lock(record: R, *, version: int | None = None) -> R:
    """
    The record as it stands now, locked until the transaction ends (SQLite: the writer is already alone).
    Refuses NotFound when it is gone and Stale when `version` (what the caller had read) is no longer current.
    """
    fresh = type(record).objects.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if fresh is None:
        raise NotFound
    if version is not None and fresh.version != version:
        raise Stale(fresh.version)
    return cast("R", fresh)
