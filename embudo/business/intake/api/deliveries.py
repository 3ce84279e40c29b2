from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import FileResponse
from ninja import Query, Router
from pydantic import Field

from embudo.business.intake import commands, queries
from embudo.business.intake.permissions import TAKE_DELIVERY
from embudo.business.intake.rules.deliveries import CONTENT_TYPES, DeliveryState, Format
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Deliveries"])


class DeliveryIn(In):
    format: Format = Format.XLSX
    columns: list[str] = Field(
        default_factory=list,
        max_length=200,
        description="By name, in their order: what the assignment asks for, or facts of the entry; the usual ones when left out.",
    )
    is_all: bool = Field(default=False, description="Every entry with its state, not only the accepted ones.")


class DeliveryOut(Out):
    id: UUID
    assignment_id: UUID
    owner_id: UUID | None
    format: Format
    columns: list[str]
    is_all: bool
    state: DeliveryState = Field(description="Its file is there once it is done.")
    rows: int
    total: int
    size: int
    done: datetime | None
    created: datetime
    version: int


class DeliveryFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


@router.get(
    "/assignments/{uuid:assignment_id}/deliveries", response=Page[DeliveryOut], summary="List deliveries"
)
@operation(TAKE_DELIVERY)
def list_deliveries(request: Request, assignment_id: UUID, filters: Query[DeliveryFilters]) -> Any:
    return page_of(queries.deliveries_of(request.actor, assignment_id), filters)


@router.post(
    "/assignments/{uuid:assignment_id}/deliveries",
    response={202: DeliveryOut},
    summary="Order a delivery, made in the background",
)
@operation(commands.order_delivery)
def order_delivery(request: Request, assignment_id: UUID, data: DeliveryIn) -> Any:
    assignment = queries.assignment_to_deliver(request.actor, assignment_id)
    return commands.order_delivery(
        request.actor, assignment, format=data.format, columns=data.columns, is_all=data.is_all
    )


@router.get("/deliveries/{uuid:delivery_id}", response=DeliveryOut, summary="Read a delivery")
@operation(TAKE_DELIVERY)
def read_delivery(request: Request, delivery_id: UUID) -> Any:
    return queries.delivery(request.actor, delivery_id)


@router.get("/deliveries/{uuid:delivery_id}/content", summary="Download a delivery")
@operation(TAKE_DELIVERY)
def download_delivery(request: Request, delivery_id: UUID) -> Any:
    found = queries.delivery(request.actor, delivery_id)
    content = queries.delivery_content(found)
    response = FileResponse(
        content,
        as_attachment=True,
        filename=f"{found.pk}.{found.format}",
        content_type=CONTENT_TYPES[Format(found.format)],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
