from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from embudo.foundation.ui import errors
from embudo.foundation.ui.access_marks import actor_of, sign_in_redirect
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, TooMany
from embudo.kernel.former import new_address


class ErrorPages:
    """The one mapper of errors for people: what a view raised becomes a page that says what to do. Put it last."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # PostgreSQL cannot hold NUL in any text, so no address with one can mean anything. The API says so itself.
        has_nul = "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")
        if has_nul and not request.path.startswith("/api/v"):
            return errors.bad_request(request)
        return self.get_response(request)

    def process_exception(  # noqa: PLR0911 - one line per kind of error
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        match exception:
            case Forbidden():
                known = actor_of(request).is_known
                return errors.permission_denied(request) if known else sign_in_redirect(request)
            case NotFound():
                moved = new_address(request, actor_of(request))
                return moved_on(request, moved) if moved else errors.page_not_found(request)
            case Refused():
                return errors.not_done(request, str(exception.message))
            case Invalid():
                texts = [str(text) for field in exception.errors.values() for text in field]
                return errors.not_done(request, " ".join(texts))
            case TooMany():
                return errors.too_many(request, exception.retry_after)
            case RequestDataTooBig():
                return errors.too_large(request)
            case SuspiciousOperation() | UnicodeDecodeError():
                return errors.bad_request(request)
        return None


def moved_on(request: HttpRequest, address: str) -> HttpResponse:
    """To the record that another was merged into; whoever followed an old address is told so."""
    if "HX-Request" not in request.headers and hasattr(request, "_messages"):
        messages.info(request, gettext("You asked for a record that was merged into this one."))
    return HttpResponseRedirect(address)
