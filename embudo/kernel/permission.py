from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    """Whose records a grant reaches, narrowest first."""

    OWN = "own"
    TEAM = "team"
    SUBTREE = "subtree"  # people who report to one, at any distance
    ALL = "all"

    def covers(self, other: "Scope") -> bool:
        return WIDTH[self] >= WIDTH[other]

    def narrowed_to(self, other: "Scope") -> "Scope":
        return self if other.covers(self) else other


WIDTH = {Scope.OWN: 0, Scope.TEAM: 1, Scope.SUBTREE: 2, Scope.ALL: 3}

# Default roles by what they do all day: look after customers, record and verify by assignment,
# or set what customers may spend.
STAFF = ("manager", "seller", "collector")
RECORDING = ("operator", "supervisor", "coordinator", "principal", "verifier")
QUOTAS = ("officer", "approver")
EVERYBODY = (*STAFF, *RECORDING, *QUOTAS)


def reaching_all(roles: Iterable[str]) -> dict[str, Scope]:
    """The `scopes` of a permission that reaches everybody's records for each of `roles`."""
    return dict.fromkeys(roles, Scope.ALL)


# What the default roles reach where a permission does not say otherwise.
ROLE_SCOPES: Mapping[str, Scope] = {
    "administrator": Scope.ALL,
    "manager": Scope.SUBTREE,
    "seller": Scope.OWN,
    "collector": Scope.ALL,
    "operator": Scope.OWN,
    "supervisor": Scope.SUBTREE,
    "coordinator": Scope.ALL,
    "principal": Scope.OWN,
    "verifier": Scope.OWN,
    "officer": Scope.ALL,
    "approver": Scope.ALL,
    "till": Scope.ALL,
}

_registry: dict[str, "Permission"] = {}


@dataclass(frozen=True)
class Permission:
    """
    One thing somebody may do: `code` ("sales.convert_lead"), a translatable `label`, the default roles that hold it.
    The administrator holds every permission. `scopes` overrides ROLE_SCOPES for single roles; where `scoped` is
    False the permission is not about owned records and every grant reaches all.
    """

    code: str
    label: Any = field(compare=False)
    roles: tuple[str, ...] = field(default=(), compare=False)
    scopes: Mapping[str, Scope] = field(default_factory=dict, compare=False)
    scoped: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        if _registry.setdefault(self.code, self) is not self:
            raise ValueError(f"two permissions are called {self.code}")

    @property
    def module(self) -> str:
        return self.code.partition(".")[0]

    def default_grants(self) -> dict[str, Scope]:
        """Role slug -> scope, as a new installation has it."""
        return {
            role: Scope.ALL if not self.scoped else self.scopes.get(role, ROLE_SCOPES[role])
            for role in ("administrator", *self.roles)
        }


def all_permissions() -> list[Permission]:
    return [_registry[code] for code in sorted(_registry)]


def permission_named(code: str) -> Permission | None:
    return _registry.get(code)
