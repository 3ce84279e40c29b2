"""Custom attributes in files that people import, and where values are set outside a form."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from embudo.foundation.attributes.queries.definitions import (
    definitions,
    definitions_for,
    editable_for,
    no_such_attribute,
)
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX, stored_as
from embudo.foundation.attributes.rules.values import WrongValue, is_empty, kept_value, sent_value
from embudo.kernel.actor import Actor
from embudo.kernel.custom import CustomValue, Stored
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportField, Importing, ImportKey
from embudo.kernel.record import Record

TYPES: Mapping[AttributeType, str] = {
    AttributeType.DATE: "date",
    AttributeType.YES_NO: "yes_no",
    AttributeType.LONG_TEXT: "long_text",
    AttributeType.USER: "user",
}
EDITED: Mapping[AttributeType, str] = {
    **TYPES,
    AttributeType.NUMBER: "number",
    AttributeType.MONEY: "money",
    AttributeType.DATETIME: "datetime",
    AttributeType.CHOICE: "choice",
    AttributeType.CHOICES: "choices",
    AttributeType.EMAIL: "email",
    AttributeType.PHONE: "phone",
    AttributeType.URL: "url",
    AttributeType.REFERENCE: "reference",
}
Row = Mapping[str, Any]


def import_fields(actor: Actor, kind: str) -> tuple[ImportField, ...]:
    """The custom attributes that a file's columns can go to, as far as the actor may change them."""
    return tuple(
        _import_field(one)
        for one in definitions(kind)
        if one.type is not AttributeType.FILE and editable_for(actor, one)
    )


def file_fields(actor: Actor, kind: str) -> tuple[ImportField, ...]:
    """The custom attributes that hold files: no column goes to them, whatever it is called."""
    return tuple(_import_field(one) for one in definitions_for(actor, kind) if one.type is AttributeType.FILE)


def _import_field(one: Definition) -> ImportField:
    words = (one.label.lower(), one.key.replace("_", " "), *map(str.lower, one.labels.values()))
    return ImportField(
        one.name,
        str(one),
        TYPES.get(one.type, "text"),
        words=tuple(dict.fromkeys(words)),
        is_required=one.is_required and one.default is None,
    )


def editing_fields(actor: Actor, kind: str) -> tuple[ImportField, ...]:
    """The custom attributes that the actor may set outside a form: all but files."""
    return tuple(
        ImportField(
            one.name, str(one), EDITED.get(one.type, "text"), is_required=one.is_required, is_unique=one.is_unique,
            choices=tuple((choice.key, str(choice)) for choice in one.choices if choice.is_offered),
            currency=one.currency if one.type is AttributeType.MONEY else "", related=one.related,
        )
        for one in definitions(kind)
        if one.type is not AttributeType.FILE and editable_for(actor, one)
    )  # fmt: skip


def parted_rows(
    actor: Actor, kind: str, rows: Sequence[Row], *, country: str = "", empties: bool = False
) -> list[tuple[dict[str, Any], dict[str, Any] | Invalid]]:
    """
    Each row without its custom values, and those as they are kept, or what is wrong with them; with `empties` an empty one
    clears what is held, else it says nothing.
    """
    if not any(name.startswith(PREFIX) for name in set().union(*rows)):
        return [(dict(row), {}) for row in rows]
    known = {one.name: one for one in definitions(kind) if editable_for(actor, one)}
    return [_parted(row, known, country, empties=empties) for row in rows]


def with_custom(values: Row | Invalid, custom: Row | Invalid) -> Row | Invalid:
    """A row's values with its custom ones, or the faults of both."""
    if isinstance(values, Invalid) or isinstance(custom, Invalid):
        faults = [one.errors for one in (values, custom) if isinstance(one, Invalid)]
        return Invalid({field: texts for errors in faults for field, texts in errors.items()})
    return {**values, "custom": dict(custom)} if custom else values


def by_unique_attributes(importing: Importing, model: type[Record]) -> Importing:
    """The same, its records also recognised by the custom attributes of which no two have the same value."""

    def key_of(key: str, values: Row) -> str:
        if not key.startswith(PREFIX):
            return importing.key_of(key, values)
        return _compared((values.get("custom") or {}).get(key.removeprefix(PREFIX)))

    def find(actor: Actor, key: str, texts: Sequence[str]) -> Mapping[str, UUID | None]:
        if not key.startswith(PREFIX):
            return importing.find(actor, key, texts)
        one = next((one for one in _unique(actor, model) if one.name == key), None)
        return _found_by(actor, model, one, texts) if one else {}

    def own_keys(actor: Actor) -> tuple[ImportKey, ...]:
        return tuple(ImportKey(one.name, str(one), (one.name,)) for one in _unique(actor, model))

    return replace(importing, key_of=key_of, find=find, own_keys=own_keys)


def _unique(actor: Actor, model: type[Record]) -> list[Definition]:
    found = definitions(model.kind_name())
    return [one for one in found if one.is_unique and editable_for(actor, one)]


def _readable(one: Definition, kept: Any) -> Any:
    """For the command that reads it once more: a bare amount would then be of whole units."""
    return sent_value(one, kept) if one.type is AttributeType.MONEY else kept


def _compared(value: Any) -> str:
    """Numbers as the database gives them back, whatever they were kept as."""
    value = value["amount_minor"] if isinstance(value, Mapping) else value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(float(value)) if is_number else str(value or "")


def _found_by(
    actor: Actor, model: type[Record], one: Definition, texts: Sequence[str]
) -> dict[str, UUID | None]:
    """The records in sight by the attribute's value; None where several have it."""
    stored = stored_as(one.type)
    asked = texts if stored is Stored.TEXT else [float(text) for text in texts]
    seen = model.objects.visible_to(actor).annotate(key=CustomValue(one.key, stored)).filter(key__in=asked)
    found: dict[str, UUID | None] = {}
    for value, pk in seen.values_list("key", "pk"):
        text = _compared(value)
        found[text] = None if text in found else pk
    return found


def _parted(
    row: Row, known: Mapping[str, Definition], country: str, *, empties: bool
) -> tuple[dict[str, Any], dict[str, Any] | Invalid]:
    plain = {name: value for name, value in row.items() if not name.startswith(PREFIX)}
    kept: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    for name, value in row.items():
        one = known.get(name)
        if one is None and empties and name.startswith(PREFIX):
            errors[name] = [no_such_attribute()]
        if one is None or (is_empty(value) and not empties):
            continue
        try:
            kept[one.key] = _readable(one, kept_value(one, value, country=country))
        except WrongValue as wrong:
            errors[name] = [str(wrong)]
    return plain, Invalid(errors) if errors else kept
