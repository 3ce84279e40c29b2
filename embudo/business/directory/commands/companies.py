from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, queries, rules
from embudo.business.directory.commands.given import UNCHANGED, given, home_country, missing
from embudo.business.directory.models import Company, Person
from embudo.business.directory.permissions import CHANGE_COMPANY, CHANGE_OWNER, REGISTER_COMPANY
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import Event, publish
from embudo.kernel.record import R, lock


@command(REGISTER_COMPANY)
def register_company(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    name: str,
    owner: User | None = None,
    tax_id: str = "",
    vat_id: str = "",
    regon: str = "",
    krs: str = "",
    siret: str = "",
    email: str = "",
    phone: str = "",
    mobile: str = "",
    fax: str = "",
    website: str = "",
    street: str = "",
    number: str = "",
    postcode: str = "",
    town: str = "",
    region: str = "",
    country: str = "",
    sector: str = "",
    activity: str = "",
    pkd: str = "",
    pkd_others: str = "",
    size: str = "",
    employees: int | None = None,
    founded: int | None = None,
    parent: Company | None = None,
    is_customer: bool = False,
    source1: str = "",
    source2: str = "",
    source3: str = "",
    source4: str = "",
    remarks: str = "",
    custom: Mapping[str, Any] | None = None,
) -> Company:
    """Adds a company; it belongs to `owner`, else to the person who adds it. Refuses (Invalid) wrong numbers and addresses."""
    values = rules.checked_company(given(locals()), home_country())
    company = Company(**values, parent=parent, custom=custom_values(actor, Company, custom))
    company.owner_id = owner.pk if owner else actor.id
    for column, value in company.derived().items():
        setattr(company, column, value)
    create(company)
    publish(events.CompanyRegistered(company.id), company)
    return company


@command(CHANGE_COMPANY)
def change_company(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    company: Company,
    *,
    version: int | None = None,
    name: str = UNCHANGED,
    tax_id: str = UNCHANGED,
    vat_id: str = UNCHANGED,
    regon: str = UNCHANGED,
    krs: str = UNCHANGED,
    siret: str = UNCHANGED,
    email: str = UNCHANGED,
    phone: str = UNCHANGED,
    mobile: str = UNCHANGED,
    fax: str = UNCHANGED,
    website: str = UNCHANGED,
    street: str = UNCHANGED,
    number: str = UNCHANGED,
    postcode: str = UNCHANGED,
    town: str = UNCHANGED,
    region: str = UNCHANGED,
    country: str = UNCHANGED,
    sector: str = UNCHANGED,
    activity: str = UNCHANGED,
    pkd: str = UNCHANGED,
    pkd_others: str = UNCHANGED,
    size: str = UNCHANGED,
    employees: int | None = UNCHANGED,
    founded: int | None = UNCHANGED,
    parent: Company | None = UNCHANGED,
    is_customer: bool = UNCHANGED,
    source1: str = UNCHANGED,
    source2: str = UNCHANGED,
    source3: str = UNCHANGED,
    source4: str = UNCHANGED,
    remarks: str = UNCHANGED,
    custom: Mapping[str, Any] | None = None,
) -> Company:
    """Changes what is given. Refuses (Invalid) wrong values and a company above itself, and a stale version."""
    values = given(locals())
    company, above = _locked_with_group(company, parent, version)
    more = {"custom": custom_values(actor, Company, custom, record=company)} if custom else {}
    return changed_company(company, values | above | more)


@command(CHANGE_COMPANY)
def fill_company(
    actor: Actor, company: Company, *, email: str = "", phone: str = "", website: str = "", tax_id: str = ""
) -> Company:
    """Sets what is still empty and leaves the rest. Refuses (Invalid) wrong values."""
    company = lock(company)
    return changed_company(company, missing(company, given(locals())))


def _locked_with_group(
    company: Company, parent: Company | None, version: int | None
) -> tuple[Company, dict[str, Any]]:
    """The company and, where it moves within groups, its new place; one such move at a time, else two make a circle."""
    if parent is UNCHANGED:
        return lock(company, version=version), {}
    if parent and parent.pk != company.parent_id:
        lock(organisation())
    company = lock(company, version=version)
    if parent and parent.pk != company.parent_id:
        check_parent(company, parent.pk)
    return company, {"parent": parent}


def check_parent(company: Company, parent_id: UUID) -> None:
    """Refuses (Invalid) a company above itself, and more levels than a group may have."""
    above = queries.ids_above(parent_id)
    if company.pk in above:
        raise Invalid({"parent": [_("Choose a company that does not belong to this one.")]})
    if len(above) + queries.levels_below(company.pk) > rules.MOST_LEVELS:
        raise Invalid({"parent": [_("Choose a company further up: a group has at most %(n)d levels.")
                                  % {"n": rules.MOST_LEVELS}]})  # fmt: skip


def changed_company(company: Company, values: Mapping[str, Any]) -> Company:
    """For the commands of this module: checks, sets, keeps the derived columns in step, publishes."""
    as_they_are = {field: values[field] for field in ("parent", "custom") if field in values}
    plain = {field: value for field, value in values.items() if field not in as_they_are}
    checked = rules.checked_company(plain, company.country or home_country())
    if "size" in checked and "employees" not in checked and company.employees is not None:
        checked["size"] = company.size  # the count that is known says it already
    return rewritten(company, events.CompanyChanged(company.id), **checked, **as_they_are)


def rewritten(record: R, event: Event, **values: Any) -> R:
    """Sets values that were checked, with the columns derived from them; publishes `event` when something differs."""
    before = record.version
    update(record, **values, **record.derived(**values))
    if record.version != before:
        publish(event, record)
    return record


@command(CHANGE_OWNER)
def change_company_owner(
    actor: Actor, company: Company, *, owner: User | None, version: int | None = None
) -> Company:
    """Hands a company to somebody else. Refuses a stale version and an owner who may no longer sign in."""
    company = lock(company, version=version)
    if moved(company, owner):
        publish(events.CompanyOwnerChanged(company.id, company.owner_id), company)
    return company


def moved(record: Company | Person, owner: User | None) -> bool:
    if owner and not owner.is_active:
        raise Invalid({"owner": [_("Choose somebody who may sign in.")]})
    before = record.version
    update(record, owner_id=owner.pk if owner else None)
    return record.version != before
