"""Companies and people whose values are set outside their own form: in a list, or many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from embudo.business.directory import events, rules
from embudo.business.directory.commands.given import home_country
from embudo.business.directory.commands.import_companies import revised
from embudo.business.directory.models import Company, Person
from embudo.business.directory.permissions import CHANGE_COMPANY, CHANGE_OWNER, CHANGE_PERSON
from embudo.business.directory.rules.imports import COMPANY_FIELDS, ID, OWNER, PERSON_FIELDS
from embudo.foundation.access.queries import checked_owner
from embudo.foundation.attributes.queries import editing_fields, parted_rows
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.editing import change_rows, checked_edits, written_by
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow
from embudo.kernel.permission import Permission

LEFT_OUT = {ID.name, OWNER.name, "full_name", "company"}
Row = Mapping[str, Any]


@command(CHANGE_COMPANY)
def change_companies(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many companies; those that the actor may not change fail by themselves."""

    def revise(company: Company, values: Row) -> dict[str, Any]:
        if "size" in values and "employees" not in values and company.employees is not None:
            values = {name: value for name, value in values.items() if name != "size"}  # the count says it
        return revised(actor, company, values)

    return change_rows(
        actor, rows, model=Company, change=CHANGE_COMPANY, revise=revise,
        changed=lambda company: events.CompanyChanged(company.pk),
    ).results  # fmt: skip


@command(CHANGE_PERSON)
def change_people(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many people; those that the actor may not change fail by themselves."""
    return change_rows(
        actor, rows, model=Person, change=CHANGE_PERSON,
        revise=lambda person, values: revised(actor, person, values),
        changed=lambda person: events.PersonChanged(person.pk),
    ).results  # fmt: skip


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
    return _fields(actor, COMPANY_FIELDS, Company, CHANGE_COMPANY)


def person_fields(actor: Actor) -> tuple[ImportField, ...]:
    return _fields(actor, PERSON_FIELDS, Person, CHANGE_PERSON)


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

    def checked(row: Row, said: dict[str, Any]) -> Row:
        owner = {"owner": checked_owner(said.pop("owner"), owners)} if "owner" in said else {}
        country = countries.get(str(row.get("id"))) or home
        return {**(check(said, country) if said else {}), **owner}

    parted = parted_rows(actor, model.kind_name(), rows, country=home, empties=True)
    return checked_edits(model, fields, parted, checked)


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
    write=written_by(change_people, owner=hand_over_people),
    owner_permission=CHANGE_OWNER,
)
