from collections.abc import Iterable, Mapping
from typing import Any

from embudo.foundation.duplicates.rules import company_key, person_key, tax_key
from embudo.kernel.fold import fold

__all__ = [
    "KEYED_COMPANY",
    "KEYED_PERSON",
    "company_key",
    "company_keys",
    "person_key",
    "person_keys",
    "tax_key",
]

# What the derived columns are made of.
KEYED_COMPANY = (
    "name", "tax_id", "vat_id", "regon", "krs", "siret", "email", "phone", "mobile", "fax", "town", "website", "further",
)  # fmt: skip
KEYED_PERSON = ("first_name", "last_name", "email", "phone", "mobile", "job_title", "further")


def company_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The derived columns of a company: what duplicates and the list's search are found by."""
    return {
        "name_key": company_key(values["name"]),
        "tax_key": tax_key(values["tax_id"]) or None,
        **_contact_keys(values),
        "search": _search_text(values.get(name) for name in KEYED_COMPANY),
    }


def _contact_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {f"{name}_key": values[name] or None for name in ("email", "phone", "mobile")}


def _search_text(words: Iterable[str | None]) -> str:
    return fold(" ".join(filter(None, words)))[:900]


def person_keys(values: Mapping[str, Any]) -> dict[str, str | None]:
    """The derived columns of a person."""
    name = f"{values['first_name']} {values['last_name']}".strip()
    return {
        "name": name,
        "name_key": person_key(values["first_name"], values["last_name"]),
        **_contact_keys(values),
        "search": _search_text((name, *(values.get(one) for one in KEYED_PERSON[2:]))),
    }
