from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.foundation.access import commands, permissions, queries
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Out, Page

router = Router(tags=["Access"])


class UserOut(Out):
    id: UUID
    name: str
    email: str
    language: str
    time_zone: str
    is_active: bool
    team_id: UUID | None
    manager_id: UUID | None
    created: datetime
    version: int


class UserFilters(Filters):
    sort: Literal["name", "-created"] = "name"
    q: str = Field("", max_length=100)
    team: UUID | None = None
    active: bool | None = None


@router.get("/users", response=Page[UserOut], summary="List users")
@operation(permissions.VIEW_USERS)
def list_users(request: Request, filters: Query[UserFilters]) -> Any:
    return page_of(queries.users_like(request.actor, **filters.chosen()), filters)


@router.get("/users/{uuid:user_id}", response=UserOut, summary="Read a user")
@operation(permissions.VIEW_USERS)
def read_user(request: Request, user_id: UUID) -> Any:
    return queries.user(request.actor, user_id)


class RoleOut(Out):
    id: UUID
    slug: str
    name: str
    version: int


class RoleGrantsOut(RoleOut):
    scopes: dict[str, str] = Field(
        description="Permission code and how far it reaches: own, team, subtree, all"
    )


@router.get("/roles", response=Page[RoleOut], summary="List roles")
@operation(permissions.VIEW_ROLES)
def list_roles(request: Request, filters: Query[Filters]) -> Any:
    return page_of(queries.roles(request.actor), filters)


@router.get("/roles/{uuid:role_id}", response=RoleGrantsOut, summary="Read a role with its grants")
@operation(permissions.VIEW_ROLES)
def read_role(request: Request, role_id: UUID) -> Any:
    return queries.role(request.actor, role_id)


class TokenOut(Out):
    id: UUID
    name: str
    prefix: str
    grants: list[str] = Field(description="Permission codes; empty: all that the owner holds")
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None
    created: datetime
    version: int


@router.get("/tokens", response=Page[TokenOut], summary="List one's own API tokens")
@operation(permissions.OWN_PROFILE)
def list_tokens(request: Request, filters: Query[Filters]) -> Any:
    return page_of(queries.tokens(request.actor), filters)


@router.post(
    "/tokens/{uuid:token_id}/revoke", response=TokenOut, summary="Revoke one of one's own API tokens"
)
@operation(commands.revoke_token)
def revoke_token(request: Request, token_id: UUID) -> Any:
    return commands.revoke_token(request.actor, queries.token(request.actor, token_id))
