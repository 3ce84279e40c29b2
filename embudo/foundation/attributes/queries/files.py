"""Custom attributes in files that people import."""

from collections.abc import Mapping, Sequence
from typing import Any

from embudo.foundation.attributes.queries.definitions import definitions, editable_for
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.values import WrongValue, kept_value
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportField

TYPES: Mapping[AttributeType, str] = {
    AttributeType.DATE: "date",
    AttributeType.YES_NO: "yes_no",
    AttributeType.LONG_TEXT: "long_text",
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


def parted_rows(
    actor: Actor, kind: str, rows: Sequence[Row], *, country: str = ""
) -> list[tuple[dict[str, Any], dict[str, Any] | Invalid]]:
    """Each row without its custom values, and those as they are kept, or what is wrong with them."""
    is_needed = any(name.startswith(PREFIX) for row in rows for name in row)
    known = {one.name: one for one in definitions(kind) if editable_for(actor, one)} if is_needed else {}
    return [_parted(row, known, country) for row in rows]


def _parted(
    row: Row, known: Mapping[str, Definition], country: str
) -> tuple[dict[str, Any], dict[str, Any] | Invalid]:
    plain = {name: value for name, value in row.items() if not name.startswith(PREFIX)}
    kept: dict[str, Any] = {}
    errors: dict[str, list[Any]] = {}
    for name, value in row.items():
        one = known.get(name)
        if one is None or value in (None, ""):
            continue
        try:
            kept[one.key] = kept_value(one, value, country=country)
        except WrongValue as wrong:
            errors[name] = [str(wrong)]
    return plain, Invalid(errors) if errors else kept
