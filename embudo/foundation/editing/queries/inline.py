"""Single values of records: what they are now, what they were, and who may set them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext

from embudo.foundation.access.queries import user_names
from embudo.foundation.attributes.queries import record_name
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import phone_text
from embudo.kernel.actor import Actor
from embudo.kernel.change import changes_of_act, revealed
from embudo.kernel.errors import NotFound
from embudo.kernel.event import plain
from embudo.kernel.kind import ImportField, kind_named, kind_of
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money
from embudo.kernel.permission import permission_named
from embudo.kernel.record import Record

OWNER = "owner"
HISTORY = (
    "audit.view_history"  # values that others have overwritten are shown, and put back, with this grant only
)


def record_with_value(actor: Actor, kind_name: str, record_id: UUID, *_where: Any) -> Record:
    """The record whose value is meant; NotFound where the actor may not see it, or its kind's values are set nowhere."""
    kind = kind_named(kind_name)
    if kind is None or kind.editing is None:
        raise NotFound
    return kind.fetch(actor, record_id)


def field_named(actor: Actor, record: Record, name: str) -> ImportField:
    """The value's description; NotFound where the actor may set no such value of such records."""
    editing = kind_of(record).editing
    known = editing.fields(actor) if editing else ()
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise NotFound
    return found


def may_set(actor: Actor, record: Record, name: str) -> bool:
    """Whether the record is within the actor's reach for this value: handing over is a right of its own."""
    editing = kind_of(record).editing
    if editing is None:
        return False
    needed = editing.owner_permission if name == OWNER else editing.permission
    return needed is not None and record.is_within(actor, needed)


def settable(actor: Actor, record: Record) -> list[ImportField]:
    """The values of this record that the actor may set."""
    editing = kind_of(record).editing
    if editing is None or not editing.is_for(actor):
        return []
    allowed = {is_owner: may_set(actor, record, OWNER if is_owner else "") for is_owner in (True, False)}
    if not any(allowed.values()):
        return []
    return [one for one in editing.fields(actor) if allowed[one.name == OWNER]]


def held_value(record: Any, name: str) -> Any:
    """What the record holds now, as JSON has it."""
    if name.startswith(PREFIX):
        return record.custom.get(name.removeprefix(PREFIX))
    column = _column(type(record), name)
    if column is not None:
        return plain(getattr(record, column.attname))
    return _amount(getattr(record, name, None))


def _column(model: type[models.Model], name: str) -> Any:
    return next((one for one in model._meta.concrete_fields if one.name == name), None)


def _amount(money: Any) -> Any:
    return {"amount_minor": money.minor, "currency": money.currency} if isinstance(money, Money) else None


def is_same(one: Any, other: Any) -> bool:
    """Nothing is nothing, however it is written."""
    return bool(one == other or (one in (None, "", []) and other in (None, "", [])))


@dataclass(frozen=True)
class PastValue:
    """A value before and after a change that the log knows; `is_erased` where it was personal and is gone for good."""

    before: Any = None
    after: Any = None
    is_erased: bool = False


def past_value(actor: Actor, record: Record, seq: int, name: str) -> PastValue:
    """What the change in this entry of the log replaced; NotFound where there is none, or the actor may see no history."""
    history = permission_named(HISTORY)
    entry = LogEntry.objects.filter(pk=seq).first() if history is None or actor.may(history) else None
    made = [
        one
        for one in (entry.changes if entry else [])
        if one["id"] == str(record.pk) and one["before"] is not None
    ]
    for change in revealed(made):
        if change["kind"] != record.kind_name() or change["after"] is None:
            continue
        if _values_in(change["before"], record, name) is not None or change.get("erased"):
            return _past(change, record, name)
    raise NotFound


def _past(change: Mapping[str, Any], record: Record, name: str) -> PastValue:
    before = _values_in(change["before"], record, name)
    after = _values_in(change["after"], record, name)
    if before is None or after is None:
        return PastValue(is_erased=True)
    return PastValue(before[0], after[0])


