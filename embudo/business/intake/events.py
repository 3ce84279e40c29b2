from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class AssignmentCreated(Event):
    assignment_id: UUID


@dataclass(frozen=True)
class AssignmentChanged(Event):
    assignment_id: UUID


@dataclass(frozen=True)
class AssignmentOpened(Event):
    assignment_id: UUID


@dataclass(frozen=True)
class PersonBound(Event):
    assignment_id: UUID
    person_id: UUID
    duty: str
    by_id: UUID | None


@dataclass(frozen=True)
class BindingChanged(Event):
    assignment_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class PersonUnbound(Event):
    assignment_id: UUID
    person_id: UUID
    duty: str


@dataclass(frozen=True)
class PartClosed(Event):
    """`closing_id` is the cause that what it closed is reopened by."""

    assignment_id: UUID
    closing_id: UUID
    is_final: bool


@dataclass(frozen=True)
class PartReopened(Event):
    assignment_id: UUID
    closing_id: UUID


@dataclass(frozen=True)
class AssignmentArchived(Event):
    assignment_id: UUID
    is_archived: bool


@dataclass(frozen=True)
class DeliveryOrdered(Event):
    delivery_id: UUID
    assignment_id: UUID


@dataclass(frozen=True)
class DeliveryMade(Event):
    delivery_id: UUID
    assignment_id: UUID
    rows: int


@dataclass(frozen=True)
class DeliveryFailed(Event):
    delivery_id: UUID


@dataclass(frozen=True)
class EntryMade(Event):
    entry_id: UUID
    assignment_id: UUID


@dataclass(frozen=True)
class EntryCorrected(Event):
    entry_id: UUID


@dataclass(frozen=True)
class EntryHandedIn(Event):
    entry_id: UUID
    round: int


@dataclass(frozen=True)
class EntryClaimed(Event):
    entry_id: UUID
    verifier_id: UUID


@dataclass(frozen=True)
class EntryReleased(Event):
    entry_id: UUID


@dataclass(frozen=True)
class EntryAccepted(Event):
    """`company_id` or `person_id` is the record of the directory that it became or added to."""

    entry_id: UUID
    company_id: UUID | None
    person_id: UUID | None


@dataclass(frozen=True)
class EntryRejected(Event):
    entry_id: UUID
    owner_id: UUID | None
    round: int


@dataclass(frozen=True)
class EntryWithdrawn(Event):
    entry_id: UUID


@dataclass(frozen=True)
class EntryDisputed(Event):
    entry_id: UUID


@dataclass(frozen=True)
class DisputeDecided(Event):
    entry_id: UUID
    is_overruled: bool


@dataclass(frozen=True)
class MessageSent(Event):
    entry_id: UUID
    message_id: UUID
    author_id: UUID


@dataclass(frozen=True)
class SecondEntered(Event):
    entry_id: UUID
    is_same: bool


@dataclass(frozen=True)
class SecondWaived(Event):
    """The reason stands among the entry's messages."""

    entry_id: UUID
    message_id: UUID


@dataclass(frozen=True)
class LikenessDecided(Event):
    likeness_id: UUID
    is_same: bool
