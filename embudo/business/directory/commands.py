from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, rules
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.permissions import (
    CHANGE_COMPANY,
    CHANGE_OWNER,
    CHANGE_PERSON,
    LINK_PERSON,
    REGISTER_COMPANY,
    REGISTER_PERSON,
)
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import organisation
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

UNCHANGED: Any = object()  # a keyword that was not given; None and "" clear the value
MOST_LEVELS = 20


@command(REGISTER_COMPANY)
def register_company(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    name: str,
    owner: User | None = None,
    tax_id: str = "",
    regon: str = "",
    krs: str = "",
    email: str = "",
    phone: str = "",
    mobile: str = "",
    website: str = "",
    street: str = "",
    number: str = "",
    postcode: str = "",
    town: str = "",
    region: str = "",
    country: str = "",
    sector: str = "",
    employees: int | None = None,
    founded: int | None = None,
    parent: Company | None = None,
    is_customer: bool = False,
    remarks: str = "",
) -> Company:
    """Adds a company; it belongs to `owner`, else to the person who adds it. Refuses (Invalid) wrong numbers and addresses."""
    values = rules.checked_company(_given(locals()), _home_country())
    company = Company(**values, **rules.company_keys(values), parent=parent)
    company.owner_id = owner.pk if owner else actor.id
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
    regon: str = UNCHANGED,
    krs: str = UNCHANGED,
    email: str = UNCHANGED,
    phone: str = UNCHANGED,
    mobile: str = UNCHANGED,
    website: str = UNCHANGED,
    street: str = UNCHANGED,
    number: str = UNCHANGED,
    postcode: str = UNCHANGED,
    town: str = UNCHANGED,
    region: str = UNCHANGED,
    country: str = UNCHANGED,
    sector: str = UNCHANGED,
    employees: int | None = UNCHANGED,
    founded: int | None = UNCHANGED,
    parent: Company | None = UNCHANGED,
    is_customer: bool = UNCHANGED,
    remarks: str = UNCHANGED,
) -> Company:
    """Changes what is given. Refuses (Invalid) wrong values and a company above itself, and a stale version."""
    given = _given(locals())
    company = lock(company, version=version)
    if parent is not UNCHANGED:
        _check_parent(company, parent)
        given["parent"] = parent
    return _changed_company(company, given)


@command(CHANGE_COMPANY)
def fill_company(
    actor: Actor, company: Company, *, email: str = "", phone: str = "", website: str = "", tax_id: str = ""
) -> Company:
    """Sets what is still empty and leaves the rest. Refuses (Invalid) wrong values."""
    company = lock(company)
    return _changed_company(company, _missing(company, _given(locals())))


def _changed_company(company: Company, given: Mapping[str, Any]) -> Company:
    parents = {"parent": given["parent"]} if "parent" in given else {}
    plain = {field: value for field, value in given.items() if field != "parent"}
    values = rules.checked_company(plain, company.country or _home_country())
    whole = {field: values.get(field, getattr(company, field)) for field in SEARCHED_COMPANY}
    before = company.version
    update(company, **values, **parents, **rules.company_keys(whole))
    if company.version != before:
        publish(events.CompanyChanged(company.id), company)
    return company


SEARCHED_COMPANY = ("name", "tax_id", "regon", "krs", "email", "phone", "mobile", "town", "website")
SEARCHED_PERSON = ("first_name", "last_name", "email", "phone", "mobile", "job_title")
NOT_VALUES = frozenset({"actor", "owner", "company", "person", "parent", "version", "role", "since"})


def _given(named: Mapping[str, Any]) -> dict[str, Any]:
    """Of a command's local names those that are values of the record and were given."""
    return {name: value for name, value in named.items() if name not in NOT_VALUES and value is not UNCHANGED}


def _missing(record: Company | Person, given: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in given.items() if value and not getattr(record, field)}


def _home_country() -> str:
    """Where phone numbers and tax numbers without a country belong."""
    return organisation().country


def _country_of(company: Company | None) -> str:
    return (company.country if company else "") or _home_country()


def _check_parent(company: Company, parent: Company | None) -> None:
    above, levels = parent, 0
    while above is not None:
        levels += 1
        if above.pk == company.pk or levels > MOST_LEVELS:
            raise Invalid({"parent": [_("Choose a company that does not belong to this one.")]})
        above = above.parent


@command(CHANGE_OWNER)
def change_company_owner(
    actor: Actor, company: Company, *, owner: User | None, version: int | None = None
) -> Company:
    """Hands a company to somebody else. Refuses a stale version and an owner who may no longer sign in."""
    company = lock(company, version=version)
    if _moved(company, owner):
        publish(events.CompanyOwnerChanged(company.id, company.owner_id), company)
    return company


