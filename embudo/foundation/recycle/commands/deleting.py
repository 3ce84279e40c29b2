from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Model, ProtectedError, RestrictedError
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.recycle import events
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.recycle.permissions import USE
from embudo.foundation.recycle.queries.plan import Plan, check_reach, plan_of, recycling_of
from embudo.foundation.recycle.rules import KEPT
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.act import attempt, current_act
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.permission import Permission
from embudo.kernel.record import OwnedRecord, Record, lock
from embudo.kernel.reference import Reference
from embudo.kernel.snapshot import kept, subject_of

LONGEST_TITLE = 200
PEOPLE = (ActorKind.USER, ActorKind.TOKEN)


@dataclass(frozen=True)
class Outcome:
    """What became of one of several: `recycled` where it was deleted, else the reason why not."""

    record_id: UUID
    recycled: Recycled | None = None
    code: str = ""
    reason: Any = ""

    @property
    def is_deleted(self) -> bool:
        return self.recycled is not None


@command(USE)
def recycle_record(actor: Actor, record: Record, *, version: int | None = None) -> Recycled:
    """
    Moves a record to the recycle bin, with all that is about it. Refuses (Forbidden) whoever may not delete it, (Stale) an older
    version, and (Refused) a record that something which stays still names.
    """
    kind, recycling = recycling_of(record.kind_name())
    check_reach(actor, record, recycling.permission)
    return put_in_bin(actor, kind, lock(record, version=version))


@command(USE)
def recycle_records(actor: Actor, *, kind: str, ids: Sequence[UUID]) -> list[Outcome]:
    """Moves many records of one kind to the recycle bin in one act; each that can't be deleted stays and says why."""
    found, recycling = recycling_of(kind)
    return [_tried(actor, found, recycling.permission, record_id) for record_id in dict.fromkeys(ids)]


def _tried(actor: Actor, kind: RecordKind, permission: Permission, record_id: UUID) -> Outcome:
    try:
        with attempt():
            record = kind.fetch(actor, record_id)
            check_reach(actor, record, permission)
            return Outcome(record_id, put_in_bin(actor, kind, lock(record)))
    except NotFound:
        return Outcome(
            record_id, None, "not_found", gettext("It is not there any more, or you may not see it.")
        )
    except Forbidden:
        return Outcome(record_id, None, "forbidden", gettext("Your role does not let you delete it."))
    except Refused as refusal:
        return Outcome(record_id, None, refusal.code, refusal.message)


def put_in_bin(actor: Actor, kind: RecordKind, record: Record, *, is_checked: bool = True) -> Recycled:
    """Removes the locked record with all that goes along, and keeps what restoring needs."""
    recycling = kind.recycling
    if is_checked and recycling and recycling.check:
        recycling.check(record)
    plan = plan_of(record)
    plan.check()
    links, rows = plan.emptied, plan.rows
    entry = _entry(actor, kind, record, plan)
    for reference, row in links:
        empty(reference, row)
    _remove(rows)
    create(entry)
    concerned = [
        record,
        *_carrier(record),
        *(row for row in rows if isinstance(row, Record) and row is not record),
    ]
    publish(
        events.RecordDeleted(entry.pk, entry.kind, record.pk, entry.further),
        *concerned,
        *(row for _reference, row in links),
        entry,
    )
    return entry


def _entry(actor: Actor, kind: RecordKind, record: Record, plan: Plan) -> Recycled:
    """As the rows are before anything is changed."""
    rows, recycling = plan.rows, kind.recycling
    follows = recycling.erasing.follows if recycling and recycling.erasing else ()
    return Recycled(
        kind=kind.name,
        record_id=record.pk,
        subject=subject_of(record),
        follows_id=next((found for name in follows if (found := getattr(record, f"{name}_id"))), None),
        title=str(kind.title(record))[:LONGEST_TITLE],
        owner_id=record.owner_id if isinstance(record, OwnedRecord) else None,
        act=current_act().id,
        deleted_by_id=actor.id if actor.kind in PEOPLE else None,
        until=clock.now() + KEPT,
        further=sum(kind_named(row._meta.label_lower) is not None for row in rows) - 1,
        snapshot=kept(reversed(rows)),
        links=[_link(reference, row, record) for reference, row in plan.emptied],
        files=[path for row in rows for path in files_of(row)],
    )


def files_of(row: Model) -> Sequence[str]:
    kind = kind_named(row._meta.label_lower)
    return kind.recycling.files(row) if kind and kind.recycling and kind.recycling.files else ()


def _link(reference: Reference, row: Any, record: Record) -> dict[str, Any]:
    return {
        "kind": row._meta.label_lower,
        "id": str(row.pk),
        "column": reference.column,
        "was": str(getattr(row, reference.column) or record.pk),
        "version": getattr(row, "version", 0) + 1,
        "updated": row.updated.isoformat() if isinstance(row, Record) else "",
    }


def empty(reference: Reference, row: Any) -> None:
    if isinstance(row, Record):
        update(row, **{reference.field: None}, **row.derived(**{reference.field: None}))
    else:
        reference.model._base_manager.filter(pk=row.pk).update(**{reference.column: None})


def _remove(rows: Sequence[Model]) -> None:
    try:
        for row in rows:
            if isinstance(row, Record):
                delete(row)
            else:
                type(row)._base_manager.filter(pk=row.pk).delete()
    except (ProtectedError, RestrictedError, IntegrityError) as fault:
        raise Refused(
            "recycle.in_use", _("Something that stays still names this record, so it cannot be deleted.")
        ) from fault


def _carrier(record: Record) -> tuple[Record, ...]:
    return record.concerned()[1:] if isinstance(record, AboutRecord) else ()
