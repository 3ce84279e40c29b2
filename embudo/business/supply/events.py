from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class ProductDefined(Event):
    product_id: UUID


@dataclass(frozen=True)
class ProductChanged(Event):
    product_id: UUID
