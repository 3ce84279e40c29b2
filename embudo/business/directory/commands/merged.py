from collections.abc import Mapping
from typing import Any

from django.db.models import F

from embudo.business.directory import queries
from embudo.business.directory.models import Affiliation, Company, ContactPoint, Person
from embudo.kernel.kind import Matching

# What `duplicates` needs to know of companies and people.


def company_settled(company: Company) -> Mapping[str, Any]:
    """After a merge: the text of further numbers, and no circle in the group."""
    values: dict[str, Any] = {"further": _further(company)}
    if company.parent_id and company.pk in queries.ids_above(company.parent_id):
        values["parent_id"] = None
    return values


def person_settled(person: Person) -> Mapping[str, Any]:
    """After a merge: the text of further numbers, and a present company that an affiliation stands behind."""
    values: dict[str, Any] = {"further": _further(person)}
    present = Affiliation.objects.filter(person=person, until=None)
    if not present.filter(company=person.company_id).exists():
        latest = present.order_by(F("since").desc(nulls_last=True), "-id").first()
        values["company_id"] = latest.company_id if latest else None
    return values


def _further(holder: Company | Person) -> str:
    return " ".join(ContactPoint.objects.of(holder).values_list("value", flat=True))


COMPANY_MATCHING = Matching(
    sort="company",
    roles={
        name: name
        for name in (
            "name", "tax_id", "country", "email", "phone", "mobile", "website", "street", "number", "postcode", "town",
        )
    },
    fields=(
        "name", "tax_id", "vat_id", "regon", "krs", "siret", "email", "phone", "mobile", "fax", "website", "street", "number",
        "postcode", "town", "region", "country", "sector", "activity", "pkd", "pkd_others", "size", "employees", "founded",
        "parent", "is_customer", "source1", "source2", "source3", "source4", "remarks", "owner",
    ),
    settle=company_settled,
)  # fmt: skip
PERSON_MATCHING = Matching(
    sort="person",
    roles={name: name for name in ("first_name", "last_name", "email", "phone", "mobile", "town")}
    | {"company": "company__name"},
    fields=(
        "first_name", "last_name", "job_title", "company", "email", "phone", "mobile", "street", "number", "postcode", "town",
        "region", "country", "is_customer", "remarks", "owner",
    ),
    settle=person_settled,
)  # fmt: skip
