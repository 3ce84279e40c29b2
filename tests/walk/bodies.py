"""Bodies that an operation accepts, made from the API's own description."""

import json
from datetime import UTC, datetime
from typing import Any

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from embudo.kernel.record import Record
from tests.walk.endpoints import Endpoint
from tests.walk.world import World

Schema = dict[str, Any]
JSON = "application/json"
PEOPLE = frozenset({"owner_id", "user_id", "principal_id", "coordinator_id", "supervisor_id"})


def description() -> Schema:
    from embudo.entrypoints.rest.app import api

    found: Schema = api.get_openapi_schema()
    return found


def body_schema(endpoint: Endpoint) -> tuple[str, Schema] | None:
    """(content type, schema) of what the operation takes; None when it takes nothing."""
    whole = description()
    for methods in whole["paths"].values():
        for one in methods.values():
            if one["operationId"] == endpoint.name and "requestBody" in one:
                content_type, media = next(iter(one["requestBody"]["content"].items()))
                return content_type, resolved(media["schema"])
    return None


def resolved(schema: Schema) -> Schema:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return resolved(description()["components"]["schemas"][name])
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return resolved(schema["allOf"][0])
    return schema


def valid_value(name: str, schema: Schema, world: World) -> Any:
    schema = resolved(schema)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    for choice in schema.get("anyOf", ()):
        if resolved(choice).get("type") != "null":
            return valid_value(name, choice, world)
    kind = schema.get("type")
    if kind == "object":
        return valid_object(schema, world)
    if kind == "array":
        return (
            [valid_value(name, schema["items"], world)] if schema.get("minItems") or name == "lines" else []
        )
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return True
    return valid_text(name, schema, world)


def valid_text(name: str, schema: Schema, world: World) -> str:
    if schema.get("format") == "uuid":
        return str(named_record(name, world).pk)
    if schema.get("format") in ("date", "date-time"):
        now = datetime.now(UTC)
        return now.date().isoformat() if schema["format"] == "date" else now.isoformat()
    if name in ("kind", "about_kind"):
        return "sales.lead"
    if "email" in name:
        return "x@example.com"
    if schema.get("pattern", "").startswith("^[A-Z]"):
        return "EUR"
    examples = schema.get("examples") or [schema.get("default") or "1" * max(1, schema.get("minLength", 1))]
    return str(examples[0])


def named_record(name: str, world: World) -> Record:
    """The record that a field such as `owner_id` or `about_id` speaks of."""
    known = "user" if name in PEOPLE else name.removesuffix("_id")
    return world.records.get(known, world.records["lead"])


def records_named(endpoint: Endpoint, world: World) -> list[Record]:
    """The records that a valid body must name."""
    found = body_schema(endpoint)
    needed = found[1].get("required", ()) if found else ()
    return [named_record(name, world) for name in needed if name.endswith("_id")]


def valid_object(schema: Schema, world: World, *, only_required: bool = True) -> dict[str, Any]:
    wanted = schema.get("required", ()) if only_required else schema.get("properties", {})
    return {name: valid_value(name, schema["properties"][name], world) for name in wanted}


def body_for(endpoint: Endpoint, world: World) -> tuple[bytes | str, str]:
    """A body that passes the operation's own schema, so that the call gets as far as the record."""
    found = body_schema(endpoint)
    if found is None:
        return b"", JSON
    content_type, schema = found
    values = valid_object(schema, world)
    if content_type == JSON:
        return json.dumps(values), JSON
    from django.core.files.uploadedfile import SimpleUploadedFile

    for name, part in schema.get("properties", {}).items():
        if any(resolved(choice).get("format") == "binary" for choice in part.get("anyOf", [part])):
            values[name] = SimpleUploadedFile("a.txt", b"words")
    return encode_multipart(BOUNDARY, values), MULTIPART_CONTENT
