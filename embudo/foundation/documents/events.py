from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class DocumentAttached(Event):
    document_id: UUID


@dataclass(frozen=True)
class VersionAdded(Event):
    document_id: UUID
    number: int


@dataclass(frozen=True)
class DocumentRenamed(Event):
    document_id: UUID


@dataclass(frozen=True)
class DocumentRemoved(Event):
    document_id: UUID


@dataclass(frozen=True)
class FileUploaded(Event):
    file_id: UUID


@dataclass(frozen=True)
class FilesPruned(Event):
    files: int
