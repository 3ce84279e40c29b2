from collections.abc import Mapping
from typing import Any

from embudo.business.directory import rules as directory
from embudo.business.intake.rules.states import Subject

# What the derived columns are made of.
KEYED = (
    "subject", "name", "first_name", "last_name", "job_title", "tax_id", "vat_id", "regon", "krs", "siret", "email", "phone",
    "mobile", "fax", "town", "website",
)  # fmt: skip


def entry_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The name as shown, what look-alikes are found by, and the search text."""
    if values["subject"] == Subject.PERSON:
        found = directory.person_keys({**values, "further": ""})
        return {**found, "tax_key": None}
    return {"name": values["name"], **directory.company_keys({**values, "further": ""})}
