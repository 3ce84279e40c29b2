from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.permissions import USE_VIEWS, VIEW_ATTRIBUTES
from embudo.foundation.attributes.rules import AttributeType
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Out, Page
from embudo.foundation.ui.access_marks import actor_of
from embudo.kernel.custom import WithCustomValues

router = Router(tags=["Attributes"])


def dress(request: HttpRequest, result: Any) -> None:
    """Gives the records of an answer what their reader may know of their custom attributes."""
    if isinstance(result, Mapping):
        result = result.get("items")
    records = [result] if isinstance(result, WithCustomValues) else result
    if isinstance(records, list) and records and isinstance(records[0], WithCustomValues):
        queries.sent_values(actor_of(request), records)


class ChoiceOut(Out):
    key: str
    label: str
    is_offered: bool = True


class AttributeFields(In):
    label: str = Field(min_length=1, max_length=80)
    labels: dict[str, str] = Field(default_factory=dict, description="Language -> label.")
    section: str = Field("", max_length=80)
    order: int = Field(100, ge=0, le=9999)
    help: str = Field("", max_length=300)
    is_required: bool = False
    is_unique: bool = False
    is_searchable: bool = False
    default: Any = None
    choices: str = Field("", max_length=10_000, description="One a line: key = label.")
    limits: dict[str, Any] = Field(
        default_factory=dict, description="min, max, decimals, max_length, currency, kind (of a reference)."
    )
    view_roles: list[str] = Field(default_factory=list, description="Slugs; empty means everybody.")
    edit_roles: list[str] = Field(default_factory=list, description="Slugs; empty means everybody.")

    def change(self) -> commands.AttributeChange:
        values = {name: getattr(self, name) for name in AttributeFields.model_fields}
        roles = {name: tuple(values[name]) for name in ("view_roles", "edit_roles")}
        return commands.AttributeChange(**{**values, **roles})


class AttributeIn(AttributeFields):
    kind: str = Field(max_length=60, examples=["directory.company"])
    type: AttributeType
    key: str = Field("", max_length=40)


class AttributeOut(Out):
    id: UUID
    kind: str
    key: str
    type: AttributeType
    label: str
    labels: dict[str, str]
    section: str
    order: int
    help: str
    is_required: bool
    is_unique: bool
    is_searchable: bool
    default: Any
    choices: list[ChoiceOut]
    limits: dict[str, Any]
    view_roles: list[str]
    edit_roles: list[str]
    archived: datetime | None
    version: int


class ViewOut(Out):
    id: UUID
    list_key: str
    name: str
    scope: str
    columns: list[Any]
    sorts: list[str]
    filter: dict[str, Any]
    density: str
    face: str
    by: str
    total: str
    span: str
    version: int


class AttributeFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


class ViewFilters(Filters):
    sort: Literal["-created", "created"] = "-created"


@router.get("/attributes", response=Page[AttributeOut], summary="List attributes")
@operation(VIEW_ATTRIBUTES)
def list_attributes(request: Request, filters: Query[AttributeFilters]) -> Any:
    return page_of(queries.attributes(request.actor), filters)


@router.post("/attributes", response={201: AttributeOut}, summary="Define an attribute")
@operation(commands.define_attribute)
def create_attribute(request: Request, data: AttributeIn) -> Any:
    return commands.define_attribute(
        request.actor, kind=data.kind, type=data.type.value, change=data.change(), key=data.key
    )


@router.get("/attributes/{uuid:attribute_id}", response=AttributeOut, summary="Read an attribute")
@operation(VIEW_ATTRIBUTES)
def read_attribute(request: Request, attribute_id: UUID) -> Any:
    return queries.attribute(request.actor, attribute_id)


@router.patch("/attributes/{uuid:attribute_id}", response=AttributeOut, summary="Change an attribute")
@operation(commands.change_attribute)
def change_attribute(request: Request, attribute_id: UUID, data: AttributeFields) -> Any:
    attribute = queries.attribute(request.actor, attribute_id)
    return commands.change_attribute(
        request.actor, attribute, change=data.change(), version=if_match(request)
    )


@router.post("/attributes/{uuid:attribute_id}/archive", response=AttributeOut, summary="Archive an attribute")
@operation(commands.archive_attribute)
def archive_attribute(request: Request, attribute_id: UUID) -> Any:
    return commands.archive_attribute(request.actor, queries.attribute(request.actor, attribute_id))


@router.post("/attributes/{uuid:attribute_id}/restore", response=AttributeOut, summary="Restore an attribute")
@operation(commands.restore_attribute)
def restore_attribute(request: Request, attribute_id: UUID) -> Any:
    return commands.restore_attribute(request.actor, queries.attribute(request.actor, attribute_id))


@router.get("/views", response=Page[ViewOut], summary="List saved views")
@operation(USE_VIEWS)
def list_views(request: Request, filters: Query[ViewFilters]) -> Any:
    return page_of(queries.views(request.actor), filters)
