from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.foundation.recycle import events
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.recycle.permissions import USE
from embudo.foundation.recycle.rules import CHANGED, ERASED, GONE, OWNER, TAKEN, check_in_bin
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.former import survivor_of
from embudo.kernel.record import OwnedRecord, Record, lock
from embudo.kernel.reference import Reference, new_values, references_to
from embudo.kernel.snapshot import Kept, is_recreated, readable, revived

Left = dict[str, str]


@command(USE)
def restore_record(actor: Actor, recycled: Recycled) -> Recycled:
    """
    Puts a deleted record back with its links and what went along; what cannot be put back is told in `left`. Refuses one
    that was restored or erased, one whose unique value is taken, and what is about a record that is deleted itself.
    """
    recycled = lock(recycled)
    check_in_bin(is_restored=recycled.restored_at is not None, is_erased=recycled.erased_at is not None)
    left: list[Left] = []
    rows = [one for one in readable(recycled.snapshot) if _is_known(one, left)]
    record = _put_back_record(recycled, rows)
    others = _put_back_others(recycled, rows, left)
    linked = _put_back_links(recycled, record, left)
    _tell_owner(record, left)
    update(recycled, restored_at=clock.now(), left=left, snapshot=[], links=[], files=[])
    publish(
        events.RecordRestored(recycled.pk, recycled.kind, recycled.record_id, len(left)),
        record,
        *_carrier(record),
        *others,
        *linked,
        recycled,
    )
    return recycled


def _carrier(record: Record) -> tuple[Record, ...]:
    return record.concerned()[1:] if isinstance(record, AboutRecord) else ()


def _left(kind: str, record_id: object, what: str, why: str) -> Left:
    return {"kind": kind, "id": str(record_id), "what": what, "why": why}


def _is_known(row: tuple[Kept, Mapping[str, Any] | None], left: list[Left]) -> bool:
    one, values = row
    if values is None:
        left.append(_left(one["kind"], one["id"], "", ERASED))
    return values is not None


def _put_back_record(recycled: Recycled, rows: list[tuple[Kept, Any]]) -> Record:
    """The record itself: without it nothing is restored."""
    own = next((row for row in rows if row[0]["id"] == str(recycled.record_id)), None)
    if own is None:
        raise Refused("recycle.erased", _("This record was erased for good; it cannot be restored."))
    record: Record = revived(*own)
    if isinstance(record, AboutRecord):
        _find_carrier(record)
    if _missing(record):
        raise Refused(
            "recycle.link_gone",
            _("A record that this one needs is deleted too. Restore that one first."),
        )
    if not is_recreated(record):
        raise Refused(
            "recycle.taken", _("Another record has taken a value that must be unique. Change it there first.")
        )
    return record


def _find_carrier(record: AboutRecord) -> None:
    """Where the record that this one is about lives now."""
    if record.about_id is None:
        return
    model = apps.get_model(record.about_kind)
    if model._base_manager.filter(pk=record.about_id).exists():
        return
    survivor = survivor_of(record.about_id)
    if survivor is None:
        raise Refused(
            "recycle.carrier_gone",
            _("The record that this one is about is deleted too. Restore that one first."),
        )
    record.about_kind, record.about_id = survivor


def _missing(row: Any) -> bool:
    """Whether a reference that may not be empty names nothing any more."""
    return any(
        one.is_relation and not one.null and getattr(row, one.attname) is None
        for one in row._meta.concrete_fields
    )


def _put_back_others(recycled: Recycled, rows: list[tuple[Kept, Any]], left: list[Left]) -> list[Record]:
    done: list[Record] = []
    for one, values in rows:
        if one["id"] == str(recycled.record_id):
            continue
        row = revived(one, values)
        if _missing(row):
            left.append(_left(one["kind"], one["id"], "", GONE))
        elif not is_recreated(row):
            left.append(_left(one["kind"], one["id"], "", TAKEN))
        elif isinstance(row, Record):
            done.append(row)
    return done


# --- references that were emptied ---------------------------------------------------------------------------------------


def _put_back_links(recycled: Recycled, record: Record, left: list[Left]) -> list[Record]:
    done: list[Record] = []
    for link in recycled.links:
        row, why = _linked_again(link, record)
        if why:
            left.append(_left(link["kind"], link["id"], link["column"], why))
        elif isinstance(row, Record):
            done.append(row)
    return done


def _linked_again(link: Mapping[str, Any], record: Record) -> tuple[Any, str]:
    """The row that refers to the record again, or why it does not: it is gone, or names something else by now."""
    model = apps.get_model(link["kind"])
    goal: Any = _goal(link, record)
    found = model._base_manager.select_for_update(of=("self",)).filter(pk=link["id"])
    row: Any = found.first()
    if row is None or goal is None:
        return None, GONE
    if getattr(row, link["column"]) is not None:
        return None, CHANGED
    try:
        with attempt():
            _link_to(goal, link, row, found)
    except IntegrityError:
        return None, TAKEN
    return row, ""


def _goal(link: Mapping[str, Any], record: Record) -> Record | None:
    """What it named: the record itself, or something that went along with it."""
    if link["was"] == str(record.pk):
        return record
    field = next(
        one for one in apps.get_model(link["kind"])._meta.concrete_fields if one.attname == link["column"]
    )
    related: Any = field.related_model
    found: Record | None = related._base_manager.filter(pk=link["was"]).first()
    return found


def _link_to(goal: Record, link: Mapping[str, Any], row: Any, found: Any) -> None:
    if not isinstance(row, Record):
        found.update(**{link["column"]: goal.pk})
        return
    was_untouched = row.version == link["version"]
    update(row, **new_values(_reference(goal, link), row, goal))
    if was_untouched:  # as if nothing had happened: lists by date show it where it was
        found.update(updated=datetime.fromisoformat(link["updated"]))


def _reference(goal: Record, link: Mapping[str, Any]) -> Reference:
    return next(
        one
        for one in references_to(type(goal))
        if one.model._meta.label_lower == link["kind"] and one.column == link["column"]
    )


def _tell_owner(record: Record, left: list[Left]) -> None:
    owner: Any = record.owner if isinstance(record, OwnedRecord) else None
    if owner is not None and not owner.is_active:
        left.append(_left(record.kind_name(), record.pk, str(owner.name), OWNER))
