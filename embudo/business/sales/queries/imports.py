from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from embudo.business.sales.models import Lead
from embudo.business.sales.rules.enquiries import checked_enquiry, name_key
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import parted_rows, with_custom
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold

COLUMNS = {"email": "email", "phone": "phone", "id": "pk"}
CHECKED = ("name", "company_name", "job_title", "email", "phone", "message")


def checked_leads(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any] | Invalid]:
    """Each row's values as they are stored, or what is wrong with them."""
    home = organisation().country
    parted = parted_rows(actor, Lead.kind_name(), rows, country=home)
    return [with_custom(_checked(row, home), custom) for row, custom in parted]


def _checked(row: Mapping[str, Any], home: str) -> Mapping[str, Any] | Invalid:
    """A row that only changes a known lead may leave its name out."""
    texts: dict[str, Any] = {name: str(row[name]) for name in CHECKED if row.get(name)}
    named: dict[str, Any] = {"name": "-", **texts}
    try:
        enquiry = checked_enquiry(country=row.get("country") or home, **named)
    except Invalid as fault:
        return fault
    values = {name: getattr(enquiry, name) for name in texts}
    kept = {name: row[name] for name in ("country", "owner", "id") if row.get(name)}
    return {**values, **kept}


def lead_key(key: str, values: Mapping[str, Any]) -> str:
    if key == "name_company":
        name, house = values.get("name", ""), values.get("company_name", "")
        return f"{name_key(name)}\n{fold(house)}" if name and house else ""
    return str(values.get(key) or "")


def leads_by_key(actor: Actor, key: str, texts: Sequence[str]) -> dict[str, UUID | None]:
    """The leads in sight by what they are recognised by; None where several are alike."""
    seen = Lead.objects.visible_to(actor)
    found: dict[str, UUID | None] = {}
    if key == "name_company":
        names = {text.partition("\n")[0] for text in texts}
        rows = seen.filter(name_key__in=names).values_list("name_key", "company_name", "pk")
        pairs = [(f"{name}\n{fold(house)}", pk) for name, house, pk in rows]
    else:
        column = COLUMNS[key]
        pairs = [
            (str(text), pk) for text, pk in seen.filter(**{f"{column}__in": texts}).values_list(column, "pk")
        ]
    for text, pk in pairs:
        found[text] = None if text in found else pk
    return found
