"""Custom attributes in files that people import, and where values are set outside a form."""

from collections.abc import Mapping, Sequence
from typing import Any

from embudo.foundation.attributes.queries.definitions import definitions, editable_for, no_such_attribute
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.values import WrongValue, is_empty, kept_value
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportField

TYPES: Mapping[AttributeType, str] = {
    AttributeType.DATE: "date",
    AttributeType.YES_NO: "yes_no",
    AttributeType.LONG_TEXT: "long_text",
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
    AttributeType.USER: "user",
}
Row = Mapping[str, Any]


def import_fields(actor: Actor, kind: str) -> tuple[ImportField, ...]:
    """The custom attributes that a file's columns can go to, as far as the actor may change them."""
    return tuple(
        ImportField(
            one.name,
            str(one),
            TYPES.get(one.type, "text"),
            words=tuple(
                dict.fromkeys(
                    (one.label.lower(), one.key.replace("_", " "), *map(str.lower, one.labels.values()))
                )
            ),
            is_required=one.is_required,
        )
        for one in definitions(kind)
        if editable_for(actor, one)
    )


def editing_fields(actor: Actor, kind: str) -> tuple[ImportField, ...]:
    """The custom attributes that the actor may set outside a form: all but references to other records."""
    return tuple(
        ImportField(
            one.name, str(one), EDITED.get(one.type, "text"), is_required=one.is_required, is_unique=one.is_unique,
            choices=tuple((choice.key, str(choice)) for choice in one.choices if choice.is_offered),
            currency=one.currency if one.type is AttributeType.MONEY else "",
        )
        for one in definitions(kind)
        if one.type is not AttributeType.REFERENCE and editable_for(actor, one)
    )  # fmt: skip


def parted_rows(
    actor: Actor, kind: str, rows: Sequence[Row], *, country: str = "", empties: bool = False
) -> list[tuple[dict[str, Any], dict[str, Any] | Invalid]]:
    """
    Each row without its custom values, and those as they are kept, or what is wrong with them; with `empties` an empty one
    clears what is held, else it says nothing.
    """
    is_needed = any(name.startswith(PREFIX) for row in rows for name in row)
    known = {one.name: one for one in definitions(kind) if editable_for(actor, one)} if is_needed else {}
    return [_parted(row, known, country, empties=empties) for row in rows]


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
            kept[one.key] = kept_value(one, value, country=country)
        except WrongValue as wrong:
            errors[name] = [str(wrong)]
    return plain, Invalid(errors) if errors else kept
