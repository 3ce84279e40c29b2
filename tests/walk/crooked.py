"""Wrong input for every operation and every form, made from what each says of itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

from tests.walk.bodies import JSON, body_schema, description, resolved, valid_object
from tests.walk.endpoints import Endpoint
from tests.walk.world import World

TOO_LONG = "x" * 20_001


@dataclass(frozen=True)
class Case:
    """One wrong request: what is sent, which answers are right, and which field the answer has to name."""

    told: str
    body: bytes | str = b""
    content_type: str = JSON
    statuses: tuple[int, ...] = (422,)
    names: str = ""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def body_cases(endpoint: Endpoint, world: World) -> Iterator[Case]:
    found = body_schema(endpoint)
    if found is None or found[0] != JSON:
        return
    schema, valid = found[1], valid_object(found[1], world)
    yield Case("half of a JSON text", '{"name": ', statuses=(400,))
    yield Case("invalid UTF-8", b'{"name": "\xff\xfe"}', statuses=(400,))
    yield Case("a NUL", json.dumps(valid | {"name": "a\0b"}), statuses=(400,))
    yield Case("half a surrogate pair", json.dumps(valid | {"name": "a\ud800"}), statuses=(400,))
    yield Case("not a number", '{"name": NaN}', statuses=(400,))
    yield Case("a list", "[1, 2]")
    yield Case("nothing", b"", statuses=(400, 422))
    yield Case("deeply nested", "[" * 100_000, statuses=(400,))
    yield Case(
        "a form's body", "name=x", content_type="application/x-www-form-urlencoded", statuses=(400, 415)
    )
    yield Case("JSON called text", json.dumps(valid), content_type="text/plain", statuses=(400, 415))
    yield Case("10 MB", json.dumps(valid | {"name": "x" * 10_000_000}), statuses=(413,))
    yield Case("an unknown field", json.dumps(valid | {"no_such_field": 1}), names="no_such_field")
    for name in schema.get("required", ()):
        yield Case(
            f"no {name}", json.dumps({key: value for key, value in valid.items() if key != name}), names=name
        )
    for name, part in schema.get("properties", {}).items():
        yield from field_cases(name, resolved(part), valid)


def field_cases(name: str, schema: dict[str, Any], valid: dict[str, Any]) -> Iterator[Case]:
    kinds = {resolved(choice).get("type") for choice in schema.get("anyOf", [schema])}
    if not kinds & {"object", "array", None}:
        yield Case(f"{name} of a wrong type", json.dumps(valid | {name: {"deep": ["x"]}}), names=name)
    if "string" in kinds:
        yield Case(f"{name} too long", json.dumps(valid | {name: TOO_LONG}), names=name)
    if any(resolved(choice).get("format") == "uuid" for choice in schema.get("anyOf", [schema])):
        yield Case(
            f"{name} of nobody", json.dumps(valid | {name: str(uuid4())}), statuses=(403, 404, 409, 422)
        )
        yield Case(f"{name} no id", json.dumps(valid | {name: "1 OR 1=1"}), names=name)


def query_cases(endpoint: Endpoint) -> Iterator[Case]:
    if endpoint.methods == ("GET",):
        yield Case("an unknown parameter", query="no_such_parameter=1", names="no_such_parameter")
        yield Case("a NUL in the address", query="q=a%00b", statuses=(400,))
        for name, part in parameters(endpoint).items():
            is_plain = all(
                choice.get("type") in ("string", "null")
                and not {"format", "enum", "const", "pattern"} & choice.keys()
                for choice in map(resolved, part.get("anyOf", [part]))
            )
            if name != "cursor":
                text = TOO_LONG[:3000] if is_plain else "%C3%28"
                yield Case(f"{name} wrong", query=f"{name}={text}", names=name, statuses=(400, 422))
        if "cursor" in parameters(endpoint):
            for text in ("zzz", "%FF%FE", "W10%3D", "eyJhIjoxfQ", "-" * 900):
                yield Case(f"cursor {text[:9]}", query=f"cursor={text}", statuses=(400, 422))


def parameters(endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    for methods in description()["paths"].values():
        for one in methods.values():
            if one["operationId"] == endpoint.name:
                return {part["name"]: part["schema"] for part in one["parameters"] if part["in"] == "query"}
    return {}


# --- forms ------------------------------------------------------------------------------------------------------------


class Fields(HTMLParser):
    """The controls of the forms on a page that are sent by POST, by kind; with `path` only of those that are sent there."""

    def __init__(self, html: str, path: str = "") -> None:
        super().__init__()
        self.path = path
        self.kinds: dict[str, str] = {}
        self.typed: dict[str, str] = {}  # what stands in them
        self.depth = ""
        self.area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.depth = given.get("method", "get").lower() if self.is_meant(given.get("action", "")) else ""
        name = given.get("name", "")
        if self.depth != "post" or not name:
            return
        if tag == "input":
            self.kinds[name] = given.get("type", "text")
            self.typed[name] = given.get("value", "")
        elif tag in ("textarea", "select"):
            self.kinds[name] = tag
            self.area = name if tag == "textarea" else ""

    def is_meant(self, action: str) -> bool:
        goal = action.partition("?")[0]
        return "/logout/" not in goal and (not goal or not self.path or goal == self.path)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.depth = ""
        if tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.typed[self.area] = self.typed.get(self.area, "") + data


TEXTS = frozenset({"text", "email", "tel", "search", "url", "textarea", "number", "date", "datetime-local"})
CHOICES = frozenset({"select", "radio"})


@dataclass(frozen=True)
class Sent:
    """What is typed into a form, and whether the form must refuse it."""

    told: str
    values: dict[str, Any]
    must_fail: bool = True


def form_cases(kinds: dict[str, str]) -> Iterator[Sent]:
    """`kinds`: the fields as the page shows them."""
    texts = [name for name, kind in kinds.items() if kind in TEXTS]
    choices = [name for name, kind in kinds.items() if kind in CHOICES]
    yield Sent("only fields that are not there", {"no_such_field": "x", "is_staff": "1"}, must_fail=False)
    yield Sent(
        "fields that are not there", {"no_such_field": "x", "owner_id": "x", "is_staff": "1"}, must_fail=False
    )
    if texts:
        yield Sent("too long", dict.fromkeys(texts, TOO_LONG))
        yield Sent("a NUL", dict.fromkeys(texts, "a\0b"))
    if choices:
        yield Sent("another's id", dict.fromkeys(choices, str(uuid4())))
