from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import permissions, rules
from embudo.business.directory.models.records import Addressed, Company, Person
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import Record, RecordQuerySet


class PartQuerySet(RecordQuerySet[Any]):
    """What belongs to a company or to a person is seen and changed with it."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        if owners is None:
            return self
        return self.filter(models.Q(company__owner__in=owners) | models.Q(person__owner__in=owners))

    def visible_to(self, actor: Actor) -> Self:
        seen = models.Q(pk__in=())
        for side, permission in (
            ("company", permissions.VIEW_COMPANIES),
            ("person", permissions.VIEW_PEOPLE),
        ):
            scope = actor.scope(permission)
            if scope is not None:
                owners = actor.owners(scope)
                owned = {} if owners is None else {f"{side}__owner__in": owners}
                seen |= models.Q(**{f"{side}__isnull": False}, **owned)
        return self.filter(seen)

    def of(self, holder: Company | Person) -> Self:
        return self.filter(**{"company" if isinstance(holder, Company) else "person": holder}).order_by("id")


class Part(Record):
    """One of several that a company or a person has, beside the preferred one, which stands in the record itself."""

    view_permission = permissions.VIEW_COMPANIES

    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=rules.Kind.choices, default="work")
    note = models.CharField(_("note"), max_length=120, blank=True)

    objects: ClassVar[PartQuerySet] = PartQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        constraints = (
            models.CheckConstraint(
                condition=models.Q(company__isnull=True) ^ models.Q(person__isnull=True),
                name="%(class)s_of_one",
            ),
        )

    @property
    def holder(self) -> Company | Person:
        found = self.company or self.person
        assert found is not None  # noqa: S101 - the constraint says so
        return found

    @property
    def subject_id(self) -> UUID:
        return self.person_id or self.company_id or self.id

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return self.holder.is_within(actor, permission)

    def is_visible_to(self, actor: Actor) -> bool:
        return self.holder.is_visible_to(actor)


class ContactPoint(Part):
    """A further phone number or mail address."""

    personal_fields: ClassVar[tuple[str, ...]] = ("value", "note")

    medium = models.CharField(_("medium"), max_length=5, choices=rules.Medium.choices)
    value = models.CharField(_("number or address"), max_length=254)

    class Meta(Part.Meta):
        indexes = (models.Index(fields=["value"], name="contactpoint_value"),)


class Address(Part):
    """A further postal address."""

    personal_fields: ClassVar[tuple[str, ...]] = ("street", "number", "postcode", "town", "region", "note")

    street = models.CharField(_("street"), max_length=120, blank=True)
    number = models.CharField(_("number"), max_length=20, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    @property
    def address_lines(self) -> list[str]:
        return Addressed.address_lines.fget(self)  # type: ignore[attr-defined, no-any-return]
