import json
import logging
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from embudo.foundation.ui.access_marks import actor_of
from embudo.kernel.former import gone_of

logger = logging.getLogger(__name__)


def request_id_of(request: HttpRequest) -> str:
    return getattr(request, "request_id", "") or uuid4().hex


def error_page(
    request: HttpRequest,
    status: int,
    title: str,
    text: str,
    *,
    icon: str = "circle-alert",
    alone: bool = False,
    url: str = "",
) -> HttpResponse:
    """
    An error as the caller can use it: a page (`alone`: without menu and database), one spoken line for a part that htmx
    asked for, JSON for a script.
    """
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"reason": f"{title}. {text}", "request": request_id_of(request)}, status=status)
    if request.headers.get("HX-Request") == "true":
        say = json.dumps({"say": {"text": f"{title}. {text}", "urgent": True, "toast": True, "bad": True}})
        return HttpResponse(text, status=status, headers={"HX-Trigger": say, "HX-Reswap": "none"})
    alone = alone or not actor_of(request).is_known
    context: dict[str, Any] = {
        "shell": "ui/bare.html" if alone else "ui/base.html",
        "title": title,
        "text": text,
        "icon": icon,
        "status": status,
        "url": url,
        "request_id": request_id_of(request) if status >= 500 else "",
    }
    html = render_to_string("ui/error.html", context, request=None if alone else request)
    return HttpResponse(html, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 400, gettext("The server did not understand the request"),
        gettext("Something in the address or in the data sent is not valid. Go back and try again."), alone=True,
    )  # fmt: skip


def too_large(request: HttpRequest) -> HttpResponse:
    return error_page(
        request, 413, gettext("That is too large"),
        gettext("The data sent is larger than allowed. Send less at once, or a smaller file."), alone=True,
    )  # fmt: skip


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 403, gettext("You may not do this"),
        gettext("Your role does not include this. Ask an administrator if you need it."), icon="lock",
    )  # fmt: skip


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    gone = gone_of(request, actor_of(request))
    if gone is not None:  # told to those only who may restore it
        return error_page(request, 404, gettext("This was deleted"), gone.text, icon="trash-2", url=gone.url)
    return error_page(
        request, 404, gettext("Nothing is here"),
        gettext("The page or record does not exist, or you may not see it. Check the address, or search for it."),
        icon="search",
    )  # fmt: skip


def not_done(request: HttpRequest, reason: str) -> HttpResponse:
    return error_page(request, 422, gettext("That did not work"), reason)


def too_many(request: HttpRequest, retry_after: int) -> HttpResponse:
    response = error_page(
        request,
        429,
        gettext("Too many tries"),
        gettext("Wait a moment, then try again."),
        icon="clock",
        alone=True,
    )
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: needs neither the database nor a signed-in person."""
    return error_page(
        request, 500, gettext("Something went wrong on our side"),
        gettext("Nothing was saved by the last step. Try again; if it happens again, tell an administrator the number below."),
        icon="triangle-alert", alone=True,
    )  # fmt: skip


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    logger.info("form refused: %s", reason)
    return error_page(
        request, 403, gettext("The form is too old"),
        gettext("It was opened before you signed in, or in another window. Go back, load the page again and send it once more."),
        icon="clock", alone=True,
    )  # fmt: skip
