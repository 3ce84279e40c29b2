from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class ManyStarted(Event):
    """Many records are to be changed; in the background when there are more than a page or two of them."""

    run_id: UUID
    kind: str
    what: str
    total: int
    turn: int


@dataclass(frozen=True)
class ManyCancelled(Event):
    run_id: UUID


@dataclass(frozen=True)
class ManyFinished(Event):
    run_id: UUID
    changed: int
    same: int
    failed: int


@dataclass(frozen=True)
class ManyUndoing(Event):
    """What was changed is to be as before."""

    run_id: UUID
    turn: int


@dataclass(frozen=True)
class ManyUndone(Event):
    """A part of it is as before; `left` records somebody has changed since."""

    run_id: UUID
    part: int
    put_back: int
    left: int


@dataclass(frozen=True)
class ValueUndone(Event):
    """Somebody took back their own edit of a single value."""

    kind: str
    record_id: UUID
