from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class ListExported(Event):
    """`address` is the list with its filters, as it was seen."""

    title: str
    address: str
    rows: int
    format: str


@dataclass(frozen=True)
class ImportStarted(Event):
    """A file is there; nothing is written yet."""

    import_id: UUID
    kind: str


@dataclass(frozen=True)
class ImportMatched(Event):
    """Its columns have a meaning: its rows are to be checked, the `turn`-th time."""

    import_id: UUID
    turn: int


@dataclass(frozen=True)
class ImportRowsChosen(Event):
    """Somebody said what becomes of rows that look like known records."""

    import_id: UUID
    rows: int


@dataclass(frozen=True)
class ImportRun(Event):
    """Its rows are to be written, from where it stands."""

    import_id: UUID
    turn: int


@dataclass(frozen=True)
class ImportPaused(Event):
    import_id: UUID


@dataclass(frozen=True)
class ImportCancelled(Event):
    import_id: UUID


@dataclass(frozen=True)
class ImportFinished(Event):
    import_id: UUID
    created: int
    updated: int
    skipped: int
    failed: int


@dataclass(frozen=True)
class ImportUndoing(Event):
    """What it wrote is to be taken back."""

    import_id: UUID
    turn: int


@dataclass(frozen=True)
class RowsUndone(Event):
    """A chunk of an import was taken back; `left` records somebody has worked on since."""

    import_id: UUID
    chunk: int
    put_back: int
    left: int


@dataclass(frozen=True)
class ImportFilesPruned(Event):
    """Files of imports that are long over were deleted."""

    count: int