def _values_in(side: Mapping[str, Any], record: Any, name: str) -> tuple[Any] | None:
    """The value among those of one side of a change; None where it is not there."""
    if name.startswith(PREFIX):
        return (side["custom"].get(name.removeprefix(PREFIX)),) if "custom" in side else None
    if name in side:
        return (side[name],)
    minor = f"{name}_minor"
    if minor not in side and not ("currency" in side and _column(type(record), minor)):
        return None
    amount = side.get(minor, getattr(record, minor, None))
    return ({"amount_minor": amount, "currency": side.get("currency", record.currency)},)


def shown_value(actor: Actor, record: Any, field: ImportField, value: Any) -> str:
    """A value in words, for messages and questions; of a reference what the actor may know."""
    if value in (None, "", []):
        return "—"
    labels = {str(key): str(label) for key, label in _choices(record, field)}
    match field.type:
        case "choices":
            return ", ".join(labels.get(str(one), str(one)) for one in value)
        case "yes_no":
            return gettext("yes") if value else gettext("no")
        case "user":
            return user_names({UUID(str(value))}).get(UUID(str(value)), "—")
        case "reference":
            return record_name(actor, field.related, str(value))
    return labels.get(str(value)) or _plain_text(field, value)


def _plain_text(field: ImportField, value: Any) -> str:
    match field.type:
        case "money":
            if isinstance(value, Mapping):
                return atoms.money_text(value["amount_minor"], value["currency"])
            return atoms.money_text(value, field.currency)
        case "date":
            return atoms.full_day(date.fromisoformat(value))
        case "datetime":
            return atoms.moment_text(datetime.fromisoformat(value))
        case "number":
            return atoms.number(value)
        case "phone":
            return phone_text(str(value))
    return str(value)


def _choices(record: Any, field: ImportField) -> Any:
    column = _column(type(record), field.name)
    return field.choices or (column.flatchoices if column is not None else ())


def longest(record: Any, field: ImportField) -> int | None:
    """How many characters the value's column takes."""
    column = _column(type(record), field.name)
    found: int | None = getattr(column, "max_length", None)
    return found


def changes_of_own(
    actor: Actor, record: Record, act: UUID, commands: tuple[str, ...]
) -> list[dict[str, Any]]:
    """What one of the actor's own acts, by one of these commands, changed of this record, in order; empty where there is none."""
    entries = LogEntry.objects.filter(act=act, actor_id=actor.id, command__in=commands)
    changes = [change for entry in entries for change in entry.changes if change["id"] == str(record.pk)]
    return revealed(sorted(changes, key=lambda change: change["order"]))


def touched_others(act: UUID, record: Record) -> bool:
    """Whether the act changed more than the record itself, such as where somebody works."""
    return any(change["id"] != str(record.pk) for change in changes_of_act(act))


def values_before(record: Any, changes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What to set so that it is as before the changes; None where something of it is no longer as they left it, or is erased."""
    was: dict[str, Any] = {}
    became: dict[str, Any] = {}
    for change in changes:
        if change.get("erased") or change["before"] is None or change["after"] is None:
            return None
        was = {**change["before"], **was}
        became |= change["after"]
    values: dict[str, Any] = {}
    for name, value in was.items():
        if name == "custom":
            mine = {key for key in {**value, **became[name]} if value.get(key) != became[name].get(key)}
            if any(record.custom.get(key) != became[name].get(key) for key in mine):
                return None
            others = {key: one for key, one in record.custom.items() if key not in mine}
            values[name] = others | {key: value[key] for key in mine if key in value}
            continue
        column = _column(type(record), name)
        if not is_same(plain(getattr(record, column.attname)), became[name]):
            return None
        values[column.attname] = None if value is None else column.to_python(value)
    return values
