from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from embudo.business.directory import events, rules
from embudo.business.directory.commands.given import home_country
from embudo.business.directory.models import Company
from embudo.business.directory.permissions import CHANGE_COMPANY, REGISTER_COMPANY
from embudo.foundation.attributes.queries import custom_values, default_values, parted_rows, with_custom
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold
from embudo.kernel.importing import Plan, write_rows
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.prepared import made

NOT_CHECKED = ("owner", "id", "custom")
COLUMNS = {"id": "pk", "tax_id": "tax_key", "email": "email_key", "name": "name_key"}


@command(REGISTER_COMPANY)
def import_companies(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Creates and changes companies from the checked rows of a file; new ones belong to the owner named, else to the actor.
    Rows about companies that the actor may not change fail by themselves.
    """
    usual = default_values(Company)
    plan = Plan(
        Company,
        CHANGE_COMPANY,
        lambda values: new_company(actor, values, usual),
        lambda company, values: revised(actor, company, values),
        made=lambda company: events.CompanyRegistered(company.pk),
        changed=lambda company: events.CompanyChanged(company.pk),
    )
    return write_rows(actor, rows, plan).results


def new_company(actor: Actor, values: Mapping[str, Any], usual: Mapping[str, Any]) -> Company:
    """`usual` are the custom values of a record of which the file says none: asked once for many rows."""
    plain = {name: value for name, value in values.items() if name not in NOT_CHECKED}
    more = values.get("custom")
    custom = custom_values(actor, Company, more, has_no_files=True) if more else dict(usual)
    said = {**plain, "owner_id": values.get("owner") or actor.id, "custom": custom}
    company: Company = with_derived(made(Company, said))
    return company


def with_derived(record: Any) -> Any:
    for column, value in record.derived().items():
        setattr(record, column, value)
    return record


def revised(actor: Actor, record: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to set; the owner of a known record stays, it is handed over by a command of its own."""
    said = {name: value for name, value in values.items() if name not in NOT_CHECKED}
    more = values.get("custom")
    custom = {"custom": custom_values(actor, type(record), more, record=record)} if more else {}
    return {**said, **record.derived(**said), **custom} if said else custom


def checked_companies(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any] | Invalid]:
    """Each row's values as they are stored, or what is wrong with them."""
    home = home_country()
    parted = parted_rows(actor, Company.kind_name(), rows, country=home)
    return [with_custom(_checked(row, home), custom) for row, custom in parted]


def _checked(row: Mapping[str, Any], home: str) -> Mapping[str, Any] | Invalid:
    said = {name: value for name, value in row.items() if value not in (None, "")}
    kept = {name: said.pop(name) for name in NOT_CHECKED if name in said}
    try:
        return {**rules.checked_company(said, home), **kept}
    except Invalid as fault:
        return fault


def company_key_of(key: str, values: Mapping[str, Any]) -> str:
    if key == "tax_id":
        return rules.tax_key(values.get("tax_id") or "")
    if key in ("id", "email"):
        return str(values.get(key) or "")
    name = rules.company_key(values["name"]) if values.get("name") else ""
    if key == "name_town":
        return f"{name}\n{fold(values['town'])}" if name and values.get("town") else ""
    return name


def companies_by_key(actor: Actor, key: str, texts: Sequence[str]) -> dict[str, UUID | None]:
    """The companies in sight by what they are recognised by; None where several are alike."""
    seen = Company.objects.visible_to(actor)
    if key == "name_town":
        rows = seen.filter(name_key__in={text.partition("\n")[0] for text in texts})
        return only(
            (f"{name}\n{fold(town)}", pk) for name, town, pk in rows.values_list("name_key", "town", "pk")
        )
    column = COLUMNS[key]
    return only(
        (str(text), pk) for text, pk in seen.filter(**{f"{column}__in": texts}).values_list(column, "pk")
    )


def only(pairs: Iterable[tuple[str, UUID]]) -> dict[str, UUID | None]:
    """The id of each text; None where there are several."""
    found: dict[str, UUID | None] = {}
    for text, pk in pairs:
        found[text] = None if text in found else pk
    return found
