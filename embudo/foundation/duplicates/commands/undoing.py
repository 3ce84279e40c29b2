from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import events
from embudo.foundation.duplicates.commands.pairs import referred
from embudo.foundation.duplicates.models import Merge, Pair, PairState, Redirect
from embudo.foundation.duplicates.permissions import MERGE
from embudo.foundation.duplicates.queries.likeness import matched_kind
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.former import survivor_of
from embudo.kernel.record import Record, lock
from embudo.kernel.reference import Reference, new_values, references_to
from embudo.kernel.snapshot import Kept, is_recreated, living, readable, revived

Left = dict[str, str]
UNSAID = frozenset({"id", "created", "updated", "version"})


@command(MERGE)
def undo_merge(actor: Actor, merge: Merge) -> Merge:
    """
    Makes the merged records stand on their own again, with their links. What was changed since is left as it is and told in
    `left`. Refuses a merge undone before, one older than 90 days, and one whose survivor was itself merged or removed.
    """
    merge = lock(merge)
    _check(merge)
    rows = readable(merge.snapshot)
    merged_ids = tuple(UUID(text) for text in merge.merged_ids)
    left: list[Left] = []
    survivor = _survivor(merge)
    for redirect in Redirect.objects.filter(merge=merge):
        delete(redirect)
    # first the survivor: a value that must be unique is then free for the record it came from
    _put_back_survivor(survivor, rows, left)
    for one, values in rows:
        if one["kind"] == merge.kind and UUID(one["id"]) in merged_ids:
            _recreate_merged(one, values)
    _put_back_links(merge, left)
    for one, values in rows:
        is_further = one["id"] not in (str(merge.survivor_id), *merge.merged_ids)
        if is_further and not _recreate(one, values):
            left.append(_left(one["kind"], one["id"], ""))
    _settle_again(merge)
    _reopen(merge, merged_ids)
    update(merge, undone_at=clock.now(), left=left)
    concerned = (*referred(merge.kind, merge.survivor_id, *merged_ids), merge)
    publish(events.MergeUndone(merge.id, merge.kind, merge.survivor_id, merged_ids), *concerned)
    return merge


def _check(merge: Merge) -> None:
    if merge.undone_at is not None:
        raise Refused("duplicates.already_undone", _("This merge has already been undone."))
    if not merge.is_undoable or not merge.snapshot:
        raise Refused("duplicates.too_late", _("A merge can be undone for 90 days. This one is older."))
    if survivor_of(merge.survivor_id):
        raise Refused(
            "duplicates.merged_on", _("The record was merged into another one since. Undo that merge first.")
        )
    if any(values is None for _one, values in readable(merge.snapshot)):
        raise Refused("duplicates.erased", _("Somebody in this merge was erased, so it cannot be undone."))


def _survivor(merge: Merge) -> Record:
    kind, _matching = matched_kind(merge.kind)
    found = kind.model._base_manager.filter(pk=merge.survivor_id).first()
    if found is None:
        raise Refused(
            "duplicates.survivor_gone", _("The merged record was removed, so the merge cannot be undone.")
        )
    return lock(found)


def _left(kind: str, record_id: Any, what: str) -> Left:
    return {"kind": kind, "id": str(record_id), "what": what}


# --- the survivor's own values ------------------------------------------------------------------------------------------


def _put_back_survivor(
    survivor: Record, rows: list[tuple[Kept, Mapping[str, Any] | None]], left: list[Left]
) -> None:
    """Each value that the merge set and nobody changed since."""
    own = [(one, values or {}) for one, values in rows if one["id"] == str(survivor.pk)]
    before = next(values for one, values in own if not one.get("is_after"))
    after = next(values for one, values in own if one.get("is_after"))
    back: dict[str, Any] = {}
    secret = type(survivor).secret_fields
    for name, value in before.items():
        if name in UNSAID or name in secret or value == after.get(name):
            continue
        if getattr(survivor, name) == after.get(name):
            back[name] = living(survivor, name, value)
        else:
            left.append(_left(survivor.kind_name(), survivor.pk, name))
    if back:
        update(survivor, **back, **survivor.derived(**back))


# --- rows that went -----------------------------------------------------------------------------------------------------


def _recreate(one: Kept, values: Mapping[str, Any] | None) -> bool:
    """False where something that stands there now forbids it."""
    return is_recreated(revived(one, values or {}))


def _recreate_merged(one: Kept, values: Mapping[str, Any] | None) -> None:
    if not _recreate(one, values):
        raise Refused(
            "duplicates.taken",
            _("Another record has taken a value that must be unique. Change it there first."),
        )


# --- links --------------------------------------------------------------------------------------------------------------


def _put_back_links(merge: Merge, left: list[Left]) -> None:
    kind, _matching = matched_kind(merge.kind)
    known = {(one.model._meta.label_lower, one.column): one for one in references_to(kind.model)}
    records: dict[str, Record] = {
        str(record.pk): record for record in kind.model._base_manager.filter(pk__in=merge.merged_ids)
    }
    for link in merge.links:
        reference, goal = known.get((link["kind"], link["column"])), records.get(link["was"])
        if reference is None or goal is None or not _put_back_link(merge, reference, link, goal):
            left.append(_left(link["kind"], link["id"], link["column"]))


def _put_back_link(merge: Merge, reference: Reference, link: Mapping[str, Any], goal: Record) -> bool:
    """True when the row refers to the merged record again: it is there and still referred to the survivor."""
    found = reference.model._base_manager.select_for_update(of=("self",)).filter(pk=link["id"])
    row: Any = found.first()
    among = {None, goal.pk} if link["id"] in (str(merge.survivor_id), *merge.merged_ids) else set()
    if row is None or getattr(row, reference.column) not in {merge.survivor_id, *among}:
        return False
    try:
        with attempt():
            if not isinstance(row, Record):
                found.update(**{reference.column: goal.pk})
                return True
            was_untouched = row.version == link["version"]
            update(row, **new_values(reference, row, goal))
            if was_untouched:  # as if nothing had happened: lists by date show it where it was
                found.update(updated=datetime.fromisoformat(link["updated"]))
    except IntegrityError:
        return False
    return True


def _settle_again(merge: Merge) -> None:
    kind, matching = matched_kind(merge.kind)
    if matching.settle is None:
        return
    for record in kind.model._base_manager.filter(pk__in=[merge.survivor_id, *merge.merged_ids]):
        fresh = lock(record)
        further = matching.settle(fresh)
        update(fresh, **further, **fresh.derived(**further))


def _reopen(merge: Merge, merged_ids: tuple[UUID, ...]) -> None:
    ids = (merge.survivor_id, *merged_ids)
    done = Pair.objects.filter(kind=merge.kind, one__in=ids, other__in=ids, state=PairState.MERGED)
    for pair in done.select_for_update():
        update(pair, state=PairState.OPEN, decided_by=None, decided_at=None)


@command(MERGE)
def forget_snapshots(actor: Actor) -> int:
    """Throws away what undoing would need of merges that can be undone no more; the redirects stay."""
    old = Merge.objects.filter(undo_until__lt=clock.now()).exclude(snapshot=[])[:500]
    forgotten = 0
    for merge in old:
        update(merge, snapshot=[], links=[])
        forgotten += 1
    if forgotten:
        publish(events.SnapshotsForgotten(forgotten))
    return forgotten
