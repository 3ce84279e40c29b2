from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.business.sales import commands, queries
from embudo.business.sales.permissions import MANAGE_SOURCES
from embudo.business.sales.rules.leads import SourceKind
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Lead sources"])


class SourceFields(In):
    kind: SourceKind = SourceKind.WEB_FORM
    language: Literal["", "en", "fr", "es", "pl"] = ""
    country: str = Field("", max_length=2, pattern="^([A-Za-z]{2})?$")
    heading: str = Field("", max_length=120)
    thank_you: str = Field("", max_length=1000)
    consent: str = Field("", max_length=500)


class SourceIn(SourceFields):
    name: str = Field(min_length=1, max_length=120)


class SourceChange(SourceFields):
    name: str = Field("", min_length=1, max_length=120)
    is_active: bool = True


class SourceOut(Out):
    id: UUID
    name: str
    kind: SourceKind
    key: str = Field(description="Whoever has it may send leads, nothing else.")
    is_active: bool
    language: str
    country: str
    heading: str
    thank_you: str
    consent: str
    route_role: str
    route_team_id: UUID | None
    created: datetime
    version: int


class SourceFilters(Filters):
    sort: Literal["name", "-created"] = "name"


@router.get("/lead-sources", response=Page[SourceOut], summary="List lead sources")
@operation(MANAGE_SOURCES)
def list_lead_sources(request: Request, filters: Query[SourceFilters]) -> Any:
    return page_of(queries.lead_sources(request.actor), filters)


@router.post("/lead-sources", response={201: SourceOut}, summary="Make a lead source")
@operation(commands.define_source)
def create_lead_source(request: Request, data: SourceIn) -> Any:
    return commands.define_source(request.actor, **data.given())


@router.get("/lead-sources/{uuid:source_id}", response=SourceOut, summary="Read a lead source")
@operation(MANAGE_SOURCES)
def read_lead_source(request: Request, source_id: UUID) -> Any:
    return queries.lead_source(request.actor, source_id)


@router.patch("/lead-sources/{uuid:source_id}", response=SourceOut, summary="Change a lead source")
@operation(commands.change_source)
def change_lead_source(request: Request, source_id: UUID, data: SourceChange) -> Any:
    source = queries.lead_source(request.actor, source_id)
    return commands.change_source(request.actor, source, version=if_match(request), **data.given())
