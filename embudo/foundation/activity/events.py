from dataclasses import dataclass
from datetime import date
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class TaskCreated(Event):
    task_id: UUID
    owner_id: UUID | None


@dataclass(frozen=True)
class TaskChanged(Event):
    task_id: UUID


@dataclass(frozen=True)
class TaskAssigned(Event):
    task_id: UUID
    owner_id: UUID | None


@dataclass(frozen=True)
class TaskCompleted(Event):
    task_id: UUID


@dataclass(frozen=True)
class TaskClosedItself(Event):
    task_id: UUID


@dataclass(frozen=True)
class TaskReopened(Event):
    task_id: UUID


@dataclass(frozen=True)
class TaskRemoved(Event):
    task_id: UUID


@dataclass(frozen=True)
class NoteAdded(Event):
    note_id: UUID


@dataclass(frozen=True)
class NoteChanged(Event):
    note_id: UUID


@dataclass(frozen=True)
class NoteRemoved(Event):
    note_id: UUID


@dataclass(frozen=True)
class CallLogged(Event):
    call_id: UUID


@dataclass(frozen=True)
class CallChanged(Event):
    call_id: UUID


@dataclass(frozen=True)
class MeetingPlanned(Event):
    meeting_id: UUID


@dataclass(frozen=True)
class MeetingChanged(Event):
    meeting_id: UUID


@dataclass(frozen=True)
class MeetingCancelled(Event):
    meeting_id: UUID


@dataclass(frozen=True)
class TasksReminded(Event):
    user_id: UUID
    day: date
    count: int


@dataclass(frozen=True)
class MeetingReminded(Event):
    meeting_id: UUID
