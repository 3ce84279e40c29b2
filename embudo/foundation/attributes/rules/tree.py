import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from embudo.foundation.attributes.rules.kinds import ListAttribute
from embudo.foundation.attributes.rules.operands import checked_operand
from embudo.foundation.attributes.rules.operators import Operator, operator_of
from embudo.kernel.errors import Invalid

DEEPEST = 8
MOST_CONDITIONS = 60
LONGEST = 8000  # characters of JSON
FIELD = "filter"


@dataclass(frozen=True)
class Condition:
    attribute: ListAttribute
    operator: Operator
    value: Any = None


@dataclass(frozen=True)
class Group:
    """All of its parts hold (`is_and`), or any of them."""

    is_and: bool
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Negation:
    part: "Node"


Node = Condition | Group | Negation


def fault(text: str) -> Invalid:
    return Invalid({FIELD: [text]})


def parsed(given: Any, attributes: Mapping[str, ListAttribute]) -> Node | None:
    """
    The filter as a checked tree; None for an empty one. `given` is the JSON text or what it holds. Refuses (Invalid),
    naming the attribute and what to do, whatever could not be asked.
    """
    if isinstance(given, str):
        given = _read(given)
    if given in (None, {}, [], {"and": []}, {"or": []}):
        return None
    node = _Reader(attributes).node(given, 1)
    return None if node == Group(True, ()) else node


def _read(text: str) -> Any:
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise fault(_("The filter is too long. Use fewer conditions."))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise fault(_("The filter cannot be read. Build it again.")) from None


class _Reader:
    def __init__(self, attributes: Mapping[str, ListAttribute]) -> None:
        self.attributes = attributes
        self.count = 0

    def node(self, given: Any, depth: int) -> Node:
        if depth > DEEPEST:
            raise fault(_("Groups are nested too deeply. Use at most %(n)d levels.") % {"n": DEEPEST})
        if not isinstance(given, Mapping):
            raise fault(_("The filter cannot be read. Build it again."))
        if set(given) == {"not"}:
            return Negation(self.node(given["not"], depth + 1))
        for word in ("and", "or"):
            if set(given) == {word}:
                return Group(word == "and", self.parts(given[word], depth))
        return self.condition(given)

    def parts(self, given: Any, depth: int) -> tuple[Node, ...]:
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise fault(_("The filter cannot be read. Build it again."))
        return tuple(self.node(one, depth + 1) for one in given)

    def condition(self, given: Mapping[str, Any]) -> Condition:
        self.count += 1
        if self.count > MOST_CONDITIONS:
            raise fault(_("Use at most %(n)d conditions.") % {"n": MOST_CONDITIONS})
        if not {"attribute", "op"} <= set(given) <= {"attribute", "op", "value"}:
            raise fault(_("Each condition needs an attribute and an operator."))
        attribute = self.attributes.get(str(given["attribute"]))
        if attribute is None:
            text = _("This list has no attribute “%(key)s”, or you may not see it. Remove the condition.")
            raise fault(text % {"key": str(given["attribute"])[:60]})
        operator = operator_of(attribute.type, given["op"])
        if operator is None:
            text = _("%(attribute)s: this comparison does not fit. Choose another.")
            raise fault(text % {"attribute": attribute})
        return Condition(attribute, operator, checked_operand(attribute, operator, given.get("value")))


def plain_tree(node: Node | None) -> dict[str, Any]:
    """The tree as JSON keeps it."""
    if node is None:
        return {}
    if isinstance(node, Negation):
        return {"not": plain_tree(node.part)}
    if isinstance(node, Group):
        return {"and" if node.is_and else "or": [plain_tree(part) for part in node.parts]}
    found = {"attribute": node.attribute.key, "op": node.operator.code}
    return found if node.value is None else {**found, "value": node.value}


def plain_text(node: Node | None) -> str:
    """The tree as an address holds it; "" for none."""
    return json.dumps(plain_tree(node), ensure_ascii=False, separators=(",", ":")) if node else ""


def conditions_of(node: Node | None) -> list[Condition]:
    if node is None:
        return []
    if isinstance(node, Condition):
        return [node]
    parts = (node.part,) if isinstance(node, Negation) else node.parts
    return [one for part in parts for one in conditions_of(part)]