@command(CHANGE_OWNER)
def change_person_owner(
    actor: Actor, person: Person, *, owner: User | None, version: int | None = None
) -> Person:
    """Hands a person to somebody else. Refuses a stale version and an owner who may no longer sign in."""
    person = lock(person, version=version)
    if _moved(person, owner):
        publish(events.PersonOwnerChanged(person.id, person.owner_id), person)
    return person


def _moved(record: Company | Person, owner: User | None) -> bool:
    if owner and not owner.is_active:
        raise Invalid({"owner": [_("Choose somebody who may sign in.")]})
    before = record.version
    update(record, owner_id=owner.pk if owner else None)
    return record.version != before


@command(REGISTER_PERSON)
def register_person(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    last_name: str,
    first_name: str = "",
    company: Company | None = None,
    job_title: str = "",
    owner: User | None = None,
    email: str = "",
    phone: str = "",
    mobile: str = "",
    is_customer: bool = False,
    remarks: str = "",
) -> Person:
    """Adds a person, at `company` when it is given; they belong to `owner`, else to who adds them. Refuses wrong values."""
    values = rules.checked_person(_given(locals()), _country_of(company))
    person = Person(**values, **rules.person_keys(values), company=company)
    person.owner_id = owner.pk if owner else actor.id
    create(person)
    publish(events.PersonRegistered(person.id), person)
    if company:
        create(Affiliation(person=person, company=company, role=person.job_title))
        publish(events.PersonLinked(person.id, company.id), person, company)
    return person


@command(CHANGE_PERSON)
def change_person(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    person: Person,
    *,
    version: int | None = None,
    last_name: str = UNCHANGED,
    first_name: str = UNCHANGED,
    job_title: str = UNCHANGED,
    email: str = UNCHANGED,
    phone: str = UNCHANGED,
    mobile: str = UNCHANGED,
    is_customer: bool = UNCHANGED,
    remarks: str = UNCHANGED,
) -> Person:
    """Changes what is given. Refuses (Invalid) wrong values, and a stale version."""
    given = _given(locals())
    return _changed_person(lock(person, version=version), given)


@command(CHANGE_PERSON)
def fill_person(
    actor: Actor, person: Person, *, email: str = "", phone: str = "", job_title: str = ""
) -> Person:
    """Sets what is still empty and leaves the rest. Refuses (Invalid) wrong values."""
    person = lock(person)
    return _changed_person(person, _missing(person, _given(locals())))


def _changed_person(person: Person, given: Mapping[str, Any]) -> Person:
    values = rules.checked_person(given, _country_of(person.company))
    whole = {field: values.get(field, getattr(person, field)) for field in SEARCHED_PERSON}
    before = person.version
    update(person, **values, **rules.person_keys(whole))
    if person.version != before:
        publish(events.PersonChanged(person.id), person)
    return person


@command(LINK_PERSON)
def link_person_to_company(
    actor: Actor, person: Person, *, company: Company, role: str = "", since: date | None = None
) -> Affiliation:
    """Says that a person works at a company, which becomes their present one. Refuses what already stands."""
    person = lock(person)
    if Affiliation.objects.filter(person=person, company=company, until=None).exists():
        raise Refused("directory.already_linked", _("This person already works at this company."))
    role = rules.checked_person({"job_title": role})["job_title"]
    link = create(Affiliation(person=person, company=company, role=role, since=since))
    update(person, company=company)
    publish(events.PersonLinked(person.id, company.id), person, company, link)
    return link


@command(LINK_PERSON)
def end_affiliation(actor: Actor, affiliation: Affiliation, *, until: date | None = None) -> Affiliation:
    """Ends a person's time at a company, today if no day is named. Refuses one that has ended, and a day before its start."""
    link = lock(affiliation)
    if link.until:
        raise Refused("directory.already_ended", _("This affiliation has already ended."))
    day = until or clock.today()
    if link.since and day < link.since:
        raise Invalid({"until": [_("Enter a day that is not before the start.")]})
    update(link, until=day)
    person = lock(link.person)
    if person.company_id == link.company_id:
        others = Affiliation.objects.filter(person=person, until=None).order_by(
            F("since").desc(nulls_last=True), "-id"
        )
        still = others.select_related("company").first()
        update(person, company=still.company if still else None)
    publish(events.AffiliationEnded(person.id, link.company_id), person, link.company, link)
    return link
