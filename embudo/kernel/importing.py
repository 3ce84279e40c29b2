from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update_all
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import Event, publish
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record

Values = Mapping[str, Any]
GONE = _("The record was deleted in the meantime.")
NOT_YOURS = _("The record belongs to somebody else, and you may not change it.")
CHANGED = _("Somebody changed the record in the meantime. Look at its new values first.")


@dataclass(frozen=True)
class Plan:
    """
    How one kind's rows become records: `build(values)` a new one, `revise(record, values)` the columns to set on a known one; both
    may refuse. `made` and `changed` are the events that say so, `made_about` and `about` the records they concern.
    """

    model: type[Record]
    change: Permission
    build: Callable[[Values], Record]
    revise: Callable[[Any, Values], dict[str, Any]]
    made: Callable[[Any], Event]
    changed: Callable[[Any], Event]
    about: Callable[[Any], Sequence[Record]] = lambda record: (record,)
    made_about: Callable[[Any], Sequence[Record]] = lambda record: (record,)


@dataclass
class Written:
    """What became of the rows, and their records, in the order of the rows."""

    results: list[ImportResult]
    records: list[Record | None]


def write_rows(actor: Actor, rows: Sequence[ImportRow], plan: Plan) -> Written:
    """Creates and changes a chunk of records in the current act, with one statement for each of both."""
    known = _locked(actor, rows, plan)
    written = Written([ImportResult("same")] * len(rows), [None] * len(rows))
    made: list[Record] = []
    revised: list[tuple[Any, dict[str, Any]]] = []
    for number, row in enumerate(rows):
        try:
            if row.record_id is None:
                record = plan.build(row.values)
                made.append(record)
                written.results[number] = ImportResult("created", record.pk)
            else:
                record = _mine(row, known)
                revised.append((record, plan.revise(record, given(record, row))))
                written.results[number] = ImportResult("same", record.pk)
            written.records[number] = record
        except (Invalid, Refused) as fault:
            written.results[number] = ImportResult("failed", row.record_id, told(fault))
    _save(made, revised, written, plan)
    return written


def _locked(actor: Actor, rows: Sequence[ImportRow], plan: Plan) -> dict[UUID, tuple[Record, bool]]:
    """The records named, each with whether the actor may change it."""
    ids = [row.record_id for row in rows if row.record_id is not None]
    if not ids:
        return {}
    seen = plan.model.objects.visible_to(actor).filter(pk__in=ids)
    found = plan.model._base_manager.select_for_update().filter(pk__in=seen.values("pk"))
    within = plan.model.objects.within(actor, plan.change).filter(pk__in=ids)
    mine = set(within.values_list("pk", flat=True)) if actor.may(plan.change) else set()
    return {record.pk: (record, record.pk in mine) for record in found}


def _mine(row: ImportRow, known: Mapping[Any, tuple[Record, bool]]) -> Record:
    record, may = known.get(row.record_id, (None, False))
    if record is None:
        raise Invalid({"": [GONE]})
    if not may:
        raise Invalid({"": [NOT_YOURS]})
    if row.version not in (None, record.version):
        raise Invalid({"": [CHANGED]})
    return record


def given(record: Record, row: ImportRow) -> dict[str, Any]:
    """What the row says anew; an empty cell says nothing, unless the row empties."""
    held = vars(record)
    said = {
        name: value
        for name, value in row.values.items()
        if (row.empties or value not in (None, "")) and (name not in held or held[name] != value)
    }
    if not row.only_empty:
        return said
    return {
        name: _missing(value, held.get(name))
        for name, value in said.items()
        if _missing(value, held.get(name))
    }


def _missing(value: Any, held: Any) -> Any:
    """The value, where nothing is held; of many in one those that are not."""
    if isinstance(value, Mapping):
        return {name: one for name, one in value.items() if (held or {}).get(name) in (None, "", [])}
    return value if held in (None, "") else None


def told(fault: Invalid | Refused) -> tuple[Any, ...]:
    """The sentences of a refusal."""
    if isinstance(fault, Refused):
        return (fault.message,)
    return tuple(text for texts in fault.errors.values() for text in texts)


def _save(
    made: list[Record], revised: list[tuple[Any, dict[str, Any]]], written: Written, plan: Plan
) -> None:
    create_all(made)
    for record in made:
        publish(plan.made(record), *plan.made_about(record))
    changed = update_all(revised)
    for record in changed:
        publish(plan.changed(record), *plan.about(record))
    ids = {record.pk for record in changed}
    for number, result in enumerate(written.results):
        if result.outcome == "same" and result.record_id in ids:
            written.results[number] = ImportResult("updated", result.record_id)
