from typing import Any
from uuid import UUID

from embudo.foundation.transfer import events, permissions
from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.foundation.transfer.rules.steps import State
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import lock
from embudo.kernel.undoing import take_back


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
    act_id = chunk.act

    def kept(changes: list[dict[str, Any]]) -> set[UUID]:
        ids = {UUID(change["id"]) for change in changes}
        return _with_parts(changes, _worked_on_since(import_, act_id, ids))

    taken = take_back(act_id, import_.kind, but=kept)
    left, put_back = taken.left, taken.put_back
    ImportChunk.objects.filter(pk=chunk.pk).update(
        undone=clock.now(), left=[[import_.kind, str(pk)] for pk in sorted(left)]
    )
    Import.objects.filter(pk=import_.pk).update(
        undone_count=import_.undone_count + len(put_back),
        left_count=import_.left_count + len(left),
        beaten=clock.now(),
    )
    publish(events.RowsUndone(import_.pk, chunk.number, len(put_back), len(left)), import_, *taken.touched)
    return True


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
