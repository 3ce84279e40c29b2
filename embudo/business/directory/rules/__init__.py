from embudo.business.directory.rules.checks import checked_company, checked_person
from embudo.business.directory.rules.keys import (
    company_key,
    company_keys,
    email_domain,
    name_start,
    person_key,
    person_keys,
    tax_key,
)
from embudo.business.directory.rules.likeness import Known, Likeness, Sought, likeness, sought

__all__ = [
    "Known",
    "Likeness",
    "Sought",
    "checked_company",
    "checked_person",
    "company_key",
    "company_keys",
    "email_domain",
    "likeness",
    "name_start",
    "person_key",
    "person_keys",
    "sought",
    "tax_key",
]
