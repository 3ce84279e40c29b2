"""The filter builder's draft: a tree of groups and conditions that may still be unfinished, read from what was posted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from embudo.foundation.attributes.rules import Group, ListAttribute, Negation, Node
from embudo.foundation.attributes.rules.operators import OPERATORS, Operator, Takes, operator_of
from embudo.foundation.attributes.rules.tree import DEEPEST, MOST_CONDITIONS

MOST_NODES = MOST_CONDITIONS * 2


@dataclass
class Draft:
    """A group (`word` "and" or "or") with parts, or a condition; `path` is its place: "0", "0-1"."""

    word: str = ""
    is_not: bool = False
    parts: "list[Draft]" = field(default_factory=list)
    attribute: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    path: str = "0"

    @property
    def depth(self) -> int:
        return self.path.count("-") + 1

    @property
    def may_nest(self) -> bool:
        return self.depth < DEEPEST - 2

    def placed(self, path: str = "0") -> "Draft":
        self.path = path
        for number, part in enumerate(self.parts):
            part.placed(f"{path}-{number}")
        return self


def draft_of(node: Node | None) -> Draft:
    """The draft of a filter in use, or one with an empty condition."""
    if node is None:
        return Draft("and", parts=[Draft()]).placed()
    made = _drafted(node)
    return (made if made.word else Draft("and", parts=[made])).placed()


def _drafted(node: Node) -> Draft:
    if isinstance(node, Group):
        return Draft("and" if node.is_and else "or", parts=[_drafted(part) for part in node.parts])
    if isinstance(node, Negation):
        inner = _drafted(node.part)
        if inner.word and not inner.is_not:
            inner.is_not = True
            return inner
        return Draft("and", is_not=True, parts=[inner])
    value = node.value
    values = [] if value is None else value if isinstance(value, list) else [value]
    return Draft(attribute=node.attribute.key, op=node.operator.code, values=[str(one) for one in values])


def draft_posted(data: QueryDict) -> Draft | None:
    """
    The draft as the form sends it: one hidden `node` for each part, its fields named by its path. None when it came
    without the outermost group.
    """
    known: dict[str, Draft] = {}
    paths = dict.fromkeys(data.getlist("node")[:MOST_NODES])
    for path in sorted(paths, key=_order):
        known[path] = _posted(data, path)
        parent = known.get(path.rpartition("-")[0])
        if parent is not None and parent.word:
            parent.parts.append(known[path])
    root = known.get("0")
    return root.placed() if root and root.word else None


def _order(path: str) -> list[int]:
    return [int(part) if part.isdecimal() and len(part) < 4 else 0 for part in path.split("-")]


def _posted(data: QueryDict, path: str) -> Draft:
    word = data.get(f"word-{path}", "")
    if word in ("and", "or"):
        return Draft(word, is_not=f"not-{path}" in data)
    values = [one for one in data.getlist(f"value-{path}") if one != ""]
    return Draft(attribute=data.get(f"attribute-{path}", ""), op=data.get(f"op-{path}", ""), values=values)


def worked(root: Draft, act: str) -> Draft:
    """The draft after a button: "add:PATH", "group:PATH", "remove:PATH"; anything else leaves it as it is."""
    verb, _colon, path = act.partition(":")
    target = _found(root, path)
    if target is None:
        return root
    if verb == "add" and target.word:
        target.parts.append(Draft())
    elif verb == "group" and target.word and target.may_nest:
        target.parts.append(Draft("or" if target.word == "and" else "and", parts=[Draft()]))
    elif verb == "remove" and path != "0":
        parent = _found(root, path.rpartition("-")[0])
        if parent is not None:
            parent.parts.remove(target)
    return root.placed()


def _found(root: Draft, path: str) -> Draft | None:
    if root.path == path:
        return root
    return next((found for part in root.parts if (found := _found(part, path))), None)


def tree_of(draft: Draft, attributes: Mapping[str, ListAttribute]) -> dict[str, Any]:
    """The draft as a filter tree; conditions without an attribute and empty groups are left out."""
    if not draft.word:
        return _condition(draft, attributes)
    parts = [tree for part in draft.parts if (tree := tree_of(part, attributes))]
    if not parts:
        return {}
    whole = {draft.word: parts}
    return {"not": whole} if draft.is_not else whole


def _condition(draft: Draft, attributes: Mapping[str, ListAttribute]) -> dict[str, Any]:
    if not draft.attribute:
        return {}
    operator = operator_for(draft, attributes)
    code = operator.code if operator else draft.op
    found: dict[str, Any] = {"attribute": draft.attribute, "op": code}
    takes = operator.takes if operator else Takes.ONE
    if takes is Takes.NOTHING:
        return found
    value: Any = draft.values if takes in (Takes.TWO, Takes.MANY) else (draft.values or [""])[0]
    return {**found, "value": value}


def operator_for(draft: Draft, attributes: Mapping[str, ListAttribute]) -> Operator | None:
    """The operator chosen, or the first that fits the attribute."""
    attribute = attributes.get(draft.attribute)
    if attribute is None:
        return None
    return operator_of(attribute.type, draft.op) or OPERATORS[attribute.type][0]
