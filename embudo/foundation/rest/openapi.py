from collections.abc import Collection, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from embudo.foundation.rest.problems import CONTENT_TYPE
from embudo.foundation.rest.schemas import Problem

REF = "#/components/schemas/{model}"
ALWAYS = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "The token lacks the permission.",
    404: "No such record, or none that the token may see.",
    413: "The body is too large.",
    422: "Values need a correction, named by field.",
    429: "Too many requests; Retry-After says how long to wait.",
    500: "A fault on the server's side.",
}
WRITING = {409: "Refused as things stand; `code` says why."}
MATCHING = {412: "The record was changed in the meantime."}
IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "Repeating a request with the same key gives the first answer again, for 72 hours, a refusal too. Another body is 422.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string", "pattern": '^("[0-9]{1,9}"|\\*)$'},
    "description": "The ETag of the record as you read it: an older one is answered with 412.",
}


def completed(
    schema: dict[str, Any], permissions: Mapping[str, str], keyed: Collection[str] = ()
) -> dict[str, Any]:
    """
    Ninja's schema with what holds for every operation: its problems, its headers, its permission (`permissions`, by
    operation id); `keyed` are those that need an Idempotency-Key.
    """
    for methods in schema["paths"].values():
        for method, details in methods.items():
            _complete(method, details, is_keyed=details["operationId"] in keyed)
            if permissions.get(details["operationId"]):
                details["x-permission"] = permissions[details["operationId"]]
    definitions = models_json_schema([(Problem, "serialization")], ref_template=REF)[1]["$defs"]
    schema["components"]["schemas"].update(definitions)
    return schema


def _complete(method: str, details: dict[str, Any], *, is_keyed: bool) -> None:
    codes = dict(ALWAYS)
    if method != "get":
        codes |= WRITING
    if method in ("patch", "put", "delete"):
        codes |= MATCHING
        details["parameters"] = [*details["parameters"], IF_MATCH]
    if method == "post":
        # an act on a record may take the version that the caller read
        codes |= MATCHING
        details["parameters"] = [*details["parameters"], IDEMPOTENCY | {"required": is_keyed}]
    for code, told in codes.items():
        details["responses"].setdefault(code, _answer(told))
    for code, answer in details["responses"].items():
        if int(code) >= 400 and "application/json" in answer.get("content", {}):  # a problem that says more
            answer["content"] = {CONTENT_TYPE: answer["content"]["application/json"]}
            answer["description"] = codes.get(int(code), answer["description"])
    details["responses"] = {str(code): answer for code, answer in sorted(details["responses"].items())}


def _answer(told: str) -> dict[str, Any]:
    return {"description": told, "content": {CONTENT_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}}
