from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import BeforeValidator, Field

from embudo.business.directory import commands, queries
from embudo.business.directory.permissions import DELETE_COMPANY, DELETE_PERSON, VIEW_COMPANIES, VIEW_PEOPLE
from embudo.foundation.access.queries import user
from embudo.foundation.attributes.queries import narrowed
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import TreeFilters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import CustomIn, CustomOut, In, Out, Page

router = Router()
COMPANIES, PEOPLE = ["Companies"], ["People"]
Order = Literal["-updated", "updated", "-created", "created", "name"]


class AddressFields(In):
    street: str = Field("", max_length=120)
    number: str = Field("", max_length=20)
    postcode: str = Field("", max_length=16)
    town: str = Field("", max_length=80)
    region: str = Field("", max_length=80)
    country: str = Field("", max_length=2, pattern="^([A-Za-z]{2})?$", description="ISO 3166, such as PL.")


class CompanyFields(CustomIn, AddressFields):
    tax_id: str = Field("", max_length=30, description="Checked by the rule of `country`.")
    vat_id: str = Field("", max_length=20, description="Of the European Union, its country in front.")
    regon: str = Field("", max_length=20)
    krs: str = Field("", max_length=14)
    siret: str = Field("", max_length=20, description="France: SIREN (9 digits) or SIRET (14).")
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=60, description="Kept as E.164.")
    mobile: str = Field("", max_length=60)
    fax: str = Field("", max_length=60)
    website: str = Field("", max_length=200)
    sector: str = Field("", max_length=80)
    activity: str = Field("", max_length=200, description="What the company does, in words.")
    pkd: str = Field("", max_length=20, description="PKD 2025 code; one of PKD 2007 begins with 2007:.")
    pkd_others: str = Field("", max_length=400, description="Further codes, with commas between.")
    size: Literal["", "micro", "small", "medium", "large"] = Field(
        "", description="Follows from `employees` where that is given."
    )
    employees: int | None = Field(None, ge=0, le=10_000_000)
    founded: int | None = Field(None, ge=800, le=2200)
    parent_id: UUID | None = Field(None, description="The company that this one belongs to.")
    is_customer: bool = False
    source1: str = Field("", max_length=120)
    source2: str = Field("", max_length=120)
    source3: str = Field("", max_length=120)
    source4: str = Field("", max_length=120)
    remarks: str = Field("", max_length=4000)


class CompanyIn(CompanyFields):
    name: str = Field(min_length=1, max_length=160)
    owner_id: UUID | None = Field(None, description="A user; the token's owner when left out.")


class CompanyChange(CompanyFields):
    name: str = Field("", min_length=1, max_length=160)


class CompanyOut(CustomOut):
    id: UUID
    name: str
    owner_id: UUID | None
    tax_id: str
    vat_id: str
    regon: str
    krs: str
    siret: str
    email: str
    phone: str
    mobile: str
    fax: str
    website: str
    street: str
    number: str
    postcode: str
    town: str
    region: str
    country: str
    sector: str
    activity: str
    pkd: str
    pkd_others: str
    size: str
    employees: int | None
    founded: int | None
    parent_id: UUID | None
    is_customer: bool
    source1: str
    source2: str
    source3: str
    source4: str
    remarks: str
    created: datetime
    updated: datetime
    version: int


class PossibleOut(Out):
    kind: str
    id: UUID
    title: str
    score: float = Field(description="Of 100: how sure it is.")
    reason: Annotated[str, BeforeValidator(str)]


class NewCompanyOut(CompanyOut):
    duplicates: list[PossibleOut] = Field(description="Companies and people that may be the same.")


class CompanyFilters(TreeFilters):
    sort: Order = "-updated"
    q: str = Field("", max_length=100, description="Words in name, numbers, mail, phone, town.")
    owner: UUID | None = None
    is_customer: bool | None = None
    country: str = Field("", max_length=2)
    sector: str = Field("", max_length=80)
    parent: UUID | None = Field(None, description="Only those that belong to this company.")
    changed_since: datetime | None = None


class OwnerIn(In):
    owner_id: UUID | None


