from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries.definitions import definitions_for
from embudo.foundation.attributes.rules import AttributeType, Definition, ListAttribute
from embudo.foundation.attributes.rules.kinds import FOLLOWERS
from embudo.foundation.notify.permissions import FOLLOW
from embudo.kernel.actor import Actor
from embudo.kernel.custom import takes_custom_values
from embudo.kernel.kind import kind_named
from embudo.kernel.record import Record

TYPES: tuple[tuple[type[models.Field[Any, Any]], AttributeType], ...] = (
    (models.EmailField, AttributeType.EMAIL),
    (models.URLField, AttributeType.URL),
    (models.CharField, AttributeType.TEXT),
    (models.TextField, AttributeType.LONG_TEXT),
    (models.BooleanField, AttributeType.YES_NO),
    (models.DateTimeField, AttributeType.DATETIME),
    (models.DateField, AttributeType.DATE),
    (models.IntegerField, AttributeType.NUMBER),
)
BY_NAME = {
    "phone": AttributeType.PHONE,
    "mobile": AttributeType.PHONE,
    "website": AttributeType.URL,
}
OF_EVERY_RECORD = {"created": _("Created"), "updated": _("Changed")}


def list_attributes(actor: Actor, model: type[models.Model]) -> dict[str, ListAttribute]:
    """What a list of these records can be filtered, sorted and shown by, as far as the actor may see it."""
    found = dict(_standard(model))
    if takes_custom_values(model):
        for one in definitions_for(actor, model._meta.label_lower):
            found[one.name] = custom_attribute(one)
    return found


def filter_attributes(actor: Actor, model: type[models.Model]) -> dict[str, ListAttribute]:
    """As list_attributes, and what one can only filter by."""
    return with_followers(list_attributes(actor, model), actor, model)


def with_followers(
    known: Mapping[str, ListAttribute], actor: Actor, model: type[models.Model]
) -> dict[str, ListAttribute]:
    """Together with who follows a record, where pages of such records say it."""
    has_pages = issubclass(model, Record) and kind_named(model.kind_name()) is not None
    more = {FOLLOWERS: FOLLOWED_BY} if has_pages and actor.may(FOLLOW) else {}
    return {**known, **more}


FOLLOWED_BY = ListAttribute(FOLLOWERS, _("Followers"), AttributeType.USER)


def has_attribute(
    actor: Actor, model: type[models.Model], types: Collection[AttributeType], *, but: Collection[str] = ()
) -> bool:
    """Whether records of this kind have an attribute of one of these types; asks the database only for custom ones."""
    if any(one.type in types and key not in but for key, one in _standard(model).items()):
        return True
    return takes_custom_values(model) and any(
        one.type in types for one in definitions_for(actor, model._meta.label_lower)
    )


@cache
def _standard(model: type[models.Model]) -> Mapping[str, ListAttribute]:
    found = (_of_field(model, one) for one in model._meta.concrete_fields if issubclass(model, Record))
    return {one.key: one for one in found if one is not None}


def _of_field(model: type[Record], field: Any) -> ListAttribute | None:
    name = field.name
    if name in OF_EVERY_RECORD:
        return ListAttribute(name, OF_EVERY_RECORD[name], AttributeType.DATETIME, name, may_be_null=False)
    if name in model.secret_fields or not field.editable or field.primary_key or not _has_words(field):
        return None
    if isinstance(field, models.ForeignKey):
        return _reference(field)
    if name.endswith("_minor"):
        return _money(model, field)
    kind = _type_of(field)
    if kind is None:
        return None
    choices = tuple((str(value), label) for value, label in field.flatchoices)
    return ListAttribute(
        name, _label(field), AttributeType.CHOICE if choices else kind, name, choices, may_be_null=field.null
    )


def _has_words(field: Any) -> bool:
    """Columns that nobody named for people (keys, digests) are no attributes."""
    return field._verbose_name is not None or field.remote_field is not None  # noqa: SLF001 - the name as it was given


def _type_of(field: Any) -> AttributeType | None:
    if field.name in BY_NAME and isinstance(field, models.CharField):
        return BY_NAME[field.name]
    return next((kind for cls, kind in TYPES if isinstance(field, cls)), None)


class _Label:
    """A field's name with a capital, in whatever language it is asked for."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __str__(self) -> str:
        return str(capfirst(str(self.field.verbose_name)))


def _label(field: Any) -> Any:
    return _Label(field)


def _reference(field: Any) -> ListAttribute | None:
    related = field.related_model
    if related is User:
        return ListAttribute(
            field.name, _label(field) if field.name != "owner" else _("Owner"), AttributeType.USER, field.attname,
            may_be_null=field.null,
        )  # fmt: skip
    if not issubclass(related, Record):
        return None
    return ListAttribute(
        field.name, _label(field), AttributeType.REFERENCE, field.attname, related=related.kind_name(),
        may_be_null=field.null,
    )  # fmt: skip


def _money(model: type[Record], field: Any) -> ListAttribute | None:
    """An amount whose currency stands beside it, and that the record itself tells as Money."""
    name = field.name.removesuffix("_minor")
    if "currency" not in {one.name for one in model._meta.concrete_fields}:
        return None
    if not isinstance(getattr(model, name, None), property):
        return None
    return ListAttribute(
        name, _label(field), AttributeType.MONEY, field.name, currency_path="currency", may_be_null=field.null
    )


def custom_attribute(one: Definition) -> ListAttribute:
    choices = tuple((choice.key, choice) for choice in one.choices)
    if one.type is AttributeType.YES_NO:
        choices = ()
    return ListAttribute(
        one.name,
        one,
        one.type,
        choices=choices,
        currency=one.currency if one.type is AttributeType.MONEY else "",
        related=one.related,
        definition=one,
    )
