from dataclasses import dataclass
from datetime import date
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class LicenceGranted(Event):
    licence_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class LicenceEnded(Event):
    licence_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class LicenceSuspended(Event):
    licence_id: UUID
    person_id: UUID
    change_id: UUID | None  # the change whose denial did it


@dataclass(frozen=True)
class LicenceRestored(Event):
    licence_id: UUID
    person_id: UUID
    reason: str


@dataclass(frozen=True)
class ChangeRequested(Event):
    change_id: UUID
    account_id: UUID
    from_minor: int
    to_minor: int
    currency: str


@dataclass(frozen=True)
class ChangeEdited(Event):
    change_id: UUID


@dataclass(frozen=True)
class ChangeSubmitted(Event):
    """It is under review."""

    change_id: UUID
    approvers: int


@dataclass(frozen=True)
class ChangeRefused(Event):
    """By the policy."""

    change_id: UUID
    codes: tuple[str, ...]


@dataclass(frozen=True)
class ChangeSigned(Event):
    """Somebody approved it; so many of those needed have by now."""

    change_id: UUID
    person_id: UUID
    count: int
    needed: int


@dataclass(frozen=True)
class ChangeApproved(Event):
    change_id: UUID


@dataclass(frozen=True)
class ChangeRejected(Event):
    change_id: UUID


@dataclass(frozen=True)
class ChangeRecalled(Event):
    change_id: UUID


@dataclass(frozen=True)
class ChangeSuperseded(Event):
    change_id: UUID
    by_id: UUID


@dataclass(frozen=True)
class CustomerAsked(Event):
    """The question is in the outbox; without an address nothing was sent."""

    change_id: UUID
    answer_id: UUID
    is_mailed: bool


@dataclass(frozen=True)
class QuestionOpened(Event):
    change_id: UUID
    answer_id: UUID


@dataclass(frozen=True)
class QuestionDelivered(Event):
    change_id: UUID
    answer_id: UUID


@dataclass(frozen=True)
class QuestionUndeliverable(Event):
    change_id: UUID
    answer_id: UUID


@dataclass(frozen=True)
class ChangeAccepted(Event):
    change_id: UUID
    channel: str  # "" where the policy asks no consent


@dataclass(frozen=True)
class ChangeDenied(Event):
    change_id: UUID
    account_id: UUID
    channel: str
    code: str


@dataclass(frozen=True)
class ChangeExpired(Event):
    change_id: UUID


@dataclass(frozen=True)
class ChangeRehearsed(Event):
    change_id: UUID
    rehearsal_id: UUID
    has_breach: bool
    applies_on: date


@dataclass(frozen=True)
class RehearsalSigned(Event):
    change_id: UUID
    rehearsal_id: UUID
    person_id: UUID


@dataclass(frozen=True)
class ChangeHeldBack(Event):
    """Its day came and nobody had signed."""

    change_id: UUID


@dataclass(frozen=True)
class ChangeFailed(Event):
    change_id: UUID
    codes: tuple[str, ...]


@dataclass(frozen=True)
class ChangeApplied(Event):
    change_id: UUID
    account_id: UUID
    from_minor: int
    to_minor: int
    currency: str


@dataclass(frozen=True)
class CustomerInformed(Event):
    change_id: UUID


@dataclass(frozen=True)
class CustomerNotInformed(Event):
    """The change is applied, but the mail that says so came back or had no address."""

    change_id: UUID
