from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import events
from embudo.foundation.duplicates.commands.pairs import decide, referred, user_id
from embudo.foundation.duplicates.models import Merge, Pair, PairState, Redirect
from embudo.foundation.duplicates.permissions import MERGE
from embudo.foundation.duplicates.queries.likeness import matched_kind
from embudo.kernel import clock
from embudo.kernel.act import attempt, current_act
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update, update_all
from embudo.kernel.command import command
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.kind import Matching, RecordKind
from embudo.kernel.record import Record, lock
from embudo.kernel.reference import Reference, new_values, references_to
from embudo.kernel.snapshot import Kept, kept

UNDOABLE = timedelta(days=90)
MOST_AT_ONCE = 20
CHUNK = 500


@dataclass
class Moved:
    """What re-pointing did: which rows were changed from which id, and which went because their like was there already."""

    links: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[Kept] = field(default_factory=list)


@command(MERGE)
def merge_records(
    actor: Actor,
    *,
    kind: str,
    survivor_id: UUID,
    merged_ids: tuple[UUID, ...],
    values: Mapping[str, UUID] | None = None,
) -> Merge:
    """
    Makes one record of several: all that referred to the others refers to the survivor. `values` says of which record a
    field's value stays. Refuses (NotFound) records out of sight, and (Refused) what the database cannot join.
    """
    found, matching = matched_kind(kind)
    _check_ids(survivor_id, merged_ids)
    known = {pk: found.fetch(actor, pk) for pk in (survivor_id, *merged_ids)}
    locked = {pk: lock(known[pk]) for pk in sorted(known)}
    survivor, others = locked[survivor_id], [locked[pk] for pk in merged_ids]
    chosen = _chosen(matching, survivor, others, values or {})
    snapshot = kept([survivor, *others])
    moved = Moved()
    for other in others:
        _repoint(found, survivor, other, moved)
    _remove(others)
    survivor = _settled(matching, survivor, chosen)
    merge = _remember(actor, survivor, others, moved, [*snapshot, *moved.dropped])
    _decide_pairs(actor, kind, survivor_id, merged_ids)
    publish(
        events.RecordsMerged(merge.id, kind, survivor_id, merged_ids),
        survivor,
        *referred(kind, *merged_ids),
        merge,
    )
    return merge


def _check_ids(survivor_id: UUID, merged_ids: Sequence[UUID]) -> None:
    if not merged_ids or survivor_id in merged_ids or len(set(merged_ids)) != len(merged_ids):
        raise Invalid({"merged_ids": [_("Choose at least one other record to merge, each once.")]})
    if len(merged_ids) > MOST_AT_ONCE:
        raise Invalid({"merged_ids": [_("Merge at most %(n)d records at once.") % {"n": MOST_AT_ONCE}]})


# --- whose values stay -------------------------------------------------------------------------------------------------


def _chosen(
    matching: Matching, survivor: Record, others: Sequence[Record], values: Mapping[str, UUID]
) -> dict[str, Any]:
    """The value of every field: of the record that was named, else the survivor's, else the first that is not empty."""
    known = {record.pk: record for record in (survivor, *others)}
    faults = {name: [_("Choose one of the records.")] for name, pk in values.items() if pk not in known}
    faults |= {
        name: [_("There is no such field to choose.")] for name in values if name not in matching.fields
    }
    if faults:
        raise Invalid(faults)
    chosen = {}
    for name in matching.fields:
        column = _attname(survivor, name)
        ordered = [known[values[name]]] if name in values else [survivor, *others]
        chosen[column] = _first(
            [getattr(record, column) for record in ordered], set(known) - {survivor.pk}, survivor.pk
        )
    custom = _custom(survivor, others)
    return chosen | ({"custom": custom} if custom is not None else {})


def _attname(record: Record, name: str) -> str:
    found: Any = record._meta.get_field(name)
    return str(found.attname)


def _first(found: Sequence[Any], gone: set[UUID], own: UUID) -> Any:
    """The first that says something; a reference to one of the merged records themselves says nothing."""
    said = [value for value in found if not (isinstance(value, UUID) and (value in gone or value == own))]
    return next((value for value in said if value), said[0] if said else None)


def _custom(survivor: Record, others: Sequence[Record]) -> dict[str, Any] | None:
    """Values of self-made attributes: the survivor's, filled up by the others'."""
    if not isinstance(survivor, WithCustomValues):
        return None
    whole: dict[str, Any] = {}
    for record in reversed((survivor, *others)):
        own = getattr(record, "custom", None) or {}
        whole |= {key: value for key, value in own.items() if value not in (None, "", [])}
    return whole


