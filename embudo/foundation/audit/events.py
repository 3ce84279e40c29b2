from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class LogCheckRequested(Event):
    """Somebody wants the chain walked; it may take minutes, so a job does it."""


@dataclass(frozen=True)
class LogChecked(Event):
    check_id: UUID
    faults: int
