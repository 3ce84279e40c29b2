from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import RecordKind, all_kinds, kind_named
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record

A = TypeVar("A", bound="AboutRecord")


def carrying_kinds() -> list[RecordKind]:
    """The kinds that something may be about: all but those that are themselves about something."""
    return [kind for kind in all_kinds() if not issubclass(kind.model, AboutRecord)]


def may_carry(kind: str) -> bool:
    """Whether something may be about records of this kind."""
    found = kind_named(kind)
    return found is not None and not issubclass(found.model, AboutRecord)


def about_record(actor: Actor, kind: str, record_id: UUID) -> Record:
    """The record that something is about, if this actor may see it; NotFound otherwise."""
    found = kind_named(kind)
    if found is None or issubclass(found.model, AboutRecord):
        raise NotFound
    return found.fetch(actor, record_id)


class AboutQuerySet(OwnedQuerySet[A]):
    def visible_to(self, actor: Actor) -> Self:
        """
        What is about a record follows that record: hidden from whoever may not see it. What is about nothing is
        seen by whom the grant reaches.
        """
        return self.visible_among(actor, carrying_kinds())

    def visible_among(self, actor: Actor, kinds: Iterable[RecordKind]) -> Self:
        """Of what is about records of these kinds, and about nothing: who knows the kinds that there are asks for no others."""
        scope = actor.scope(self.model.view_permission)
        if scope is None:
            return self.none()
        if actor.kind is ActorKind.SYSTEM:
            return self
        owners = actor.owners(scope)
        seen: Any = Q(about_kind="") if owners is None else Q(about_kind="", owner__in=owners)
        for kind in kinds:
            if actor.may(kind.model.view_permission):
                carriers = kind.model.objects.visible_to(actor).filter(pk=OuterRef("about_id"))
                seen = seen | Q(about_kind=kind.name) & Exists(carriers)
        return self.filter(seen)

    def about(self, record: Record) -> Self:
        return self.filter(about_kind=record.kind_name(), about_id=record.pk)


class AboutRecord(OwnedRecord):
    """A record that says something about another one, of any kind: a note, a to-do, a document."""

    about_kind = models.CharField(max_length=60, blank=True, editable=False)
    about_id = models.UUIDField(null=True, blank=True, editable=False)

    objects: ClassVar[AboutQuerySet[Any]] = AboutQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    @property
    def subject_id(self) -> UUID:
        """Its personal values are about whom the record is about, and are erased with them."""
        return self.about_id or self.id

    def is_visible_to(self, actor: Actor) -> bool:
        return Record.is_visible_to(self, actor)

    def concerned(self) -> tuple[Record, ...]:
        """Itself and the record it is about (a reference: only kind and id are filled), for `publish`."""
        if self.about_id is None:
            return (self,)
        carrier: Record = apps.get_model(self.about_kind)(pk=self.about_id)
        return (self, carrier)
