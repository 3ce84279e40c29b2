"""Which index lets a list be read in its order, where it takes too long without one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from embudo.foundation.attributes.rules.kinds import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.operators import IS
from embudo.foundation.attributes.rules.tree import Condition, Group, Node

MOST_EQUAL = 2  # columns that hold one value; after them come those of the order


@dataclass(frozen=True)
class Part:
    """One column of an index: of the table, or a custom attribute ("custom_tier")."""

    path: str
    is_descending: bool = False

    @classmethod
    def read(cls, plain: Any) -> "Part":
        return cls(str(plain[0]), bool(plain[1]))

    @property
    def plain(self) -> list[Any]:
        return [self.path, self.is_descending]


def parts_for(node: Node | None, order: str) -> tuple[Part, ...] | None:
    """
    First what the filter asks to be one value, then the order ("-created,name"). None where the order goes by another
    table, which no index of this one serves.
    """
    sorts = [Part(one.removeprefix("-"), one.startswith("-")) for one in order.split(",") if one]
    if not sorts or any("__" in one.path for one in sorts):
        return None
    equal = [Part(path) for path in dict.fromkeys(_one_valued(node))][:MOST_EQUAL]
    kept = {one.path for one in sorts}
    return (*(one for one in equal if one.path not in kept), *sorts)


def _one_valued(node: Node | None) -> Iterator[str]:
    for one in node.parts if isinstance(node, Group) and node.is_and else (node,):
        if isinstance(one, Condition) and one.operator is IS and _is_whole(one.attribute):
            path = one.attribute.key if one.attribute.is_custom else one.attribute.path
            if path and "__" not in path:
                yield path


def _is_whole(attribute: ListAttribute) -> bool:
    """A day is a span of moments."""
    return attribute.type not in (AttributeType.DATE, AttributeType.DATETIME)


def key_of(parts: Sequence[Part]) -> str:
    """As text, "owner,-created", by which the same index is known again."""
    return ",".join(f"-{one.path}" if one.is_descending else one.path for one in parts)[:300]
