"""Many records are changed: at once where they are few, else a part and a transaction at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from embudo.foundation.editing import events, queries, rules
from embudo.foundation.editing.commands.acts import checked_values, results_of
from embudo.foundation.editing.models import BulkPart, BulkRun
from embudo.foundation.editing.permissions import CHANGE_MANY
from embudo.foundation.editing.rules import AT_ONCE, CHUNK, State
from embudo.kernel import clock
from embudo.kernel.act import current_act
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.kind import ImportResult
from embudo.kernel.record import lock


@dataclass(frozen=True)
class BulkAct:
    """
    What is done to many records of a kind. `values` are those that the kind's `editing` takes; of a tag {"attribute", "add",
    "remove"}. `title` and `address` are those of the list they were picked from.
    """

    kind: str
    what: str
    values: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    address: str = ""


@command(CHANGE_MANY)
def change_many(actor: Actor, *, act: BulkAct, ids: Sequence[UUID]) -> BulkRun:
    """
    Changes the records named: up to 200 at once, more in the background. Refuses (Forbidden) kinds whose records the actor may
    not change, and (Invalid) values that fit none; records that do not take them fail by themselves.
    """
    picked = list(dict.fromkeys(ids))
    rules.check_count(len(picked))
    values = checked_values(actor, act.kind, act.what, act.values, picked)
    run = create(
        BulkRun(
            kind=act.kind, what=act.what, values=values, list_title=act.title[:160], address=act.address[:4000],
            total=len(picked), turn=1, owner_id=actor.id,
        )
    )  # fmt: skip
    BulkPart.objects.bulk_create(
        BulkPart(run=run, number=number, ids=[str(pk) for pk in picked[first : first + CHUNK]])
        for number, first in enumerate(range(0, len(picked), CHUNK))
    )
    publish(events.ManyStarted(run.pk, run.kind, run.what, run.total, run.turn), run)
    if run.total <= AT_ONCE:
        while _next_part_written(actor, run):
            pass
    return run


@command(CHANGE_MANY)
def write_part(actor: Actor, run: BulkRun, *, turn: int) -> bool:
    """
    Changes the next of a run's records, in one transaction with its own record of what became of each; the last ones end the run.
    False when there is nothing more to do, or somebody has cancelled or moved it on since.
    """
    run = lock(run)
    if run.state != State.RUNNING or run.turn != turn:
        return False
    return _next_part_written(actor, run)


def _next_part_written(actor: Actor, run: BulkRun) -> bool:
    part = queries.next_part(run)
    if part is not None:
        _keep(run, part, results_of(actor, run, [UUID(pk) for pk in part.ids]))
    if queries.next_part(run) is not None:
        return True
    update(run, state=State.DONE)
    publish(events.ManyFinished(run.pk, run.changed_count, run.same_count, run.failed_count), run)
    return False


def _keep(run: BulkRun, part: BulkPart, results: Sequence[ImportResult]) -> None:
    failed = [
        [str(pk), " ".join(str(one) for one in result.problems)]
        for pk, result in zip(part.ids, results, strict=True)
        if result.outcome == "failed"
    ]
    same = [pk for pk, result in zip(part.ids, results, strict=True) if result.outcome == "same"]
    changed = len(results) - len(failed) - len(same)
    BulkPart.objects.filter(pk=part.pk).update(
        written=clock.now(), same=same, failures=failed, act=current_act().id if changed else None
    )
    run.done += len(results)
    run.changed_count += changed
    run.same_count += len(same)
    run.failed_count += len(failed)
    counted = {name: getattr(run, name) for name in ("done", "changed_count", "same_count", "failed_count")}
    BulkRun.objects.filter(pk=run.pk).update(beaten=clock.now(), **counted)


@command(CHANGE_MANY)
def cancel_run(actor: Actor, run: BulkRun) -> BulkRun:
    """Ends a run after the records that are being changed; what is changed stays, and can be undone. Refuses one that is over."""
    run = lock(run)
    rules.check_step(run.state, rules.CANCELLABLE)
    update(run, state=State.CANCELLED, turn=run.turn + 1)
    publish(events.ManyCancelled(run.pk), run)
    return run


def mark_stopped(run: BulkRun, problem: str) -> None:
    """Where it can't go on: not an act of somebody's, but what the background found."""
    moving = BulkRun.objects.filter(pk=run.pk, turn=run.turn, state__in=rules.MOVING)
    moving.update(state=State.STOPPED, problem=problem[:400])
