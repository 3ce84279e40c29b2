from dataclasses import dataclass
from datetime import date
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class AccountOpened(Event):
    account_id: UUID
    reference: str


@dataclass(frozen=True)
class AccountEdited(Event):
    account_id: UUID


@dataclass(frozen=True)
class AccountClosed(Event):
    account_id: UUID
    reason: str


@dataclass(frozen=True)
class LimitPut(Event):
    """The limit in force is another one."""

    account_id: UUID
    from_minor: int
    to_minor: int
    currency: str
    valid_from: date


@dataclass(frozen=True)
class AccountBlocked(Event):
    account_id: UUID
    block_id: UUID
    cause: str


@dataclass(frozen=True)
class BlockLifted(Event):
    account_id: UUID
    block_id: UUID
    cause: str


@dataclass(frozen=True)
class SpendingAuthorised(Event):
    account_id: UUID
    hold_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class SpendingRefused(Event):
    account_id: UUID
    hold_id: UUID
    amount_minor: int
    currency: str
    code: str


@dataclass(frozen=True)
class MovementPosted(Event):
    """Every other entry of the ledger."""

    account_id: UUID
    entry_id: UUID
    kind: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class ThresholdReached(Event):
    account_id: UUID
    percent: int  # 100 = the allowance itself
    used_minor: int
    allowance_minor: int
    currency: str


@dataclass(frozen=True)
class PeriodClosed(Event):
    account_id: UUID
    starts: date
    ends: date
    consumed_minor: int
    currency: str


@dataclass(frozen=True)
class PeriodRestated(Event):
    account_id: UUID
    starts: date
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class ArrearsTold(Event):
    account_id: UUID
    open_minor: int
    currency: str


@dataclass(frozen=True)
class PolicyDefined(Event):
    policy_id: UUID
    policy_name: str


@dataclass(frozen=True)
class PolicyVersionPublished(Event):
    policy_id: UUID
    version_id: UUID
    number: int


@dataclass(frozen=True)
class PolicyArchived(Event):
    policy_id: UUID
    is_archived: bool


@dataclass(frozen=True)
class RateEntered(Event):
    rate_id: UUID
    currency: str
    into: str


@dataclass(frozen=True)
class OfficerAsked(Event):
    """A customer met the limit, and an officer is asked to let them spend more."""

    account_id: UUID
    request_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class SpendRequestAnswered(Event):
    account_id: UUID
    request_id: UUID
    is_approved: bool
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class TrailMade(Event):
    """An account's story was given out as a file with this SHA-256."""

    account_id: UUID
    format: str
    sha256: str


@dataclass(frozen=True)
class AccountsSettled(Event):
    """A daily run brought many accounts up to the moment; what it wrote stands in their ledgers."""

    run_id: UUID
    accounts: int
    expired: int
    closed: int
    carried: int


@dataclass(frozen=True)
class SwitchProposed(Event):
    account_id: UUID
    switch_id: UUID
    cause: str
    is_reopening: bool


@dataclass(frozen=True)
class SwitchDenied(Event):
    account_id: UUID
    switch_id: UUID
    cause: str
    is_reopening: bool


@dataclass(frozen=True)
class SwitchLapsed(Event):
    """A proposal whose cause was gone before somebody decided."""

    account_id: UUID
    switch_id: UUID
    cause: str


@dataclass(frozen=True)
class RunBegun(Event):
    run_id: UUID
    day: date


@dataclass(frozen=True)
class RunAsked(Event):
    """Somebody wants today's run to go on now."""

    day: date


@dataclass(frozen=True)
class RunFinished(Event):
    run_id: UUID
    day: date
    looked_at: int
    switched: int
    proposed: int
    applied: int
    failed: int


@dataclass(frozen=True)
class MoreLikelyNeeded(Event):
    """The forecast says that the account will hardly do until its period ends."""

    account_id: UUID
    percent: int  # the threshold that was reached; 0 = none yet
    chance: int
    needs_tier: str
    is_mailed: bool  # to the customer


@dataclass(frozen=True)
class PortalShared(Event):
    """A customer was sent the link to their quota."""

    account_id: UUID
    link_id: UUID


@dataclass(frozen=True)
class PortalLinkRevoked(Event):
    account_id: UUID
    link_id: UUID


@dataclass(frozen=True)
class PortalOpened(Event):
    account_id: UUID
    link_id: UUID
