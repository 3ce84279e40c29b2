from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class RecordDeleted(Event):
    recycled_id: UUID
    kind: str
    record_id: UUID
    further: int  # how many records went along


@dataclass(frozen=True)
class RecordRestored(Event):
    recycled_id: UUID
    kind: str
    record_id: UUID
    left: int  # what could not be put back


@dataclass(frozen=True)
class RecordErased(Event):
    erasure_id: UUID
    kind: str
    record_id: UUID
    why: str
