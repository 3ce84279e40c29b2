from embudo.business.directory.models.parts import Address, ContactPoint
from embudo.business.directory.models.records import (
    Affiliation,
    Company,
    CompanyFacts,
    DirectoryQuerySet,
    Person,
    Placed,
)
from embudo.business.directory.models.registers import RegisterCheck, RegisterSwitch

__all__ = [
    "Address",
    "Affiliation",
    "Company",
    "CompanyFacts",
    "ContactPoint",
    "DirectoryQuerySet",
    "Person",
    "Placed",
    "RegisterCheck",
    "RegisterSwitch",
]
