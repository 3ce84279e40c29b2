from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from embudo.business.directory import commands, queries, rules
from embudo.business.directory.api.records import COMPANIES, PEOPLE, AddressFields, router
from embudo.business.directory.models import Company, Person
from embudo.business.directory.permissions import VIEW_COMPANIES, VIEW_PEOPLE
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Out

Kind = Literal["work", "home", "billing", "delivery", "post", "mobile", "fax", "other"]
PLACE = ("street", "number", "postcode", "town", "region", "country")


class ContactIn(In):
    medium: Literal["email", "phone"]
    value: str = Field(min_length=1, max_length=254)
    kind: Kind = "work"
    note: str = Field("", max_length=120)


class ContactChange(In):
    value: str = Field("", min_length=1, max_length=254)
    kind: Kind = "work"
    note: str = Field("", max_length=120)


class ContactOut(Out):
    id: UUID | None = Field(
        description="Null for a preferred one, which is an attribute of the record itself."
    )
    medium: str
    kind: str
    value: str
    note: str
    is_preferred: bool


class AddressIn(AddressFields):
    kind: Kind = "work"
    note: str = Field("", max_length=120)


class AddressOut(Out):
    id: UUID | None = Field(
        description="Null for the preferred one, which is an attribute of the record itself."
    )
    kind: str
    note: str
    street: str
    number: str
    postcode: str
    town: str
    region: str
    country: str
    is_preferred: bool


def contacts_told(request: Request, holder: Company | Person) -> list[dict[str, Any]]:
    """All of them, the preferred first."""
    further = [
        {"id": one.pk, "medium": one.medium, "kind": one.kind, "value": one.value, "note": one.note}
        for one in queries.contacts_of(request.actor, holder)
    ]
    return [*_preferred(holder), *({**one, "is_preferred": False} for one in further)]


def _preferred(holder: Company | Person) -> Iterator[dict[str, Any]]:
    for column in ("email", "phone", "mobile", "fax"):
        value, kept = getattr(holder, column, ""), rules.kind_in(column)
        if value:
            medium = "email" if column == "email" else "phone"
            kind = getattr(holder, kept) if kept else column
            own = {"id": None, "note": "", "is_preferred": True}
            yield own | {"medium": medium, "kind": kind, "value": value}


def addresses_told(request: Request, holder: Company | Person) -> list[dict[str, Any]]:
    own = {"id": None, "kind": holder.address_kind, "note": "", "is_preferred": True}
    first = [own | {name: getattr(holder, name) for name in PLACE}] if holder.address_lines else []
    return first + [
        {"id": one.pk, "kind": one.kind, "note": one.note, "is_preferred": False}
        | {name: getattr(one, name) for name in PLACE}
        for one in queries.addresses_of(request.actor, holder)
    ]


@router.get(
    "/companies/{uuid:company_id}/contacts",
    response=list[ContactOut],
    tags=COMPANIES,
    summary="A company's phones and mail addresses",
)
@operation(VIEW_COMPANIES)
def list_company_contacts(request: Request, company_id: UUID) -> Any:
    return contacts_told(request, queries.company(request.actor, company_id))


@router.post(
    "/companies/{uuid:company_id}/contacts",
    response=list[ContactOut],
    tags=COMPANIES,
    summary="Add a phone or mail address",
)
@operation(commands.add_contact)
def add_company_contact(request: Request, company_id: UUID, data: ContactIn) -> Any:
    company = queries.company(request.actor, company_id)
    return contacts_told(request, commands.add_contact(request.actor, company=company, **data.given()))


@router.get(
    "/people/{uuid:person_id}/contacts",
    response=list[ContactOut],
    tags=PEOPLE,
    summary="A person's phones and mail addresses",
)
@operation(VIEW_PEOPLE)
def list_person_contacts(request: Request, person_id: UUID) -> Any:
    return contacts_told(request, queries.person(request.actor, person_id))


@router.post(
    "/people/{uuid:person_id}/contacts",
    response=list[ContactOut],
    tags=PEOPLE,
    summary="Add a person's phone or mail address",
)
@operation(commands.add_contact)
def add_person_contact(request: Request, person_id: UUID, data: ContactIn) -> Any:
    person = queries.person(request.actor, person_id)
    return contacts_told(request, commands.add_contact(request.actor, person=person, **data.given()))


