from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from embudo.business.directory import queries as directory
from embudo.business.sales import commands, queries
from embudo.business.sales.permissions import DELETE_OPPORTUNITY, VIEW_OPPORTUNITIES, VIEW_PIPELINES
from embudo.business.sales.rules.pipelines import LostReason, StageKind
from embudo.business.supply import queries as supply
from embudo.foundation.access.queries import user
from embudo.foundation.attributes.queries import narrowed
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import TreeFilters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import CustomIn, CustomOut, In, MoneyIn, MoneyOut, Out, Page
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound

router = Router(tags=["Opportunities"])

FETCHES: dict[str, Any] = {
    "company": directory.company,
    "person": directory.person,
    "product": supply.product,
    "stage": queries.stage,
    "owner": user,
}


class Links(In):
    company_id: UUID | None = None
    person_id: UUID | None = None
    product_id: UUID | None = None
    closes: date | None = Field(None, description="The day on which it is expected to be decided.")


class OpportunityIn(CustomIn, Links):
    title: str = Field(min_length=1, max_length=200)
    value: MoneyIn
    stage_id: UUID | None = Field(
        None, description="An open stage; the first of the default pipeline when left out."
    )
    owner_id: UUID | None = Field(None, description="A user; the token's owner when left out.")


class OpportunityChange(CustomIn, Links):
    title: str = Field("", min_length=1, max_length=200)
    value: MoneyIn | None = None


class OpportunityOut(CustomOut):
    id: UUID
    title: str
    company_id: UUID | None
    person_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    stage_since: datetime
    state: StageKind
    value: MoneyOut
    closes: date | None
    product_id: UUID | None
    lead_id: UUID | None
    owner_id: UUID | None
    closed: datetime | None
    lost_reason: str
    lost_note: str
    created: datetime
    updated: datetime
    version: int


class OpportunityFilters(TreeFilters):
    sort: Literal["-created", "created"] = "-created"
    q: str = Field("", max_length=100)
    state: StageKind | None = None
    stage: UUID | None = None
    owner: UUID | None = None
    company: UUID | None = None
    person: UUID | None = None
    created_since: datetime | None = None


class Move(In):
    stage_id: UUID


class Loss(In):
    reason: LostReason
    note: str = Field("", max_length=1000)


class Reopening(In):
    stage_id: UUID | None = Field(None, description="An open stage; the last one when left out.")


class Assignment(In):
    owner_id: UUID


class StageOut(Out):
    id: UUID
    name: str
    kind: StageKind
    probability: int
    order: int


class PipelineOut(Out):
    id: UUID
    name: str
    is_default: bool
    stages: list[StageOut]


def linked(actor: Actor, given: dict[str, Any]) -> dict[str, Any]:
    """The records whose ids were sent, under the command's names; one that is not there is a fault of its field."""
    found = {}
    for name, fetch in FETCHES.items():
        if f"{name}_id" not in given:
            continue
        record_id = given[f"{name}_id"]
        try:
            found[name] = fetch(actor, record_id) if record_id else None
        except NotFound:
            raise Invalid(
                {f"{name}_id": [_("There is no such record. Send the id of one that you can read.")]}
            ) from None
    return found


@router.get("/pipelines", response=list[PipelineOut], summary="List pipelines with their stages")
@operation(VIEW_PIPELINES)
def list_pipelines(request: Request) -> Any:
    return [
        {"id": one.pk, "name": one.name, "is_default": one.is_default, "stages": list(one.stages.all())}
        for one in queries.pipelines_with_stages(request.actor)
    ]


@router.get("/opportunities", response=Page[OpportunityOut], summary="List opportunities")
@operation(VIEW_OPPORTUNITIES)
def list_opportunities(request: Request, filters: Query[OpportunityFilters]) -> Any:
    found = queries.opportunities(request.actor, **filters.chosen())
    return page_of(narrowed(request.actor, found, filters.filter), filters)


