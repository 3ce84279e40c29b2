"""A small API of its own: what an api.py looks like, and every way it can fail."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.urls import path
from ninja import Query, Router
from ninja.security import HttpBearer
from pydantic import Field

from embudo.foundation.access.models import Team
from embudo.foundation.access.permissions import VIEW_ROLES
from embudo.foundation.rest.api import RestAPI
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import Count, In, MoneyIn, MoneyOut, Out, Page
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import NotFound, Refused
from embudo.kernel.event import Event, publish
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock

router = Router(tags=["Teams"])


class TeamNamed(Event):
    pass


@command(VIEW_ROLES)
def name_team(actor: Actor, *, name: str) -> Team:
    team = create(Team(name=name))
    publish(TeamNamed(), team)
    return team


@command(VIEW_ROLES)
def rename_team(actor: Actor, team: Team, *, name: str, version: int | None = None) -> Team:
    team = update(lock(team, version=version), name=name)
    publish(TeamNamed(), team)
    return team


class TeamIn(In):
    name: str = Field(min_length=1, max_length=10)
    size: Count | None = None


class TeamOut(Out):
    id: UUID
    name: str


class TeamFilters(Filters):
    sort: Literal["name", "-created"] = "-created"
    name: str | None = Field(None, max_length=20)


@router.get("/teams", response=Page[TeamOut])
@operation(VIEW_ROLES)
def list_teams(request: Request, filters: Query[TeamFilters]) -> Any:
    return page_of(Team.objects.filter(**filters.chosen()), filters)


@router.post("/teams", response={201: TeamOut})
@operation(name_team)
def create_team(request: Request, data: TeamIn) -> Any:
    return name_team(request.actor, name=data.name)


@router.get("/teams/{uuid:team_id}", response=TeamOut)
@operation(VIEW_ROLES)
def read_team(request: Request, team_id: UUID) -> Any:
    return Team.objects.visible_to(request.actor).one(request.actor, team_id)


@router.patch("/teams/{uuid:team_id}", response=TeamOut)
@operation(rename_team)
def change_team(request: Request, team_id: UUID, data: TeamIn) -> Any:
    team = Team.objects.visible_to(request.actor).one(request.actor, team_id)
    return rename_team(request.actor, team, name=data.name, version=if_match(request))


@router.post("/refuse", response={204: None})
@operation(VIEW_ROLES)
def refuse(request: Request) -> None:
    name_team(request.actor, name="gone")
    raise Refused("shop.closed", "The shop is closed.")


@router.post("/lose", response={204: None})
@operation(VIEW_ROLES)
def lose(request: Request) -> None:
    raise NotFound


@router.post("/break", response={204: None})
@operation(VIEW_ROLES)
def break_down(request: Request) -> None:
    raise ZeroDivisionError


@router.post("/pay", response=MoneyOut)
@operation(None)
def pay(request: Request, data: MoneyIn) -> Any:
    return data.money()


class ByName(HttpBearer):
    """ "right" may, "wrong" may not, others are nobody."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        grants = {"right": {one.code: Scope.ALL for one in (VIEW_ROLES, Team.view_permission)}, "wrong": {}}
        if token not in grants:
            return None
        return Actor(ActorKind.TOKEN, name=token, grants=grants[token])


api = RestAPI(title="Shop", version="1", urls_namespace="shop", auth=ByName())
api.add_router("", router)
urlpatterns = [path("v1/", api.urls)]
