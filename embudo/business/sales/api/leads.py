from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.security import APIKeyHeader
from pydantic import Field

from embudo.business.sales import commands, queries
from embudo.business.sales.api.opportunities import Assignment, OpportunityOut, linked
from embudo.business.sales.models import LeadSource
from embudo.business.sales.permissions import DELETE_LEAD, VIEW_LEADS
from embudo.business.sales.rules.leads import DisqualifyReason, LeadStatus
from embudo.foundation.attributes.queries import narrowed
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import TreeFilters, page_of
from embudo.foundation.rest.requests import BearerToken, Request, if_match
from embudo.foundation.rest.schemas import CustomIn, CustomOut, In, MoneyIn, Out, Page
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound

router = Router(tags=["Leads"])


class FormKey(APIKeyHeader):
    """The key of a lead source: it may send leads, nothing else."""

    param_name = "X-Form-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        if not key:
            return None
        try:
            actor, source = queries.key_holder(
                key[:100], origin="rest", request_id=getattr(request, "request_id", "")
            )
        except NotFound:
            return None
        request.lead_source = source  # type: ignore[attr-defined]
        return actor


class LeadFields(CustomIn):
    company_name: str = Field("", max_length=160)
    job_title: str = Field("", max_length=120)
    email: str = Field("", max_length=254)
    phone: str = Field(
        "", max_length=40, description="Kept as E.164; `country` tells how a number without code is meant."
    )
    country: str = Field("", max_length=2, pattern="^([A-Za-z]{2})?$", description="ISO 3166, such as PL.")
    message: str = Field("", max_length=5000)


class LeadIn(LeadFields):
    name: str = Field(min_length=1, max_length=120)
    language: Literal["", "en", "fr", "es", "pl"] = ""
    has_consented: bool = False
    source: str = Field("", max_length=40, description="The key of a lead source.")
    owner_id: UUID | None = Field(None, description="A user; whose turn it is when left out.")


class LeadChange(LeadFields):
    name: str = Field("", min_length=1, max_length=120)


class DuplicateOut(Out):
    kind: str = Field(examples=["directory.company"])
    id: UUID
    title: str
    subtitle: str
    score: int = Field(description="Of 100.")


class LeadOut(CustomOut):
    id: UUID
    name: str
    company_name: str
    job_title: str
    email: str
    phone: str
    country: str
    message: str
    language: str
    source_id: UUID | None
    owner_id: UUID | None
    status: LeadStatus
    reason: str
    consented: datetime | None
    company_id: UUID | None
    person_id: UUID | None
    created: datetime
    updated: datetime
    version: int


class NewLeadOut(LeadOut):
    duplicates: list[DuplicateOut] = Field(description="Leads, companies and people that may be the same.")


class LeadFilters(TreeFilters):
    sort: Literal["-created", "created"] = "-created"
    q: str = Field("", max_length=100)
    status: LeadStatus | None = None
    owner: UUID | None = None
    source: UUID | None = None
    email: str = Field("", max_length=254)
    created_since: datetime | None = None


class Disqualification(In):
    reason: DisqualifyReason
    note: str = Field("", max_length=1000)


class Conversion(In):
    title: str = Field(min_length=1, max_length=200)
    value: MoneyIn
    stage_id: UUID | None = Field(
        None, description="An open stage; the first of the default pipeline when left out."
    )
    closes: date | None = None
    product_id: UUID | None = None
    company_id: UUID | None = Field(None, description="An existing company; a new one when left out.")
    company_name: str = Field("", max_length=160, description="Of the new company; the lead's when left out.")
    person_id: UUID | None = Field(None, description="An existing person; a new one when left out.")
    first_name: str = Field("", max_length=80)
    last_name: str = Field("", max_length=80)
    has_person: bool = True


class UndoneOut(Out):
    put_back: int
    left: int = Field(description="Records that were changed since and stay as they are.")


@router.get("/leads", response=Page[LeadOut], summary="List leads")
@operation(VIEW_LEADS)
def list_leads(request: Request, filters: Query[LeadFilters]) -> Any:
    found = queries.leads(request.actor, **filters.chosen())
    return page_of(narrowed(request.actor, found, filters.filter), filters)


