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
