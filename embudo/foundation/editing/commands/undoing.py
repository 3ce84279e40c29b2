from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.editing import events, queries, rules
from embudo.foundation.editing.models import BulkPart, BulkRun
from embudo.foundation.editing.permissions import CHANGE_MANY
from embudo.foundation.editing.rules import AT_ONCE, State, What
from embudo.foundation.recycle.commands import restore_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import Record, lock
from embudo.kernel.undoing import take_back


@command(CHANGE_MANY)
def undo_run(actor: Actor, run: BulkRun) -> BulkRun:
    """
    Puts the records back as they were: at once where they are few, else in the background. What somebody changed since is left and
    reported, as are records that somebody else than the run's owner may not change. Refuses one that is not over.
    """
    run = lock(run)
    rules.check_step(run.state, rules.UNDOABLE)
    if not run.changed_count:
        raise Refused("editing.nothing_changed", _("Nothing was changed, so there is nothing to undo."))
    update(run, state=State.UNDOING, turn=run.turn + 1, problem="", undone_by_id=actor.id)
    publish(events.ManyUndoing(run.pk, run.turn), run)
    if run.total <= AT_ONCE:
        while _last_part_undone(actor, run):
            pass
    return run


@command(CHANGE_MANY)
def undo_part(actor: Actor, run: BulkRun, *, turn: int) -> bool:
    """Puts the last part that still stands back. False when none stands any more, or the run was moved on since."""
    run = lock(run)
    if run.state != State.UNDOING or run.turn != turn:
        return False
    return _last_part_undone(actor, run)


def _last_part_undone(actor: Actor, run: BulkRun) -> bool:
    part = queries.last_standing_part(run)
    if part is None or part.act is None:
        update(run, state=State.UNDONE)
        publish(events.ManyUndone(run.pk, -1, run.undone_count, run.left_count), run)
        return False
    put_back, left, touched = (
        _restored(actor, part.act) if run.what == What.DELETE else _put_back(actor, run, part.act)
    )
    BulkPart.objects.filter(pk=part.pk).update(undone=clock.now(), left=sorted(str(pk) for pk in left))
    run.undone_count += len(put_back)
    run.left_count += len(left)
    BulkRun.objects.filter(pk=run.pk).update(
        undone_count=run.undone_count, left_count=run.left_count, beaten=clock.now()
    )
    publish(events.ManyUndone(run.pk, part.number, len(put_back), len(left)), run, *touched)
    return True


Fate = tuple[Collection[UUID], Collection[UUID], Collection[Record]]


def _put_back(actor: Actor, run: BulkRun, act: UUID) -> Fate:
    def kept(changes: list[dict[str, Any]]) -> set[UUID]:
        ids = {UUID(one["id"]) for one in changes if one["kind"] == run.kind}
        return {run.pk} | (set() if actor.id == run.owner_id else queries.beyond_reach(actor, run, ids))

    taken = take_back(act, run.kind, but=kept)
    return taken.put_back, taken.left, [one for one in taken.touched if one.pk in taken.put_back]


def _restored(actor: Actor, act: UUID) -> Fate:
    """Deleted records come back from the recycle bin; those that somebody restored before are as they were."""
    entries = Recycled.objects.filter(act=act)
    restored: set[UUID] = set(entries.exclude(restored_at=None).values_list("record_id", flat=True))
    left: set[UUID] = set()
    for entry in entries.filter(restored_at=None).order_by("id"):
        try:
            with attempt():
                restore_record(actor, entry)
            restored.add(entry.record_id)
        except (Refused, Forbidden, NotFound):
            left.add(entry.record_id)
    return restored, left, ()
