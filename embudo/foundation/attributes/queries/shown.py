from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from embudo.foundation.access.queries import user_names
from embudo.foundation.attributes.queries.catalogue import filter_attributes
from embudo.foundation.attributes.queries.conditions import condition_of
from embudo.foundation.attributes.queries.definitions import definitions_for, record_names
from embudo.foundation.attributes.rules import AttributeType, Definition, ListAttribute, parsed
from embudo.foundation.attributes.rules.values import NAMED, sent_value
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import phone_text
from embudo.kernel.actor import Actor
from embudo.kernel.filing import keeper
from embudo.kernel.kind import kind_named


@dataclass(frozen=True)
class ShownValue:
    """An attribute with its value in words or markup; `url` where it leads somewhere."""

    definition: Definition
    text: Any
    url: str = ""
    more: str = ""  # such as a file's size


def named_value(attribute: ListAttribute | Definition, value: str, actor: Actor) -> str:
    """What the user or record behind an id is called."""
    return value_names(actor, attribute, [value]).get(value, "—")


def value_names(
    actor: Actor, attribute: ListAttribute | Definition, values: Collection[str]
) -> dict[str, str]:
    """What the users or records behind these ids are called. One query."""
    if not values:
        return {}
    if attribute.type is AttributeType.USER:
        return {str(pk): name for pk, name in user_names({UUID(one) for one in values}).items()}
    return record_names(actor, attribute.related, values)


def cell_of(one: Definition, names: Mapping[str, str]) -> Callable[[Any], Any]:
    """Draws the value in a list; `names` are those of users and records by id."""
    if one.type in NAMED:
        return lambda kept: "—" if kept is None else names.get(kept, "—")
    show = _CELLS.get(one.type, _plain)
    labels = {choice.key: str(choice) for choice in one.choices}
    return lambda kept: "—" if kept is None else show(one, kept, labels)


def _plain(_one: Definition, kept: Any, _labels: Mapping[str, str]) -> Any:
    return kept


def _label(_one: Definition, kept: Any, labels: Mapping[str, str]) -> Any:
    return labels.get(kept, kept)


_CELLS: Mapping[AttributeType, Callable[[Definition, Any, Mapping[str, str]], Any]] = {
    AttributeType.NUMBER: lambda _one, kept, _labels: atoms.number(kept),
    AttributeType.MONEY: lambda one, kept, _labels: atoms.money_text(kept, one.currency),
    AttributeType.DATE: lambda _one, kept, _labels: atoms.day_text(date.fromisoformat(kept)),
    AttributeType.DATETIME: lambda _one, kept, _labels: atoms.moment_text(datetime.fromisoformat(kept)),
    AttributeType.YES_NO: lambda _one, kept, _labels: gettext("yes") if kept else gettext("no"),
    AttributeType.CHOICE: _label,
    AttributeType.CHOICES: lambda _one, kept, labels: ", ".join(labels.get(key, key) for key in kept),
    AttributeType.PHONE: lambda _one, kept, _labels: phone_text(kept),
    AttributeType.FILE: lambda _one, kept, _labels: kept["name"],
    AttributeType.LONG_TEXT: lambda _one, kept, _labels: kept if len(kept) <= 80 else f"{kept[:80]}…",
}


def shown_sections(actor: Actor, record: Any) -> list[tuple[str, list[ShownValue]]]:
    """The record's custom attributes that the actor may see, by section; those without a value show a dash."""
    kind = record.kind_name()
    known = definitions_for(actor, kind)
    return [
        (section, [_shown(one, record.custom.get(one.key), actor) for one in group])
        for section, group in groupby(known, key=lambda one: one.section)
    ]


def _shown(one: Definition, kept: Any, actor: Actor) -> ShownValue:
    if kept is None:
        return ShownValue(one, "—")
    if one.type is AttributeType.LONG_TEXT:
        return ShownValue(one, kept)
    if one.type is AttributeType.FILE:
        return ShownValue(one, kept["name"], file_url(actor, kept), filesizeformat(kept["size"]))
    names = {kept: named_value(one, kept, actor)} if one.type in NAMED else {}
    return ShownValue(one, cell_of(one, names)(kept), _address(one, kept))


def file_url(actor: Actor, kept: Mapping[str, Any]) -> str:
    """Where the actor downloads a file; "" for whoever may not."""
    return keeper().url(actor, kept["id"])


def _address(one: Definition, kept: Any) -> str:
    if one.type is AttributeType.URL:
        return str(kept)
    if one.type in (AttributeType.EMAIL, AttributeType.PHONE):
        return f"{'mailto' if one.type is AttributeType.EMAIL else 'tel'}:{kept}"
    kind = kind_named(one.related) if one.type is AttributeType.REFERENCE else None
    return kind.url(kept) if kind else ""


def sent_values(actor: Actor, records: Sequence[Any]) -> Sequence[Any]:
    """
    Gives each record what programs are told of its custom attributes, as `custom_sent`; those that the actor's roles may
    not see are left out. One query, and none where no record has any.
    """
    kept = next((one for one in records if one.custom), None)
    known = definitions_for(actor, kept.kind_name()) if kept is not None else ()
    for record in records:
        record.custom_sent = {
            one.key: sent_value(one, record.custom[one.key]) for one in known if one.key in record.custom
        }
    return records


def narrowed(actor: Actor, found: QuerySet[Any], given: Any) -> QuerySet[Any]:
    """The records for which the filter tree holds. Refuses (Invalid) one that does not fit them."""
    node = parsed(given, filter_attributes(actor, found.model)) if given else None
    return found.filter(condition_of(node, actor)) if node else found
