from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes import events, queries
from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.permissions import DEFINE_ATTRIBUTES
from embudo.foundation.attributes.rules import AttributeType, Choice, Definition
from embudo.foundation.attributes.rules.definitions import (
    MOST_ATTRIBUTES,
    MOST_CHOICES,
    checked_default,
    checked_definition,
    checked_key,
    checked_limits,
    key_from,
    read_choices,
)
from embudo.foundation.attributes.rules.kinds import WITH_CHOICES
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.custom import CustomValue
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@dataclass(frozen=True)
class AttributeChange:
    """What can be said of an attribute; its kind of record, key and type are settled once it is defined."""

    label: str
    labels: dict[str, str] = field(default_factory=dict)
    section: str = ""
    order: int = 100
    help: str = ""
    is_required: bool = False
    is_unique: bool = False
    is_searchable: bool = False
    default: Any = None
    choices: str = ""  # one a line, "key = label" or a label
    limits: dict[str, Any] = field(default_factory=dict)
    view_roles: tuple[str, ...] = ()
    edit_roles: tuple[str, ...] = ()


@command(DEFINE_ATTRIBUTES)
def define_attribute(
    actor: Actor,
    *,
    kind: str,
    type: str,  # noqa: A002 - as people call it
    change: AttributeChange,
    key: str = "",
) -> CustomAttribute:
    """
    Gives a kind of record a new attribute, at once and for everybody. Refuses (Invalid) a kind that takes none, a key
    that is taken, and what could not work.
    """
    if kind not in {one.name for one in queries.custom_kinds()}:
        raise Invalid({"kind": [_("Choose a kind of record from the list.")]})
    if type not in AttributeType.values:
        raise Invalid({"type": [_("Choose a type from the list.")]})
    known = list(CustomAttribute.objects.filter(kind=kind).values_list("key", flat=True))
    if len(known) >= MOST_ATTRIBUTES:
        raise Refused("attributes.too_many", _("This kind of record has 100 attributes already. Use fewer."))
    chosen = checked_key(key) if key else _free_key(key_from(change.label), known)
    if chosen in known:
        raise Invalid(
            {"key": [_("Another attribute has this key, perhaps an archived one. Choose another.")]}
        )
    made = create(CustomAttribute(kind=kind, key=chosen, type=type, **_values(chosen, type, change, ())))
    publish(events.AttributeDefined(made.id, kind, chosen), made)
    return made


def _free_key(wanted: str, known: list[str]) -> str:
    numbered = (f"{wanted[:36]}_{n}" for n in range(2, MOST_ATTRIBUTES + 3))
    return next(key for key in (wanted, *numbered) if key not in known)


def _values(key: str, kind: str, change: AttributeChange, known: tuple[Choice, ...]) -> dict[str, Any]:
    """The columns of a definition, checked as a whole."""
    whole = Definition(
        key=key,
        label=" ".join(change.label.split()),
        type=AttributeType(kind),
        labels={language: text.strip() for language, text in change.labels.items() if text.strip()},
        section=" ".join(change.section.split()),
        help=change.help.strip(),
        is_required=change.is_required,
        is_unique=change.is_unique,
        is_searchable=change.is_searchable,
        choices=read_choices(change.choices, known),
        limits=checked_limits(change.limits),
        view_roles=change.view_roles,
        edit_roles=change.edit_roles,
    )
    checked_definition(whole)
    return {
        "label": whole.label, "labels": dict(whole.labels), "section": whole.section, "help": whole.help,
        "order": change.order, "is_required": whole.is_required, "is_unique": whole.is_unique,
        "is_searchable": whole.is_searchable, "default": checked_default(whole, change.default),
        "choices": [_plain_choice(one) for one in whole.choices],
        "limits": dict(whole.limits), "view_roles": list(whole.view_roles), "edit_roles": list(whole.edit_roles),
    }  # fmt: skip


@command(DEFINE_ATTRIBUTES)
def change_attribute(
    actor: Actor, attribute: CustomAttribute, *, change: AttributeChange, version: int | None = None
) -> CustomAttribute:
    """
    Changes how an attribute is called, shown and checked from now on; values that are there stay. Refuses (Invalid) what
    could not work, making it unique while records share a value, another currency, and a stale version.
    """
    attribute = lock(attribute, version=version)
    definition = attribute.definition
    if definition.type is AttributeType.MONEY:
        change = replace(change, limits={**change.limits, "currency": definition.currency})
    values = _values(attribute.key, attribute.type, change, definition.choices)
    if values["is_unique"] and not attribute.is_unique and _is_shared(attribute):
        raise Invalid({"is_unique": [_("Some records have the same value. Change them first.")]})
    update(attribute, **values)
    publish(events.AttributeChanged(attribute.id, attribute.kind, attribute.key), attribute)
    return attribute


def _is_shared(attribute: CustomAttribute) -> bool:
    model: Any = next(one.model for one in queries.custom_kinds() if one.name == attribute.kind)
    rows = model._base_manager.annotate(value=CustomValue(attribute.key, attribute.stored)).filter(
        value__isnull=False
    )
    return bool(rows.order_by().values("value").annotate(n=Count("pk")).filter(n__gt=1).exists())


@command(DEFINE_ATTRIBUTES)
def add_choice(actor: Actor, attribute: CustomAttribute, *, label: str) -> str:
    """
    Offers one more choice, or again one that was offered before, and says its key; one that is offered stays as it is. Refuses
    (Invalid) an empty label and an attribute without choices.
    """
    attribute = lock(attribute)
    known = attribute.definition.choices
    name = " ".join(label.replace("\0", "").split())[:120]
    if not name or attribute.type not in WITH_CHOICES:
        raise Invalid({"new": [_("Enter the name of the new choice.")]})
    alike = next((one for one in known if one.label.casefold() == name.casefold()), None)
    if alike is not None and alike.is_offered:
        return alike.key
    if sum(one.is_offered for one in known) >= MOST_CHOICES:
        raise Invalid({"new": [_("Give at most %(n)d choices.") % {"n": MOST_CHOICES}]})
    key = alike.key if alike else _free_key(key_from(name), [one.key for one in known])
    offered = [one for one in known if one.is_offered]
    others = [one for one in known if not one.is_offered and one.key != key]
    chosen = [*offered, Choice(key, alike.label if alike else name, alike.labels if alike else {}), *others]
    update(attribute, choices=[_plain_choice(one) for one in chosen])
    publish(events.AttributeChanged(attribute.id, attribute.kind, attribute.key), attribute)
    return key


def _plain_choice(one: Choice) -> dict[str, Any]:
    return {"key": one.key, "label": one.label, "labels": dict(one.labels), "is_offered": one.is_offered}


@command(DEFINE_ATTRIBUTES)
def archive_attribute(actor: Actor, attribute: CustomAttribute) -> CustomAttribute:
    """Takes an attribute out of forms, pages and lists; its values stay and come back with it."""
    attribute = lock(attribute)
    if attribute.archived is None:
        update(attribute, archived=clock.now())
        publish(events.AttributeArchived(attribute.id, attribute.kind, attribute.key), attribute)
    return attribute


@command(DEFINE_ATTRIBUTES)
def restore_attribute(actor: Actor, attribute: CustomAttribute) -> CustomAttribute:
    """Brings an archived attribute back with its values."""
    attribute = lock(attribute)
    if attribute.archived is not None:
        update(attribute, archived=None)
        publish(events.AttributeRestored(attribute.id, attribute.kind, attribute.key), attribute)
    return attribute
