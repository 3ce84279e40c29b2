from collections.abc import Collection
from typing import Any
from uuid import UUID

from embudo.foundation.transfer import events, permissions
from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.foundation.transfer.rules.steps import State
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import changes_of_act, undo_changes, update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import Record, lock

Pair = tuple[str, UUID]


@command(permissions.IMPORT)
def undo_chunk(actor: Actor, import_: Import, *, turn: int) -> bool:
    """
    Takes back the last chunk that still stands: records somebody has worked on since are left, and kept in a list. False when
    none stands any more, or the import was moved on since.
    """
    import_ = lock(import_)
    if import_.state != State.UNDOING or import_.turn != turn:
        return False
    chunk = (
        ImportChunk.objects.filter(run=import_, act__isnull=False, undone=None).order_by("-number").first()
    )
    if chunk is None or chunk.act is None:
        update(import_, state=State.UNDONE)
        publish(events.RowsUndone(import_.pk, -1, import_.undone_count, import_.left_count), import_)
        return False
    changes = changes_of_act(chunk.act)
    worked_on = _worked_on_since(import_, chunk.act, {UUID(change["id"]) for change in changes})
    undone = undo_changes(chunk.act, but=_with_parts(changes, worked_on), keeps_used=True)
    left = _of_kind(import_, undone.left)
    put_back = _of_kind(import_, undone.put_back) - left
    ImportChunk.objects.filter(pk=chunk.pk).update(
        undone=clock.now(), left=[[kind, str(pk)] for kind, pk in sorted(left)]
    )
    Import.objects.filter(pk=import_.pk).update(
        undone_count=import_.undone_count + len(put_back),
        left_count=import_.left_count + len(left),
        beaten=clock.now(),
    )
    publish(
        events.RowsUndone(import_.pk, chunk.number, len(put_back), len(left)), import_, *_still_there(changes)
    )
    return True


def _of_kind(import_: Import, pairs: Collection[Pair]) -> set[Pair]:
    """Without the parts (who works where, companies that people brought along): rows of the file are counted."""
    return {pair for pair in pairs if pair[0] == import_.kind}


def _worked_on_since(import_: Import, act_id: UUID, ids: set[UUID]) -> set[UUID]:
    """Those that a later act of anything but this import names."""
    last = LogEntry.objects.filter(act=act_id).order_by("-seq").values_list("seq", flat=True).first() or 0
    ours = set(ImportChunk.objects.filter(run=import_, act__isnull=False).values_list("act", flat=True))
    undoing = {"transfer.undo_chunk"}
    first = LogEntry.objects.filter(about_id__in=ids, seq__gt=last).values_list("about_id", "act", "command")
    further = LogAbout.objects.filter(record_id__in=ids, entry__seq__gt=last)
    rows = [*first, *further.values_list("record_id", "entry__act", "entry__command")]
    return {pk for pk, act, done_by in rows if pk and act not in ours and done_by not in undoing}


def _with_parts(changes: list[dict[str, Any]], ids: set[UUID]) -> set[UUID]:
    """With what belongs to them: rows of the same act that refer to one of them."""
    names = {str(pk) for pk in ids}
    parts = {
        UUID(one["id"]) for one in changes if names & {str(value) for value in (one["after"] or {}).values()}
    }
    return ids | parts


def _still_there(changes: list[dict[str, Any]]) -> list[Record]:
    """The records that were changed, not made: their timelines tell that it was taken back."""
    made = {change["id"] for change in changes if change["before"] is None}
    pairs = {(change["kind"], change["id"]) for change in changes if change["id"] not in made}
    kinds = {kind: kind_named(kind) for kind, _pk in pairs}
    return [known.model(id=UUID(pk)) for kind, pk in sorted(pairs) if (known := kinds[kind])]
