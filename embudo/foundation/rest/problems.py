import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from embudo.foundation.rest.sentences import field_name, sentence
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale, TooMany

logger = logging.getLogger("embudo.rest")
CONTENT_TYPE = "application/problem+json"


class Unauthorised(Exception):
    """No credential, or one that is unknown, expired or revoked."""


class Malformed(Exception):
    """What was sent cannot be read at all: no JSON, no UTF-8, a NUL character."""


class TooLarge(Exception):
    """The body is larger than an operation takes."""


def titles() -> dict[int, str]:
    return {
        400: _("The request cannot be read"),
        401: _("Sign in first"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("No such operation"),
        409: _("Refused as things stand"),
        412: _("Changed in the meantime"),
        413: _("Too large"),
        422: _("Some values need a correction"),
        429: _("Too many requests"),
        500: _("Something went wrong on our side"),
    }


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Mapping[str, Sequence[Any]] | None = None,
    **facts: Any,
) -> HttpResponse:
    """The answer to a request that failed; `facts` are further members."""
    request_id = getattr(request, "request_id", "")
    body: dict[str, Any] = {
        "type": f"urn:embudo:problem:{code}",
        "title": titles().get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = {field: [str(text) for text in texts] for field, texts in errors.items()}
    text = json.dumps(body | facts, ensure_ascii=False, default=str)
    response = HttpResponse(text, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))
    response["X-Request-Id"] = request_id
    return response


def problem_of(request: HttpRequest, error: Exception, *, body_name: str = "") -> HttpResponse:
    """The one mapper of this entrance: what was raised, as problem+json."""
    if isinstance(error, ValidationError):
        return _invalid(request, _by_field(error, body_name))
    if isinstance(error, Invalid):
        return _invalid(request, error.errors)
    if isinstance(error, Stale):
        return problem(request, 412, error.code, str(error.message), **error.facts)
    if isinstance(error, Refused):
        return problem(request, 409, error.code, str(error.message), **error.facts)
    if isinstance(error, TooMany):
        return too_many(request, error.retry_after)
    return _denied(request, error) or _unreadable(request, error) or _unforeseen(request, error)


def _denied(request: HttpRequest, error: Exception) -> HttpResponse | None:
    if isinstance(error, Unauthorised):
        told = _("Send a valid API token: Authorization: Bearer <token>.")
        return problem(request, 401, "unauthorised", told, headers={"WWW-Authenticate": "Bearer"})
    if isinstance(error, Forbidden):
        told = _("Your token lacks the permission for this.")
        return problem(request, 403, "forbidden", told, permission=error.permission)
    if isinstance(error, PermissionDenied):
        return problem(request, 403, "forbidden", _("Your token lacks the permission for this."))
    if isinstance(error, NotFound | Http404):
        return not_found(request)
    return None


def _unreadable(request: HttpRequest, error: Exception) -> HttpResponse | None:
    if isinstance(error, RequestDataTooBig | TooLarge):
        return problem(request, 413, "too_large", _("Send a smaller body."))
    if isinstance(error, Malformed | SuspiciousOperation | UnicodeError):
        told = str(error) if isinstance(error, Malformed) else _("Send valid UTF-8 without NUL characters.")
        return problem(request, 400, "malformed", told)
    if isinstance(error, HttpError):  # ninja's own, around what our reader raised
        told = str(error.__cause__) if isinstance(error.__cause__, Malformed) else str(error)
        return problem(request, error.status_code, "malformed", told)
    return None


def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    told = _("Try again later. If it stays, tell your administrator the request's number.")
    return problem(request, 500, "internal", told)


def not_found(request: HttpRequest) -> HttpResponse:
    return problem(request, 404, "not_found", _("There is no such record, or you may not see it."))


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    told = _("Wait %(n)d s, then go on.") % {"n": seconds}
    return problem(request, 429, "too_many", told, headers={"Retry-After": str(seconds)})


def _invalid(request: HttpRequest, errors: Mapping[str, Sequence[Any]]) -> HttpResponse:
    return problem(
        request, 422, "invalid", _("Correct the values named below, then send them again."), errors=errors
    )


def _by_field(error: ValidationError, body_name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in error.errors:
        found.setdefault(field_name(one["loc"], body_name), []).append(sentence(one))
    return found
