from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.business.supply import commands, queries
from embudo.business.supply.permissions import DELETE_PRODUCTS, VIEW_PRODUCTS
from embudo.business.supply.rules import PRICE_LIMIT
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Out, Page

router = Router(tags=["Products"])


class ProductFields(In):
    code: str = Field("", max_length=64, description="Unique; the name when left out.")
    series: str = Field("", max_length=80)
    price_minor: int = Field(
        0, ge=0, le=PRICE_LIMIT, strict=True, description="Unit price in 1/10 000 of the currency."
    )
    tax_rate: int = Field(0, ge=0, le=10_000, strict=True, description="In basis points: 2300 = 23 %.")


class ProductIn(ProductFields):
    name: str = Field(min_length=1, max_length=200)
    currency: str = Field("", pattern="^([A-Z]{3})?$", description="The organisation's when left out.")


class ProductChange(ProductFields):
    name: str = Field("", min_length=1, max_length=200)
    code: str = Field("", min_length=1, max_length=64)
    currency: str = Field("", pattern="^[A-Z]{3}$")
    is_active: bool = True


class ProductOut(Out):
    id: UUID
    name: str
    code: str
    series: str
    price_minor: int
    currency: str
    tax_rate: int
    is_active: bool
    created: datetime
    updated: datetime
    version: int


class ProductFilters(Filters):
    sort: Literal["name", "code"] = "name"
    q: str = Field("", max_length=100)
    series: str = Field("", max_length=80)
    is_active: bool | None = None


@router.get("/products", response=Page[ProductOut], summary="List products")
@operation(VIEW_PRODUCTS)
def list_products(request: Request, filters: Query[ProductFilters]) -> Any:
    return page_of(queries.products(request.actor, **filters.chosen()), filters)


@router.get("/products/{uuid:product_id}", response=ProductOut, summary="Read a product")
@operation(VIEW_PRODUCTS)
def read_product(request: Request, product_id: UUID) -> Any:
    return queries.product(request.actor, product_id)


@router.post("/products", response={201: ProductOut}, summary="Define a product")
@operation(commands.define_product)
def create_product(request: Request, data: ProductIn) -> Any:
    return commands.define_product(request.actor, **data.given())


@router.delete("/products/{uuid:product_id}", response={204: None}, summary="Delete a product")
@operation(DELETE_PRODUCTS)
def delete_product(request: Request, product_id: UUID) -> None:
    recycle_record(request.actor, queries.product(request.actor, product_id), version=if_match(request))


@router.patch("/products/{uuid:product_id}", response=ProductOut, summary="Change a product")
@operation(commands.change_product)
def change_product(request: Request, product_id: UUID, data: ProductChange) -> Any:
    product = queries.product(request.actor, product_id)
    return commands.change_product(request.actor, product, version=if_match(request), **data.given())
