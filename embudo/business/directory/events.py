from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class CompanyRegistered(Event):
    company_id: UUID


@dataclass(frozen=True)
class CompanyChanged(Event):
    company_id: UUID


@dataclass(frozen=True)
class CompanyOwnerChanged(Event):
    company_id: UUID
    owner_id: UUID | None


@dataclass(frozen=True)
class PersonRegistered(Event):
    person_id: UUID


@dataclass(frozen=True)
class PersonChanged(Event):
    person_id: UUID


@dataclass(frozen=True)
class PersonOwnerChanged(Event):
    person_id: UUID
    owner_id: UUID | None


@dataclass(frozen=True)
class PersonLinked(Event):
    person_id: UUID
    company_id: UUID


@dataclass(frozen=True)
class AffiliationEnded(Event):
    person_id: UUID
    company_id: UUID


@dataclass(frozen=True)
class AffiliationChanged(Event):
    person_id: UUID
    company_id: UUID


@dataclass(frozen=True)
class ContactsChanged(Event):
    """A further phone, e-mail or postal address was added, changed, removed or became the preferred one."""

    record_id: UUID


@dataclass(frozen=True)
class RegisterAsked(Event):
    check_id: UUID
    company_id: UUID
    register: str


@dataclass(frozen=True)
class RegisterAnswered(Event):
    check_id: UUID
    company_id: UUID
    register: str
    outcome: str


@dataclass(frozen=True)
class ActivityListTaken(Event):
    subclasses: int


@dataclass(frozen=True)
class RegisterSwitched(Event):
    register: str
    is_on: bool
