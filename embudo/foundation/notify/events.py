from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class MailQueued(Event):
    mail_id: UUID
    round: int


@dataclass(frozen=True)
class MailSent(Event):
    mail_id: UUID


@dataclass(frozen=True)
class MailDelayed(Event):
    mail_id: UUID
    attempts: int


@dataclass(frozen=True)
class MailFailed(Event):
    mail_id: UUID
    attempts: int


@dataclass(frozen=True)
class MailBounced(Event):
    """A server took the mail over, and it came back."""

    mail_id: UUID


@dataclass(frozen=True)
class MailsPruned(Event):
    count: int


@dataclass(frozen=True)
class UserTold(Event):
    user_id: UUID
    kind: str


@dataclass(frozen=True)
class NotificationsRead(Event):
    user_id: UUID
    count: int


@dataclass(frozen=True)
class NotificationsPruned(Event):
    count: int


@dataclass(frozen=True)
class RecordFollowed(Event):
    kind: str
    record_id: UUID


@dataclass(frozen=True)
class RecordUnfollowed(Event):
    kind: str
    record_id: UUID


@dataclass(frozen=True)
class PreferencesChanged(Event):
    user_id: UUID