def _references(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Ids turned into the records that the caller may see."""
    readers = {"owner": user, "parent": queries.company, "company": queries.company}
    for name, read in readers.items():
        if f"{name}_id" in given:
            found = given.pop(f"{name}_id")
            given[name] = read(request.actor, found) if found else None
    return given


@router.get("/companies", response=Page[CompanyOut], tags=COMPANIES, summary="List companies")
@operation(VIEW_COMPANIES)
def list_companies(request: Request, filters: Query[CompanyFilters]) -> Any:
    found = queries.companies(request.actor, **filters.chosen())
    return page_of(narrowed(request.actor, found, filters.filter), filters)


@router.post("/companies", response={201: NewCompanyOut}, tags=COMPANIES, summary="Register a company")
@operation(commands.register_company)
def create_company(request: Request, data: CompanyIn) -> Any:
    company: Any = commands.register_company(request.actor, **_references(request, data.given()))
    asked = {name: getattr(company, name) for name in ("name", "email", "phone", "tax_id")}
    company.duplicates = queries.possible_duplicates(request.actor, **asked, but=company.pk)
    return company


@router.get("/companies/{uuid:company_id}", response=CompanyOut, tags=COMPANIES, summary="Read a company")
@operation(VIEW_COMPANIES)
def read_company(request: Request, company_id: UUID) -> Any:
    return queries.company(request.actor, company_id)


@router.patch("/companies/{uuid:company_id}", response=CompanyOut, tags=COMPANIES, summary="Change a company")
@operation(commands.change_company)
def change_company(request: Request, company_id: UUID, data: CompanyChange) -> Any:
    company, given = queries.company(request.actor, company_id), _references(request, data.given())
    return commands.change_company(request.actor, company, version=if_match(request), **given)


@router.delete(
    "/companies/{uuid:company_id}", response={204: None}, tags=COMPANIES, summary="Delete a company"
)
@operation(DELETE_COMPANY)
def delete_company(request: Request, company_id: UUID) -> None:
    recycle_record(request.actor, queries.company(request.actor, company_id), version=if_match(request))


@router.post(
    "/companies/{uuid:company_id}/owner",
    response=CompanyOut,
    tags=COMPANIES,
    summary="Change a company's owner",
)
@operation(commands.change_company_owner)
def change_company_owner(request: Request, company_id: UUID, data: OwnerIn) -> Any:
    company, given = queries.company(request.actor, company_id), _references(request, data.given())
    return commands.change_company_owner(request.actor, company, version=if_match(request), **given)


class PersonFields(CustomIn, AddressFields):
    first_name: str = Field("", max_length=80)
    job_title: str = Field("", max_length=120)
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=60, description="Kept as E.164.")
    mobile: str = Field("", max_length=60)
    is_customer: bool = False
    remarks: str = Field("", max_length=4000)


class PersonIn(PersonFields):
    last_name: str = Field(min_length=1, max_length=80)
    company_id: UUID | None = Field(None, description="Where the person works.")
    owner_id: UUID | None = Field(None, description="A user; the token's owner when left out.")


class PersonChange(PersonFields):
    last_name: str = Field("", min_length=1, max_length=80)


class PersonOut(CustomOut):
    id: UUID
    name: str
    first_name: str
    last_name: str
    job_title: str
    owner_id: UUID | None
    company_id: UUID | None
    email: str
    phone: str
    mobile: str
    street: str
    number: str
    postcode: str
    town: str
    region: str
    country: str
    is_customer: bool
    remarks: str
    created: datetime
    updated: datetime
    version: int


class NewPersonOut(PersonOut):
    duplicates: list[PossibleOut] = Field(description="People that may be the same.")


class PersonFilters(TreeFilters):
    sort: Order = "-updated"
    q: str = Field("", max_length=100, description="Words in name, mail, phone, job title.")
    owner: UUID | None = None
    company: UUID | None = None
    is_customer: bool | None = None
    changed_since: datetime | None = None


class AffiliationIn(In):
    company_id: UUID
    role: str = Field("", max_length=120)
    since: date | None = None


class AffiliationChange(In):
    role: str = Field("", max_length=120)
    since: date | None = None
    until: date | None = None


class AffiliationEnd(In):
    until: date | None = None


class AffiliationOut(Out):
    id: UUID
    person_id: UUID
    company_id: UUID
    role: str
    since: date | None
    until: date | None
    version: int


@router.get("/people", response=Page[PersonOut], tags=PEOPLE, summary="List people")
@operation(VIEW_PEOPLE)
def list_people(request: Request, filters: Query[PersonFilters]) -> Any:
    found = queries.people(request.actor, **filters.chosen())
    return page_of(narrowed(request.actor, found, filters.filter), filters)


@router.post("/people", response={201: NewPersonOut}, tags=PEOPLE, summary="Register a person")
@operation(commands.register_person)
def create_person(request: Request, data: PersonIn) -> Any:
    person: Any = commands.register_person(request.actor, **_references(request, data.given()))
    asked = {"name": person.name, "email": person.email, "phone": person.phone or person.mobile}
    person.duplicates = queries.possible_duplicates(
        request.actor, **asked, kinds=(queries.PERSON,), but=person.pk
    )
    return person


@router.get("/people/{uuid:person_id}", response=PersonOut, tags=PEOPLE, summary="Read a person")
@operation(VIEW_PEOPLE)
def read_person(request: Request, person_id: UUID) -> Any:
    return queries.person(request.actor, person_id)


@router.patch("/people/{uuid:person_id}", response=PersonOut, tags=PEOPLE, summary="Change a person")
@operation(commands.change_person)
def change_person(request: Request, person_id: UUID, data: PersonChange) -> Any:
    person = queries.person(request.actor, person_id)
    return commands.change_person(request.actor, person, version=if_match(request), **data.given())


@router.delete("/people/{uuid:person_id}", response={204: None}, tags=PEOPLE, summary="Delete a person")
@operation(DELETE_PERSON)
def delete_person(request: Request, person_id: UUID) -> None:
    recycle_record(request.actor, queries.person(request.actor, person_id), version=if_match(request))


@router.post(
    "/people/{uuid:person_id}/owner", response=PersonOut, tags=PEOPLE, summary="Change a person's owner"
)
@operation(commands.change_person_owner)
def change_person_owner(request: Request, person_id: UUID, data: OwnerIn) -> Any:
    person, given = queries.person(request.actor, person_id), _references(request, data.given())
    return commands.change_person_owner(request.actor, person, version=if_match(request), **given)


@router.get(
    "/people/{uuid:person_id}/affiliations",
    response=list[AffiliationOut],
    tags=PEOPLE,
    summary="Where a person works",
)
@operation(VIEW_PEOPLE)
def list_affiliations(request: Request, person_id: UUID) -> Any:
    return list(queries.affiliations_of(request.actor, queries.person(request.actor, person_id)))


@router.post(
    "/people/{uuid:person_id}/affiliations",
    response={201: AffiliationOut},
    tags=PEOPLE,
    summary="Link a person to a company",
)
@operation(commands.link_person_to_company)
def create_affiliation(request: Request, person_id: UUID, data: AffiliationIn) -> Any:
    person, given = queries.person(request.actor, person_id), _references(request, data.given())
    return commands.link_person_to_company(request.actor, person, **given)


@router.post(
    "/affiliations/{uuid:affiliation_id}/end",
    response=AffiliationOut,
    tags=PEOPLE,
    summary="End an affiliation",
)
@operation(commands.end_affiliation)
def end_affiliation(request: Request, affiliation_id: UUID, data: AffiliationEnd) -> Any:
    affiliation = queries.affiliation(request.actor, affiliation_id)
    return commands.end_affiliation(request.actor, affiliation, **data.given())


@router.patch(
    "/affiliations/{uuid:affiliation_id}",
    response=AffiliationOut,
    tags=PEOPLE,
    summary="Change an affiliation",
)
@operation(commands.change_affiliation)
def change_affiliation(request: Request, affiliation_id: UUID, data: AffiliationChange) -> Any:
    affiliation = queries.affiliation(request.actor, affiliation_id)
    return commands.change_affiliation(request.actor, affiliation, version=if_match(request), **data.given())


@router.get(
    "/companies/{uuid:company_id}/affiliations",
    response=list[AffiliationOut],
    tags=COMPANIES,
    summary="Who works at a company",
)
@operation(VIEW_PEOPLE)
def list_affiliations_at(request: Request, company_id: UUID) -> Any:
    return list(queries.affiliations_at(request.actor, queries.company(request.actor, company_id)))
