"""The columns that people add to a list: the attributes that its page does not show by itself."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext

from embudo.foundation.attributes.queries import cell_of, file_url, value_names
from embudo.foundation.attributes.rules import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.kinds import WITHOUT_ORDER
from embudo.foundation.attributes.rules.values import exported_value
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.parts import Column
from embudo.kernel.actor import Actor

KINDS: Mapping[AttributeType, str] = {
    AttributeType.NUMBER: "number",
    AttributeType.DATE: "date",
    AttributeType.DATETIME: "datetime",
}
RIGHT = frozenset({AttributeType.NUMBER, AttributeType.MONEY})


def column_of(one: ListAttribute, design: Any) -> Column:
    """A column that shows the attribute."""
    if one.definition:
        return _custom_column(one, design)
    return _reference_column(one, design) if one.type is AttributeType.REFERENCE else _standard_column(one)


def _reference_column(one: ListAttribute, design: Any) -> Column:
    names = design.names[one.key] = Names(one, design.actor)
    read = _reader(one.path)
    return Column(one.key, str(one), cell=lambda row: names.get(str(read(row))) if read(row) else "—")


def _custom_column(one: ListAttribute, design: Any) -> Column:
    definition = one.definition
    assert definition is not None  # noqa: S101 - the caller looked
    names = design.names[one.key] = Names(one, design.actor)
    draw, key = cell_of(definition, names), definition.key
    return Column(
        one.key,
        str(one),
        cell=_file_cell(key, design.actor)
        if one.type is AttributeType.FILE
        else lambda row: draw(_custom(row).get(key)),
        sort="" if one.type in WITHOUT_ORDER or one.type is AttributeType.USER else one.key,
        end=one.type in RIGHT,
        value=lambda row: exported_value(definition, _custom(row).get(key), names),
    )


def _file_cell(key: str, actor: Actor) -> Callable[[Any], Any]:
    """The file's name as a link, for whoever may download it."""

    def draw(row: Any) -> Any:
        kept = _custom(row).get(key)
        if kept is None:
            return "—"
        url = file_url(actor, kept)
        return format_html('<a href="{}" download>{}</a>', url, kept["name"]) if url else kept["name"]

    return draw


def _custom(row: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row["custom"] if isinstance(row, dict) else row.custom
    return found


class Names(dict[str, str]):
    """Names of the users and records in a column: a page's at once (`learn`), a file's as they come."""

    def __init__(self, attribute: ListAttribute, actor: Actor) -> None:
        super().__init__()
        self.attribute, self.actor = attribute, actor

    def of(self, row: Any) -> str:
        """The id that a row holds; "" for none."""
        one = self.attribute
        found = _custom(row).get(one.definition.key) if one.definition else _reader(one.path)(row)
        return str(found or "")

    def learn(self, values: Collection[str]) -> None:
        self.update(dict.fromkeys(values, "—"))
        self.update(value_names(self.actor, self.attribute, values))

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self.learn([key])
        return self[key]


def _standard_column(one: ListAttribute) -> Column:
    cell = _cell(one)
    return Column(
        one.key,
        str(one),
        cell=cell,
        kind=KINDS.get(one.type, "text"),
        sort=one.key,
        end=one.type in RIGHT,
        value=_value(one),
        descends_first=one.type in (AttributeType.DATE, AttributeType.DATETIME, *RIGHT),
    )


def _value(one: ListAttribute) -> Callable[[Any], Any] | None:
    """What a file gets, where that is not what the cell says."""
    if one.type is AttributeType.MONEY:
        read, currency = _reader(one.path), _reader(one.currency_path)
        return lambda row: (read(row), currency(row))
    if one.type is AttributeType.USER:
        return _reader(_shown_path(one))
    return _reader(one.path) if one.type in KINDS or one.type is AttributeType.PHONE else None


def _reader(path: str) -> Callable[[Any], Any]:
    parts = path.split("__")

    def read(row: Any) -> Any:
        if isinstance(row, dict):
            return row.get(path)
        for part in parts:
            row = getattr(row, part, None)
        return row

    return read


def _cell(one: ListAttribute) -> Callable[[Any], Any] | None:
    """How the value reads; None where the column's kind says it."""
    read = _reader(_shown_path(one))
    if one.choices:
        labels = {key: label for key, label in one.choices}  # noqa: C416 - labels may be lazy
        return lambda row: str(labels.get(str(read(row)), read(row)) or "—")
    if one.type is AttributeType.YES_NO:
        return lambda row: gettext("yes") if read(row) else gettext("no")
    if one.type is AttributeType.MONEY:
        currency = _reader(one.currency_path)
        return lambda row: atoms.money((read(row), currency(row)))
    if one.type is AttributeType.PHONE:
        return lambda row: phone_text(read(row)) if read(row) else "—"
    if one.type is AttributeType.USER:
        return lambda row: str(read(row) or "—")
    return None


def _shown_path(one: ListAttribute) -> str:
    """Colleagues' names are no secret inside; other records are named only to whoever may see them (`Names`)."""
    return f"{one.key}__name" if one.type is AttributeType.USER else one.path


def fields_of(fields: Sequence[str], picked: Sequence[Column | ListAttribute]) -> Sequence[str]:
    """The fields that the rows need with these columns; a list of instances needs none."""
    if not fields:
        return fields
    more: list[str] = []
    for one in picked:
        if isinstance(one, ListAttribute):
            more += ["custom"] if one.definition else [_shown_path(one), *filter(None, [one.currency_path])]
    return tuple(dict.fromkeys((*fields, *more)))


def sort_path(sort: str, design: Any) -> str:
    """ "-value" as the field path that orders by it."""
    key, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    if any(column.sort == key for column in design.own_columns):
        return sort
    one = design.attributes[key]
    if one.is_custom:
        return sort
    return sign + (_shown_path(one) if one.type is AttributeType.USER else one.path)
