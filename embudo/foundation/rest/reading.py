import json
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from embudo.foundation.rest.problems import Malformed, TooLarge

JSON_TYPES = ("application/json", "")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _has_bad_text(value: Any) -> bool:
    """NUL, which PostgreSQL cannot keep, or half a surrogate pair, which nobody can encode."""
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return any(_has_bad_text(key) or _has_bad_text(one) for key, one in value.items())
    return isinstance(value, list) and any(_has_bad_text(one) for one in value)


class StrictParser(Parser):
    """JSON as the standard has it: UTF-8, no NaN, no text that cannot be stored."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type not in JSON_TYPES and not (request.content_type or "").endswith("+json"):
            raise Malformed(_("Send the body as JSON, with Content-Type: application/json."))
        try:
            text = request.body.decode()
            value = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Malformed(_("Send the body as valid JSON in UTF-8.")) from error
        # such characters come only as escapes (or raw NUL, which JSON itself refuses): no walk without them
        if "\\u" in text and _has_bad_text(value):
            raise Malformed(_("Send text without NUL characters and unpaired surrogates."))
        return value


def check_size(request: HttpRequest) -> None:
    """Before anything is read; a body of unknown length (chunked) is measured by reading it."""
    if request.method in ("GET", "HEAD", "DELETE") or request.content_type == "multipart/form-data":
        return
    if len(request.body) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
        raise TooLarge


def check_query(request: HttpRequest, known: frozenset[str]) -> list[str]:
    """The names in the query that no parameter has: a misspelt filter must not answer everything."""
    if "%00" in request.META.get("QUERY_STRING", ""):
        raise Malformed(_("Send text without NUL characters and unpaired surrogates."))
    return [name for name in request.GET if name not in known]
