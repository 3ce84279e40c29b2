"""Companies and people whose values are set outside their own form: in a list, or many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, queries, rules
from embudo.business.directory.commands.companies import check_parent
from embudo.business.directory.commands.given import home_country
from embudo.business.directory.commands.import_companies import revised
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.permissions import CHANGE_COMPANY, CHANGE_OWNER, CHANGE_PERSON, LINK_PERSON
from embudo.business.directory.rules.imports import COMPANY_FIELDS, ID, OWNER, PERSON_FIELDS
from embudo.foundation.access.queries import checked_owner, organisation
from embudo.foundation.attributes.queries import editing_fields, parted_rows
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.editing import change_rows, checked_edits, identity, written_by
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow
from embudo.kernel.permission import Permission
from embudo.kernel.record import lock

LEFT_OUT = {ID.name, OWNER.name, "full_name"}
PARENT = ImportField("parent", _("belongs to"), "reference", related=Company.kind_name())
HOUSE = ImportField("company", _("company"), "reference", is_single=True, related=Company.kind_name())
NAME = ImportField("name", _("first and last name"), is_required=True, is_single=True)
Row = Mapping[str, Any]


@command(CHANGE_COMPANY)
def change_companies(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many companies; those that the actor may not change fail by themselves."""
    if any("parent" in row.values for row in rows):
        lock(organisation())  # one move within groups at a time, else two make a circle

    def revise(company: Company, values: Row) -> dict[str, Any]:
        above = _above(company, values)
        values = {name: value for name, value in values.items() if name != "parent"}
        if "size" in values and "employees" not in values and company.employees is not None:
            values = {name: value for name, value in values.items() if name != "size"}  # the count says it
        return {**revised(actor, company, values), **above}

    return change_rows(
        actor, rows, model=Company, change=CHANGE_COMPANY, revise=revise,
        changed=lambda company: events.CompanyChanged(company.pk),
    ).results  # fmt: skip


def _above(company: Company, values: Row) -> dict[str, Any]:
    """The company that it belongs to from now on. Refuses (Invalid) a circle."""
    if "parent" not in values:
        return {}
    if values["parent"] not in (None, company.parent_id):
        check_parent(company, values["parent"])
    return {"parent_id": values["parent"]}


