from embudo.business.directory.models.parts import Address, ContactPoint
from embudo.business.directory.models.records import Affiliation, Company, DirectoryQuerySet, Person
from embudo.business.directory.models.registers import RegisterCheck, RegisterSwitch

__all__ = [
    "Address",
    "Affiliation",
    "Company",
    "ContactPoint",
    "DirectoryQuerySet",
    "Person",
    "RegisterCheck",
    "RegisterSwitch",
]
