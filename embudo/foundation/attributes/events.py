from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class AttributeDefined(Event):
    attribute_id: UUID
    kind: str
    key: str


@dataclass(frozen=True)
class AttributeChanged(Event):
    attribute_id: UUID
    kind: str
    key: str


@dataclass(frozen=True)
class AttributeArchived(Event):
    attribute_id: UUID
    kind: str
    key: str


@dataclass(frozen=True)
class AttributeRestored(Event):
    attribute_id: UUID
    kind: str
    key: str


@dataclass(frozen=True)
class ViewSaved(Event):
    view_id: UUID
    list_key: str


@dataclass(frozen=True)
class ViewChanged(Event):
    view_id: UUID
    list_key: str


@dataclass(frozen=True)
class ViewDeleted(Event):
    view_id: UUID
    list_key: str


@dataclass(frozen=True)
class ViewPinned(Event):
    view_id: UUID
    user_id: UUID


@dataclass(frozen=True)
class ViewUnpinned(Event):
    view_id: UUID
    user_id: UUID


@dataclass(frozen=True)
class DefaultViewSet(Event):
    view_id: UUID
    list_key: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class PreparationAsked(Event):
    prepared_id: UUID
    kind: str


@dataclass(frozen=True)
class PreparationEnded(Event):
    prepared_id: UUID
    is_ready: bool


@dataclass(frozen=True)
class PreparationRemoved(Event):
    prepared_id: UUID
    kind: str
