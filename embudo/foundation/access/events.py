from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class UserCreated(Event):
    user_id: UUID


@dataclass(frozen=True)
class UserInvited(Event):
    """`notify` mails `queries.invitation_link(user)`."""

    user_id: UUID


@dataclass(frozen=True)
class InvitationAccepted(Event):
    user_id: UUID


@dataclass(frozen=True)
class UserChanged(Event):
    user_id: UUID


@dataclass(frozen=True)
class ProfileChanged(Event):
    user_id: UUID


@dataclass(frozen=True)
class EmailChanged(Event):
    """The old address stands, encrypted, in this entry's changes."""

    user_id: UUID


@dataclass(frozen=True)
class UserMoved(Event):
    """Somebody else stands above the user now."""

    user_id: UUID
    manager_id: UUID | None


@dataclass(frozen=True)
class UserDeactivated(Event):
    user_id: UUID


@dataclass(frozen=True)
class UserActivated(Event):
    user_id: UUID


@dataclass(frozen=True)
class SignedIn(Event):
    """`method` is "password", "password and code", "password and passkey", "password and recovery code" or "passkey"."""

    user_id: UUID
    method: str


@dataclass(frozen=True)
class SignedOut(Event):
    user_id: UUID


@dataclass(frozen=True)
class SessionsEnded(Event):
    user_id: UUID
    sessions: int


@dataclass(frozen=True)
class PasswordResetRequested(Event):
    """`notify` mails `queries.reset_link(user)`."""

    user_id: UUID


@dataclass(frozen=True)
class UnknownResetRequested(Event):
    """Somebody asked for an address that is nobody's: written so that both answers cost the same."""


@dataclass(frozen=True)
class PasswordChanged(Event):
    user_id: UUID
    by_link: bool


@dataclass(frozen=True)
class FactorAdded(Event):
    """A second way to prove who one is: "totp", "webauthn" or "recovery_codes"."""

    user_id: UUID
    factor: str


@dataclass(frozen=True)
class FactorRemoved(Event):
    user_id: UUID
    factor: str


@dataclass(frozen=True)
class TokenCreated(Event):
    token_id: UUID
    owner_id: UUID


@dataclass(frozen=True)
class TokenRevoked(Event):
    token_id: UUID
    owner_id: UUID


@dataclass(frozen=True)
class RolesSynced(Event):
    grants: int


@dataclass(frozen=True)
class RoleCreated(Event):
    role_id: UUID


@dataclass(frozen=True)
class RoleChanged(Event):
    role_id: UUID


@dataclass(frozen=True)
class RoleDeleted(Event):
    role_id: UUID


@dataclass(frozen=True)
class TeamCreated(Event):
    team_id: UUID


@dataclass(frozen=True)
class TeamChanged(Event):
    team_id: UUID


@dataclass(frozen=True)
class TeamDeleted(Event):
    team_id: UUID


@dataclass(frozen=True)
class OrganisationChanged(Event):
    organisation_id: UUID


@dataclass(frozen=True)
class OrganisationSetUp(Event):
    user_id: UUID
