from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """A parameter or a member of a body: its name, its type in words, and what is said about it."""

    name: str
    kind: str
    is_required: bool
    text: str = ""


@dataclass(frozen=True)
class Act:
    """One operation as the reference shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Value]
    body: list[Value]
    answers: list[tuple[str, str, str]]  # status, description, name of the schema
    permission: str


@dataclass(frozen=True)
class Chapter:
    name: str
    acts: list[Act]


def chapters(schema: Schema) -> list[Chapter]:
    """The description of the API in reading order: one chapter per tag."""
    found: dict[str, list[Act]] = {}
    for path, methods in schema["paths"].items():
        for method, details in methods.items():
            name = next(iter(details.get("tags") or ["Other"]))
            found.setdefault(name, []).append(_act(schema, path, method, details))
    return [Chapter(name, acts) for name, acts in sorted(found.items())]


def _act(schema: Schema, path: str, method: str, details: Schema) -> Act:
    content: Schema = details.get("requestBody", {}).get("content", {})
    first: Schema = next(iter(content.values()), {})
    body = first.get("schema", {})
    return Act(
        anchor=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        text=details.get("description", ""),
        parameters=[_parameter(schema, one) for one in details["parameters"]],
        body=_members(schema, body),
        answers=[
            (status, one["description"], _answer_name(one)) for status, one in details["responses"].items()
        ],
        permission=details.get("x-permission", ""),
    )


def _parameter(schema: Schema, one: Schema) -> Value:
    place = "" if one["in"] == "query" else f" ({one['in']})"
    return Value(
        one["name"] + place,
        _kind(schema, one["schema"]),
        one.get("required", False),
        one.get("description", ""),
    )


def _resolved(schema: Schema, part: Schema) -> Schema:
    while "$ref" in part or len(part.get("allOf", ())) == 1:
        part = (
            part["allOf"][0]
            if "allOf" in part
            else schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        )
    return part


def _members(schema: Schema, body: Schema) -> list[Value]:
    whole = _resolved(schema, body)
    required = whole.get("required", ())
    return [
        Value(name, _kind(schema, part), name in required, part.get("description", ""))
        for name, part in whole.get("properties", {}).items()
    ]


def _kind(schema: Schema, part: Schema) -> str:
    choices = part.get("anyOf")
    if choices:
        return " | ".join(_kind(schema, one) for one in choices)
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    part = _resolved(schema, part)
    if "enum" in part:
        return " | ".join(map(str, part["enum"]))
    if part.get("type") == "array":
        return f"{_kind(schema, part.get('items', {}))}[]"
    return str(part.get("format") or part.get("const") or part.get("type") or part.get("title") or "")


def _answer_name(answer: Schema) -> str:
    content: Schema = next(iter(answer.get("content", {}).values()), {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