@router.patch(
    "/contacts/{uuid:contact_id}",
    response=list[ContactOut],
    tags=COMPANIES,
    summary="Change a phone or mail address",
)
@operation(commands.change_contact)
def change_contact(request: Request, contact_id: UUID, data: ContactChange) -> Any:
    contact = queries.contact(request.actor, contact_id)
    changed = commands.change_contact(request.actor, contact, version=if_match(request), **data.given())
    return contacts_told(request, changed)


@router.post(
    "/contacts/{uuid:contact_id}/prefer",
    response=list[ContactOut],
    tags=COMPANIES,
    summary="Make a phone or mail address the preferred one",
)
@operation(commands.prefer_contact)
def prefer_contact(request: Request, contact_id: UUID) -> Any:
    contact = queries.contact(request.actor, contact_id)
    return contacts_told(request, commands.prefer_contact(request.actor, contact, version=if_match(request)))


@router.delete(
    "/contacts/{uuid:contact_id}",
    response={204: None},
    tags=COMPANIES,
    summary="Remove a phone or mail address",
)
@operation(commands.remove_contact)
def remove_contact(request: Request, contact_id: UUID) -> None:
    contact = queries.contact(request.actor, contact_id)
    commands.remove_contact(request.actor, contact, version=if_match(request))


@router.get(
    "/companies/{uuid:company_id}/addresses",
    response=list[AddressOut],
    tags=COMPANIES,
    summary="A company's postal addresses",
)
@operation(VIEW_COMPANIES)
def list_company_addresses(request: Request, company_id: UUID) -> Any:
    return addresses_told(request, queries.company(request.actor, company_id))


@router.post(
    "/companies/{uuid:company_id}/addresses",
    response=list[AddressOut],
    tags=COMPANIES,
    summary="Add a postal address",
)
@operation(commands.add_address)
def add_company_address(request: Request, company_id: UUID, data: AddressIn) -> Any:
    company = queries.company(request.actor, company_id)
    return addresses_told(request, commands.add_address(request.actor, company=company, **data.given()))


@router.get(
    "/people/{uuid:person_id}/addresses",
    response=list[AddressOut],
    tags=PEOPLE,
    summary="A person's postal addresses",
)
@operation(VIEW_PEOPLE)
def list_person_addresses(request: Request, person_id: UUID) -> Any:
    return addresses_told(request, queries.person(request.actor, person_id))


@router.post(
    "/people/{uuid:person_id}/addresses",
    response=list[AddressOut],
    tags=PEOPLE,
    summary="Add a person's postal address",
)
@operation(commands.add_address)
def add_person_address(request: Request, person_id: UUID, data: AddressIn) -> Any:
    person = queries.person(request.actor, person_id)
    return addresses_told(request, commands.add_address(request.actor, person=person, **data.given()))


@router.patch(
    "/addresses/{uuid:address_id}",
    response=list[AddressOut],
    tags=COMPANIES,
    summary="Change a postal address",
)
@operation(commands.change_address)
def change_address(request: Request, address_id: UUID, data: AddressIn) -> Any:
    address = queries.address(request.actor, address_id)
    changed = commands.change_address(request.actor, address, version=if_match(request), **data.given())
    return addresses_told(request, changed)


@router.post(
    "/addresses/{uuid:address_id}/prefer",
    response=list[AddressOut],
    tags=COMPANIES,
    summary="Make a postal address the preferred one",
)
@operation(commands.prefer_address)
def prefer_address(request: Request, address_id: UUID) -> Any:
    address = queries.address(request.actor, address_id)
    return addresses_told(request, commands.prefer_address(request.actor, address, version=if_match(request)))


@router.delete(
    "/addresses/{uuid:address_id}",
    response={204: None},
    tags=COMPANIES,
    summary="Remove a postal address",
)
@operation(commands.remove_address)
def remove_address(request: Request, address_id: UUID) -> None:
    address = queries.address(request.actor, address_id)
    commands.remove_address(request.actor, address, version=if_match(request))
