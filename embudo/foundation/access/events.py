from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class UserCreated(Event):
    user_id: UUID


@dataclass(frozen=True)
class RolesSynced(Event):
    grants: int
