from collections.abc import Mapping
from typing import Any

from embudo.business.directory import events, rules
from embudo.business.directory.commands.companies import moved, rewritten
from embudo.business.directory.commands.given import UNCHANGED, country_of, given, missing
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.permissions import CHANGE_OWNER, CHANGE_PERSON, REGISTER_PERSON
from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.record import lock


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
    street: str = "",
    number: str = "",
    postcode: str = "",
    town: str = "",
    region: str = "",
    country: str = "",
    is_customer: bool = False,
    remarks: str = "",
    custom: Mapping[str, Any] | None = None,
) -> Person:
    """Adds a person, at `company` when it is given; they belong to `owner`, else to who adds them. Refuses wrong values."""
    values = rules.checked_person(given(locals()), country_of(company))
    person = Person(**values, company=company, custom=custom_values(actor, Person, custom))
    person.owner_id = owner.pk if owner else actor.id
    for column, value in person.derived().items():
        setattr(person, column, value)
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
    street: str = UNCHANGED,
    number: str = UNCHANGED,
    postcode: str = UNCHANGED,
    town: str = UNCHANGED,
    region: str = UNCHANGED,
    country: str = UNCHANGED,
    is_customer: bool = UNCHANGED,
    remarks: str = UNCHANGED,
    custom: Mapping[str, Any] | None = None,
) -> Person:
    """Changes what is given. Refuses (Invalid) wrong values, and a stale version."""
    values = given(locals())
    person = lock(person, version=version)
    return _changed_person(person, values, custom_values(actor, Person, custom, record=person))


@command(CHANGE_PERSON)
def fill_person(
    actor: Actor, person: Person, *, email: str = "", phone: str = "", job_title: str = ""
) -> Person:
    """Sets what is still empty and leaves the rest. Refuses (Invalid) wrong values."""
    person = lock(person)
    return _changed_person(person, missing(person, given(locals())), person.custom)


def _changed_person(person: Person, values: Mapping[str, Any], custom: dict[str, Any]) -> Person:
    checked = rules.checked_person(values, person.country or country_of(person.company))
    return rewritten(person, events.PersonChanged(person.id), **checked, custom=custom)


@command(CHANGE_OWNER)
def change_person_owner(
    actor: Actor, person: Person, *, owner: User | None, version: int | None = None
) -> Person:
    """Hands a person to somebody else. Refuses a stale version and an owner who may no longer sign in."""
    person = lock(person, version=version)
    if moved(person, owner):
        publish(events.PersonOwnerChanged(person.id, person.owner_id), person)
    return person
