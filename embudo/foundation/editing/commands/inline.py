"""Single values: set where they are read, put back from the history, and undone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.editing import queries
from embudo.foundation.editing.events import ValueUndone
from embudo.foundation.editing.permissions import EDIT_VALUE
from embudo.foundation.editing.queries.inline import (
    OWNER,
    changes_of_own,
    field_named,
    held_value,
    is_same,
    may_set,
    past_value,
    touched_others,
    values_before,
)
from embudo.kernel.act import current_act
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.kind import ImportRow, kind_of
from embudo.kernel.record import Record, lock
from embudo.kernel.undoing import undo_changes

UNSEEN = object()  # for callers who have not looked at the value before
OWN = ("editing.set_value", "editing.restore_value")


@dataclass(frozen=True)
class Edited:
    """The record, and the act that changed it; None where the value was so already."""

    record: Record
    act: UUID | None


@command(EDIT_VALUE)
def set_value(actor: Actor, record: Record, *, name: str, value: Any, was: Any = UNSEEN) -> Edited:
    """
    Sets one value, by the rules of the record's own form. Refuses (Forbidden) a record that is not the actor's to change, (Invalid) a
    value that does not fit, and (editing.changed) when somebody else has changed it from what it `was`.
    """
    return _set(actor, record, name, value, was)


@command(EDIT_VALUE)
def restore_value(actor: Actor, record: Record, *, seq: int, name: str, was: Any = UNSEEN) -> Edited:
    """
    Sets one value to what it was before the change in this entry of the log. Refuses as set_value does, and (editing.erased) a
    personal value that was erased.
    """
    past = past_value(actor, record, seq, name)
    if past.is_erased:
        raise Refused(
            "editing.erased", _("This value was personal and has been erased. It cannot be restored.")
        )
    return _set(actor, record, name, past.before, was)


def _set(actor: Actor, record: Record, name: str, value: Any, was: Any) -> Edited:
    field_named(actor, record, name)
    if not may_set(actor, record, name):
        raise Forbidden(EDIT_VALUE.code)
    fresh = lock(record)
    now = held_value(fresh, name)
    if was is not UNSEEN and not is_same(now, was) and not is_same(now, value):
        raise Refused("editing.changed", _("Somebody else has changed this value in the meantime."), now=now)
    editing = queries.needed_editing(kind_of(record))
    (checked,) = editing.check(actor, [{"id": str(record.pk), name: value}])
    if isinstance(checked, Invalid):
        raise checked
    before = len(current_act().changes)
    (result,) = editing.write(actor, [ImportRow(checked, record.pk, empties=True)])
    if result.outcome == "failed":
        raise Invalid({name: list(result.problems)})
    fresh.refresh_from_db()
    return Edited(fresh, current_act().id if len(current_act().changes) > before else None)


@command(EDIT_VALUE)
def undo_value(actor: Actor, record: Record, *, act: UUID) -> Record:
    """
    Puts back what the actor's own edit of a value changed. Refuses (editing.not_yours) any other act, and (editing.changed_since)
    when these values were changed again.
    """
    changes = changes_of_own(actor, record, act, OWN)
    if not changes:
        raise Refused("editing.not_yours", _("Only your own edit of a value can be undone here."))
    names = {name for change in changes for name in change["before"] or {}}
    for name in {OWNER if name == OWNER else "" for name in names}:
        if not may_set(actor, record, name):
            raise Forbidden(EDIT_VALUE.code)
    fresh = lock(record)
    if touched_others(act, record):
        _take_back(act)
        fresh.refresh_from_db()
    else:
        values = values_before(fresh, changes)
        if values is None:
            raise _changed_since()
        update(fresh, **values, **fresh.derived(**values))
    publish(ValueUndone(record.kind_name(), record.pk), record)
    return fresh


def _take_back(act: UUID) -> None:
    """Where other records went along, all of them are put back or none."""
    if undo_changes(act).left:
        raise _changed_since()


def _changed_since() -> Refused:
    return Refused(
        "editing.changed_since", _("This value has been changed again since, so nothing was undone.")
    )