@router.get("/opportunities/{uuid:opportunity_id}", response=OpportunityOut, summary="Read an opportunity")
@operation(VIEW_OPPORTUNITIES)
def read_opportunity(request: Request, opportunity_id: UUID) -> Any:
    return queries.opportunity(request.actor, opportunity_id)


@router.post("/opportunities", response={201: OpportunityOut}, summary="Open an opportunity")
@operation(commands.open_opportunity)
def create_opportunity(request: Request, data: OpportunityIn) -> Any:
    records = linked(request.actor, data.given())
    return commands.open_opportunity(
        request.actor, title=data.title, value=data.value.money(), closes=data.closes,
        custom=data.given().get("custom"), **records,
    )  # fmt: skip


@router.delete("/opportunities/{uuid:opportunity_id}", response={204: None}, summary="Delete an opportunity")
@operation(DELETE_OPPORTUNITY)
def delete_opportunity(request: Request, opportunity_id: UUID) -> None:
    found = queries.opportunity(request.actor, opportunity_id)
    recycle_record(request.actor, found, version=if_match(request))


@router.patch(
    "/opportunities/{uuid:opportunity_id}", response=OpportunityOut, summary="Change an opportunity"
)
@operation(commands.edit_opportunity)
def change_opportunity(request: Request, opportunity_id: UUID, data: OpportunityChange) -> Any:
    found, given = queries.opportunity(request.actor, opportunity_id), data.given()
    standing = {
        name: getattr(found, name) for name in ("title", "value", "closes", "company", "person", "product")
    }
    changed = {name: given[name] for name in ("title", "closes", "custom") if name in given} | linked(
        request.actor, given
    )
    if data.value is not None:
        changed["value"] = data.value.money()
    return commands.edit_opportunity(request.actor, found, version=if_match(request), **(standing | changed))


@router.post(
    "/opportunities/{uuid:opportunity_id}/assign", response=OpportunityOut, summary="Assign an opportunity"
)
@operation(commands.assign_opportunity)
def assign_opportunity(request: Request, opportunity_id: UUID, data: Assignment) -> Any:
    found = queries.opportunity(request.actor, opportunity_id)
    return commands.assign_opportunity(request.actor, found, **linked(request.actor, data.given()))


@router.post(
    "/opportunities/{uuid:opportunity_id}/move", response=OpportunityOut, summary="Move an opportunity"
)
@operation(commands.move_opportunity)
def move_opportunity(request: Request, opportunity_id: UUID, data: Move) -> Any:
    found = queries.opportunity(request.actor, opportunity_id)
    return commands.move_opportunity(request.actor, found, **linked(request.actor, data.given()))


@router.post(
    "/opportunities/{uuid:opportunity_id}/win", response=OpportunityOut, summary="Win an opportunity"
)
@operation(commands.win_opportunity)
def win_opportunity(request: Request, opportunity_id: UUID) -> Any:
    return commands.win_opportunity(request.actor, queries.opportunity(request.actor, opportunity_id))


@router.post(
    "/opportunities/{uuid:opportunity_id}/lose", response=OpportunityOut, summary="Lose an opportunity"
)
@operation(commands.lose_opportunity)
def lose_opportunity(request: Request, opportunity_id: UUID, data: Loss) -> Any:
    found = queries.opportunity(request.actor, opportunity_id)
    return commands.lose_opportunity(request.actor, found, reason=data.reason, note=data.note)


@router.post(
    "/opportunities/{uuid:opportunity_id}/reopen", response=OpportunityOut, summary="Reopen an opportunity"
)
@operation(commands.reopen_opportunity)
def reopen_opportunity(request: Request, opportunity_id: UUID, data: Reopening) -> Any:
    found = queries.opportunity(request.actor, opportunity_id)
    return commands.reopen_opportunity(request.actor, found, **linked(request.actor, data.given()))
