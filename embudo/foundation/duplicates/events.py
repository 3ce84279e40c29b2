from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class PairDismissed(Event):
    pair_id: UUID
    kind: str
    one: UUID
    other: UUID


@dataclass(frozen=True)
class PairReopened(Event):
    pair_id: UUID
    kind: str
    one: UUID
    other: UUID


@dataclass(frozen=True)
class RecordsMerged(Event):
    merge_id: UUID
    kind: str
    survivor_id: UUID
    merged_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class MergeUndone(Event):
    merge_id: UUID
    kind: str
    survivor_id: UUID
    merged_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class SnapshotsForgotten(Event):
    merges: int


@dataclass(frozen=True)
class ScanRequested(Event):
    scan_id: UUID
    kind: str


@dataclass(frozen=True)
class ScanCancelled(Event):
    scan_id: UUID
