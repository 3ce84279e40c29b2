from collections.abc import Mapping
from typing import Any

from embudo.business.directory.models import Company, Person
from embudo.foundation.access.queries import organisation

UNCHANGED: Any = object()  # a keyword that was not given; None and "" clear the value
NOT_VALUES = frozenset(
    {"actor", "owner", "company", "person", "parent", "version", "role", "since", "custom"}
)


def given(named: Mapping[str, Any]) -> dict[str, Any]:
    """Of a command's local names those that are values of the record and were given."""
    return {name: value for name, value in named.items() if name not in NOT_VALUES and value is not UNCHANGED}


def missing(record: Company | Person, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that have a value and whose place in the record is still empty."""
    return {field: value for field, value in values.items() if value and not getattr(record, field)}


def home_country() -> str:
    """Where phone numbers and tax numbers without a country belong."""
    return organisation().country


def country_of(company: Company | None) -> str:
    return (company.country if company else "") or home_country()