def _settled(matching: Matching, survivor: Record, chosen: Mapping[str, Any]) -> Record:
    fresh = lock(survivor)  # it may itself have referred to one of the others
    update(fresh, **chosen, **fresh.derived(**chosen))
    further = matching.settle(fresh) if matching.settle else {}
    return update(fresh, **further, **fresh.derived(**further)) if further else fresh


# --- re-pointing -------------------------------------------------------------------------------------------------------


def _repoint(kind: RecordKind, survivor: Record, other: Record, moved: Moved) -> None:
    for reference in references_to(kind.model):
        rows = list(reference.rows(kind.name, [other.pk]).select_for_update())
        if not issubclass(reference.model, Record):
            _repoint_plainly(reference, survivor, other, rows, moved)
        elif reference.is_unique:
            for row in rows:
                _repoint_or_drop(reference, survivor, other, row, moved)
        else:
            _repoint_all(reference, survivor, other, rows, moved)


def _note_link(reference: Reference, row: Any, other: Record, moved: Moved) -> None:
    moved.links.append(
        {
            "kind": row._meta.label_lower,
            "id": str(row.pk),
            "column": reference.column,
            "was": str(other.pk),
            "version": getattr(row, "version", 0) + 1,
            "updated": row.updated.isoformat() if isinstance(row, Record) else "",
        }
    )


def _repoint_all(
    reference: Reference, survivor: Record, other: Record, rows: Sequence[Any], moved: Moved
) -> None:
    for row in rows:
        _note_link(reference, row, other, moved)
    for start in range(0, len(rows), CHUNK):
        update_all([(row, new_values(reference, row, survivor)) for row in rows[start : start + CHUNK]])


def _repoint_or_drop(reference: Reference, survivor: Record, other: Record, row: Any, moved: Moved) -> None:
    """Where the survivor has such a row already (the same person at the same company), this one goes."""
    snapshot = kept([row])
    _note_link(reference, row, other, moved)
    try:
        with attempt():
            update(row, **new_values(reference, row, survivor))
    except IntegrityError:
        moved.links.pop()
        moved.dropped += snapshot
        delete(lock(row))


def _repoint_plainly(
    reference: Reference, survivor: Record, other: Record, rows: Sequence[Any], moved: Moved
) -> None:
    """Rows that are no records: derived ones and the tables between two others."""
    for row in rows:
        found = reference.model._base_manager.filter(pk=row.pk)
        try:
            with attempt():
                found.update(**{reference.column: survivor.pk})
        except IntegrityError:
            moved.dropped += kept([row])
            found.delete()
        else:
            _note_link(reference, row, other, moved)


def _remove(others: Sequence[Record]) -> None:
    try:
        for other in others:
            delete(other)
    except (ProtectedError, IntegrityError) as fault:
        raise Refused(
            "duplicates.still_referred_to",
            _(
                "Something that cannot be moved still refers to one of these records, so they cannot be merged."
            ),
        ) from fault


# --- remembering -------------------------------------------------------------------------------------------------------


def _remember(
    actor: Actor, survivor: Record, others: Sequence[Record], moved: Moved, snapshot: list[Kept]
) -> Merge:
    after = kept([survivor])[0] | {"is_after": True}
    merge = create(
        Merge(
            kind=survivor.kind_name(),
            survivor_id=survivor.pk,
            merged_ids=[str(other.pk) for other in others],
            act=current_act().id,
            by_id=user_id(actor),
            undo_until=clock.now() + UNDOABLE,
            links=moved.links,
            snapshot=[*snapshot, after],
        )
    )
    for other in others:
        create(Redirect(kind=merge.kind, old_id=other.pk, survivor_id=survivor.pk, merge=merge))
    return merge


def _decide_pairs(actor: Actor, kind: str, survivor_id: UUID, merged_ids: Sequence[UUID]) -> None:
    """Pairs among the merged are done; what one of them was said not to be, the survivor is not either."""
    gone, all_ids = set(merged_ids), {survivor_id, *merged_ids}
    for pair in Pair.objects.select_for_update().filter(Q(one__in=gone) | Q(other__in=gone), kind=kind):
        if {pair.one, pair.other} <= all_ids:
            decide(actor, pair, PairState.MERGED)
        elif pair.state == PairState.DISMISSED:
            _inherit(pair, survivor_id, pair.other if pair.one in gone else pair.one)


def _inherit(pair: Pair, survivor_id: UUID, stranger: UUID) -> None:
    one, other = sorted((survivor_id, stranger))
    decided = {"state": pair.state, "decided_by_id": pair.decided_by_id, "decided_at": pair.decided_at}
    known = Pair.objects.select_for_update().filter(kind=pair.kind, one=one, other=other).first()
    if known is None:
        told = {name: getattr(pair, name) for name in ("bits", "probability", "reasons")}
        create(Pair(kind=pair.kind, one=one, other=other, **told, **decided))
    elif known.state == PairState.OPEN:
        update(known, **decided)
