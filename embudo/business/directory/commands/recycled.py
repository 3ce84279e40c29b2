from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from embudo.business.directory.models import Address, Affiliation, ContactPoint, Person, RegisterCheck
from embudo.business.directory.permissions import DELETE_COMPANY, DELETE_PERSON
from embudo.kernel.kind import Erasing, Recycling

# What `recycle` needs to know of companies and people.
KNOWN_BY = ("name", "email", "phone", "mobile", "further")


def person_blanked(person: Person) -> Mapping[str, Any]:
    """What is left of a person whom the law keeps the figures of: somebody without a name, at no address."""
    empty = dict.fromkeys(person.personal_fields, "")
    return {
        **empty,
        "last_name": gettext("Erased"),
        "custom": {},
        "country": "",
        "company": None,
        "owner": None,
    }


COMPANY_RECYCLING = Recycling(
    DELETE_COMPANY,
    parts=(Affiliation, ContactPoint, Address, RegisterCheck),
    loosens=("parent",),
    erasing=Erasing((*KNOWN_BY, "fax")),
    mentions=("name", "remarks"),
)
PERSON_RECYCLING = Recycling(
    DELETE_PERSON,
    parts=(Affiliation, ContactPoint, Address),
    loosens=("company",),
    erasing=Erasing(KNOWN_BY, blank=person_blanked),
)