@router.get("/leads/{uuid:lead_id}", response=LeadOut, summary="Read a lead")
@operation(VIEW_LEADS)
def read_lead(request: Request, lead_id: UUID) -> Any:
    return queries.lead(request.actor, lead_id)


def source_of(request: Request, key: str) -> LeadSource | None:
    """The source whose key came in the header, else the one that the body names."""
    held: LeadSource | None = getattr(request, "lead_source", None)
    try:
        return held or (queries.source_with_key(request.actor, key) if key else None)
    except NotFound:
        raise Invalid(
            {"source": [_("No active lead source has this key. Copy it from the source's page.")]}
        ) from None


@router.post("/leads", auth=[BearerToken(), FormKey()], response={201: NewLeadOut}, summary="Send a lead")
@operation(commands.submit_lead)
def create_lead(request: Request, data: LeadIn) -> Any:
    actor, given = request.actor, data.given()
    records = linked(actor, {"owner_id": given.pop("owner_id", None)})
    source = source_of(request, given.pop("source", ""))
    lead: Any = commands.submit_lead(actor, source=source, **records, **given)
    lead.duplicates = queries.possible_duplicates(actor, lead)
    return lead


@router.patch("/leads/{uuid:lead_id}", response=LeadOut, summary="Change a lead")
@operation(commands.edit_lead)
def change_lead(request: Request, lead_id: UUID, data: LeadChange) -> Any:
    lead = queries.lead(request.actor, lead_id)
    return commands.edit_lead(request.actor, lead, version=if_match(request), **data.given())


@router.delete("/leads/{uuid:lead_id}", response={204: None}, summary="Delete a lead")
@operation(DELETE_LEAD)
def delete_lead(request: Request, lead_id: UUID) -> None:
    recycle_record(request.actor, queries.lead(request.actor, lead_id), version=if_match(request))


@router.post("/leads/{uuid:lead_id}/assign", response=LeadOut, summary="Assign a lead")
@operation(commands.assign_lead)
def assign_lead(request: Request, lead_id: UUID, data: Assignment) -> Any:
    lead = queries.lead(request.actor, lead_id)
    return commands.assign_lead(request.actor, lead, **linked(request.actor, data.given()))


@router.post("/leads/{uuid:lead_id}/start", response=LeadOut, summary="Start working on a lead")
@operation(commands.start_lead)
def start_lead(request: Request, lead_id: UUID) -> Any:
    return commands.start_lead(request.actor, queries.lead(request.actor, lead_id))


@router.post("/leads/{uuid:lead_id}/qualify", response=LeadOut, summary="Qualify a lead")
@operation(commands.qualify_lead)
def qualify_lead(request: Request, lead_id: UUID) -> Any:
    return commands.qualify_lead(request.actor, queries.lead(request.actor, lead_id))


@router.post("/leads/{uuid:lead_id}/disqualify", response=LeadOut, summary="Disqualify a lead")
@operation(commands.disqualify_lead)
def disqualify_lead(request: Request, lead_id: UUID, data: Disqualification) -> Any:
    lead = queries.lead(request.actor, lead_id)
    return commands.disqualify_lead(request.actor, lead, reason=data.reason, note=data.note)


@router.post("/leads/{uuid:lead_id}/reopen", response=LeadOut, summary="Take a lead back into work")
@operation(commands.reopen_lead)
def reopen_lead(request: Request, lead_id: UUID) -> Any:
    return commands.reopen_lead(request.actor, queries.lead(request.actor, lead_id))


@router.post("/leads/{uuid:lead_id}/convert", response={201: OpportunityOut}, summary="Convert a lead")
@operation(commands.convert_lead)
def convert_lead(request: Request, lead_id: UUID, data: Conversion) -> Any:
    actor, given = request.actor, data.given()
    plain = {name: value for name, value in given.items() if not name.endswith("_id")}
    plain["value"] = data.value.money()
    return commands.convert_lead(actor, queries.lead(actor, lead_id), **plain, **linked(actor, given))


@router.post("/leads/{uuid:lead_id}/undo-conversion", response=UndoneOut, summary="Undo a conversion")
@operation(commands.undo_conversion)
def undo_conversion(request: Request, lead_id: UUID) -> Any:
    undone = commands.undo_conversion(request.actor, queries.lead(request.actor, lead_id))
    return {"put_back": len(undone.put_back), "left": len(undone.left)}
