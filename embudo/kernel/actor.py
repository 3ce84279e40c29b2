from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from embudo.kernel.permission import Permission, Scope

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ActorKind(StrEnum):
    ANONYMOUS = "anonymous"
    USER = "user"
    TOKEN = "token"  # noqa: S105 - a kind of actor
    FORM = "form"
    LINK = "link"
    RULE = "rule"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """
    Who acts. `id` is the user's id (for a token: its owner's); `grants` maps permission codes to scopes. `team` and
    `subtree` are querysets of user ids which `access` supplies, so scopes become part of one SQL statement.
    """

    kind: ActorKind
    id: UUID | None = None
    name: str = ""
    grants: Mapping[str, Scope] = field(default_factory=dict)
    team: "QuerySet[Any] | None" = field(default=None, compare=False, repr=False)
    subtree: "QuerySet[Any] | None" = field(default=None, compare=False, repr=False)
    origin: str = ""  # web, rest, form, cli, worker
    request_id: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    roles: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        return self.kind is not ActorKind.ANONYMOUS

    def scope(self, permission: Permission) -> Scope | None:
        """How far the grant reaches; None without a grant."""
        return Scope.ALL if self.kind is ActorKind.SYSTEM else self.grants.get(permission.code)

    def may(self, permission: Permission) -> bool:
        return self.scope(permission) is not None

    def owners(self, scope: Scope) -> "QuerySet[Any] | list[UUID] | None":
        """The user ids whose records `scope` reaches, usable in `owner__in`; None means everybody's."""
        if scope is Scope.ALL:
            return None
        reach = {Scope.TEAM: self.team, Scope.SUBTREE: self.subtree}.get(scope)
        if reach is not None:
            return reach
        return [self.id] if self.id else []

    def from_origin(self, origin: str, request_id: str = "") -> "Actor":
        return replace(self, origin=origin, request_id=request_id or self.request_id)


ANONYMOUS = Actor(ActorKind.ANONYMOUS)


def system_actor(reason: str) -> Actor:
    """The product itself. `reason` stands in the log; no request may ever act as this."""
    return Actor(ActorKind.SYSTEM, name=reason, origin="worker")
