"""Work that was done in many acts, chunk by chunk, is taken back chunk by chunk."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from embudo.kernel.change import changes_of_act, undo_changes
from embudo.kernel.kind import kind_named
from embudo.kernel.record import Record

Change = Mapping[str, Any]
SLICE = 2.0  # seconds; then others of the queue have their turn


@dataclass(frozen=True)
class TakenBack:
    """What became of a kind's records of one act; `touched` are those that it had changed, not made."""

    put_back: frozenset[UUID]
    left: frozenset[UUID]
    touched: tuple[Record, ...]


def take_back(
    act_id: UUID, kind: str, *, but: Callable[[list[dict[str, Any]]], Collection[UUID]]
) -> TakenBack:
    """
    Puts back what the act changed, within the current act. Left are the records that somebody changed since, and of the act's
    changes those that `but` names; of the records of `kind` it is told.
    """
    changes = changes_of_act(act_id)
    undone = undo_changes(act_id, but=but(changes), keeps_used=True)
    left = frozenset(pk for name, pk in undone.left if name == kind)
    put_back = frozenset(pk for name, pk in undone.put_back if name == kind) - left
    return TakenBack(put_back, left, _touched(changes))


def _touched(changes: list[dict[str, Any]]) -> tuple[Record, ...]:
    """The records that were changed, not made: their timelines tell that it was taken back."""
    made = {change["id"] for change in changes if change["before"] is None}
    pairs = {(change["kind"], change["id"]) for change in changes if change["id"] not in made}
    kinds = {kind: kind_named(kind) for kind, _pk in pairs}
    return tuple(known.model(id=UUID(pk)) for kind, pk in sorted(pairs) if (known := kinds[kind]))


def for_a_while(step: Callable[[], bool]) -> bool:
    """Chunk after chunk, until there is none left or the time is up; whether there is more to do then."""
    end = monotonic() + SLICE
    while step():
        if monotonic() > end:
            return True
    return False