@command(CHANGE_PERSON)
def change_people(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many people; those that the actor may not change fail by themselves."""
    return change_rows(
        actor, rows, model=Person, change=CHANGE_PERSON,
        revise=lambda person, values: revised(actor, person, values),
        changed=lambda person: events.PersonChanged(person.pk),
    ).results  # fmt: skip


@command(LINK_PERSON)
def move_people(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Says where many people work now; their time at the company that stood there ends today. Those who are not the actor's to link
    fail by themselves.
    """
    left: dict[UUID, UUID | None] = {}

    def revise(person: Person, values: Row) -> dict[str, Any]:
        left[person.pk] = person.company_id
        return {"company_id": values["company"]}

    def told(person: Person) -> events.PersonLinked | events.AffiliationEnded:
        here, before = person.company_id, left[person.pk]
        if here:
            return events.PersonLinked(person.pk, here)
        return events.AffiliationEnded(person.pk, before)  # type: ignore[arg-type]

    written = change_rows(
        actor, rows, model=Person, change=LINK_PERSON, revise=revise, changed=told,
        about=lambda person: (person, Company(pk=person.company_id or left[person.pk])),
    )  # fmt: skip
    for person, result in zip(written.records, written.results, strict=True):
        if isinstance(person, Person) and result.outcome == "updated":
            _follow(person, left[person.pk])
    return written.results


def _follow(person: Person, before: UUID | None) -> None:
    """The affiliations say the same as the person's present company."""
    open_ones = list(Affiliation.objects.filter(person=person, until=None).select_for_update())
    for link in open_ones:
        if link.company_id == before:
            update(link, until=max(clock.today(), link.since or clock.today()))
    if person.company_id and all(link.company_id != person.company_id for link in open_ones):
        create(Affiliation(person=person, company_id=person.company_id, role=person.job_title))


@command(CHANGE_OWNER)
def hand_over_companies(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Gives many companies to other owners; those that the actor may not hand over fail by themselves."""
    return change_rows(
        actor, rows, model=Company, change=CHANGE_OWNER, revise=_owner,
        changed=lambda company: events.CompanyOwnerChanged(company.pk, company.owner_id),
    ).results  # fmt: skip


@command(CHANGE_OWNER)
def hand_over_people(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Gives many people to other owners; those that the actor may not hand over fail by themselves."""
    return change_rows(
        actor, rows, model=Person, change=CHANGE_OWNER, revise=_owner,
        changed=lambda person: events.PersonOwnerChanged(person.pk, person.owner_id),
    ).results  # fmt: skip


def _owner(_record: Company | Person, values: Row) -> dict[str, Any]:
    return {"owner_id": values["owner"]}


def company_fields(actor: Actor) -> tuple[ImportField, ...]:
    return _fields(actor, (*COMPANY_FIELDS, PARENT), Company, CHANGE_COMPANY)


def person_fields(actor: Actor) -> tuple[ImportField, ...]:
    more = (NAME, HOUSE) if actor.may(LINK_PERSON) else (NAME,)
    plain = tuple(one for one in PERSON_FIELDS if one.name != HOUSE.name)
    return _fields(actor, (*plain, *more), Person, CHANGE_PERSON)


def _fields(
    actor: Actor, known: Sequence[ImportField], model: type[Company | Person], change: Permission
) -> tuple[ImportField, ...]:
    plain = tuple(one for one in known if one.name not in LEFT_OUT)
    values = (*plain, *editing_fields(actor, model.kind_name())) if actor.may(change) else ()
    return (*values, OWNER) if actor.may(CHANGE_OWNER) else values


def checked_company_edits(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    return _checked(actor, rows, Company, company_fields(actor))


def checked_person_edits(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    return _checked(actor, rows, Person, person_fields(actor))


def _checked(
    actor: Actor, rows: Sequence[Row], model: type[Company | Person], fields: Sequence[ImportField]
) -> list[Row | Invalid]:
    """Numbers without their country's code are of the record's own country."""
    home = home_country()
    countries = _countries(actor, model, rows)
    check = rules.checked_company if model is Company else rules.checked_person
    owners: dict[Any, UUID] = {}
    houses: dict[Any, UUID] = {}

    def checked(row: Row, said: dict[str, Any]) -> Row:
        owner = {"owner": checked_owner(said.pop("owner"), owners)} if "owner" in said else {}
        named = {
            name: _checked_company(actor, name, said.pop(name), houses)
            for name in (PARENT.name, HOUSE.name)
            if name in said
        }
        if model is Person and "name" in said:
            said |= _parted(actor, row, str(said.pop("name")))
        country = countries.get(str(row.get("id"))) or home
        return {**(check(said, country) if said else {}), **owner, **named}

    parted = parted_rows(actor, model.kind_name(), rows, country=home, empties=True)
    return checked_edits(model, fields, parted, checked)


def _checked_company(actor: Actor, name: str, value: Any, known: dict[Any, UUID]) -> UUID:
    """The id of a company in the actor's sight; `known` keeps those found. Refuses (Invalid) any other."""
    if value not in known:
        try:
            known[value] = queries.company(actor, identity(value, name)).pk
        except NotFound:
            raise Invalid({name: [_("Choose one from the list.")]}) from None
    return known[value]


def _parted(actor: Actor, row: Row, whole: str) -> dict[str, str]:
    """First and last name of a name in one."""
    known = Person.objects.visible_to(actor).filter(pk=row.get("id")).values_list("first_name", "last_name")
    first, last = rules.parted_name(whole, *(known.first() or ("", "")))
    return {"first_name": first, "last_name": last}


def _countries(actor: Actor, model: type[Company | Person], rows: Sequence[Row]) -> dict[str, str]:
    ids = [row["id"] for row in rows if row.get("id")]
    seen = model.objects.visible_to(actor).filter(pk__in=ids)
    if model is Company:
        return {str(pk): country for pk, country in seen.values_list("pk", "country")}
    found = seen.values_list("pk", "country", "company__country")
    return {str(pk): country or house or "" for pk, country, house in found}


COMPANY_EDITING = Editing(
    permission=CHANGE_COMPANY,
    fields=company_fields,
    check=checked_company_edits,
    write=written_by(change_companies, owner=hand_over_companies),
    owner_permission=CHANGE_OWNER,
)
PERSON_EDITING = Editing(
    permission=CHANGE_PERSON,
    fields=person_fields,
    check=checked_person_edits,
    write=written_by(change_people, owner=hand_over_people, company=move_people),
    owner_permission=CHANGE_OWNER,
)
