from embudo.business.directory.models import Address, Affiliation, ContactPoint, RegisterCheck
from embudo.business.directory.permissions import DELETE_COMPANY, DELETE_PERSON
from embudo.kernel.kind import Erasing, Recycling

# What `recycle` needs to know of companies and people.
KNOWN_BY = ("name", "email", "phone", "mobile", "further")

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
    erasing=Erasing(KNOWN_BY),
)
