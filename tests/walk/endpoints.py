import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from embudo.foundation.rest.operations import needs_key
from embudo.foundation.ui.access_marks import is_for_everyone, is_public, permission_of
from embudo.kernel.command import Command
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record
from tests.walk.world import World

ARGUMENT = re.compile(r"[<{](?:\w+:)?(\w+)[>}]")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Endpoint:
    """One address pattern of the pages, or one operation of the API, with who may use it as its code declares."""

    route: str
    name: str
    methods: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()  # methods that other operations of the same address answer
    is_public: bool = False
    is_for_everyone: bool = False
    permission: Permission | None = None
    act_permission: Permission | None = None  # what a POST needs beyond opening the page
    is_api: bool = False
    takes_form_key: bool = False
    operation: Any = None
    view: Any = None

    @property
    def is_declared(self) -> bool:
        return self.is_public or self.is_for_everyone or self.permission is not None

    @property
    def headers(self) -> dict[str, str]:
        """What every call of it has to bring along: where a key is required, a new one."""
        is_keyed = self.is_api and needs_key(self.operation.operation)
        return {"Idempotency-Key": uuid4().hex} if is_keyed else {}

    @property
    def arguments(self) -> list[str]:
        return ARGUMENT.findall(self.route)

    def path(self, value: Callable[[str], Any]) -> str:
        return "/" + ARGUMENT.sub(lambda found: str(value(found[1])), self.route)

    def own_path(self, world: World) -> str:
        return self.path(lambda name: world.value(name, self.route)[0])

    def missing_path(self, world: World) -> str:
        return self.path(lambda name: world.missing(name, self.route))

    def records(self, world: World) -> list[Record]:
        found = (world.value(name, self.route)[1] for name in self.arguments)
        return [record for record in found if record is not None]


def pages(urlconf: str | None = None) -> list[Endpoint]:
    """Every address of the resolver but the API's, which declares its operations itself."""
    return list(_pages(get_resolver(urlconf), ""))


def _pages(resolver: URLResolver, before: str) -> Iterator[Endpoint]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern, route)
        elif not getattr(pattern.callback, "is_rest", False):
            assert isinstance(pattern.pattern, RoutePattern), (
                f"{route}: give addresses by path(), not re_path()"
            )
            yield _page(pattern, route)


def _page(pattern: URLPattern, route: str) -> Endpoint:
    view = pattern.callback
    cls = getattr(view, "view_class", None)
    act = getattr(cls, "command", None)
    return Endpoint(
        route,
        pattern.name or route,
        tuple(method for method in METHODS if cls is None or hasattr(cls, method.lower())),
        is_public=is_public(view),
        is_for_everyone=is_for_everyone(view),
        permission=permission_of(view),
        act_permission=act.permission if isinstance(act, Command) else None,
        view=view,
    )


def operations() -> list[Endpoint]:
    """Every operation of the API."""
    from embudo.entrypoints.rest.app import api

    walked = list(api.walk())
    offered: dict[str, set[str]] = {}
    for one in walked:
        offered.setdefault(shape(one.path), set()).add(one.method)
    return [
        Endpoint(
            f"api/v1{one.path}",
            one.name,
            (one.method,),
            elsewhere=tuple(offered[shape(one.path)] - {one.method}),
            is_public=one.permission is None,
            permission=one.permission,
            act_permission=one.permission,
            is_api=True,
            takes_form_key=any(type(auth).__name__ == "FormKey" for auth in one.operation.auth_callbacks),
            operation=one,
        )
        for one in walked
    ]


def shape(path: str) -> str:
    return ARGUMENT.sub("<>", path)
