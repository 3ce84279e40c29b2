from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.kernel.actor import ANONYMOUS


class ActorMiddleware:
    """Gives every request its `actor`, and the person's language and time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid4().hex  # type: ignore[attr-defined]
        user = request.user
        if not isinstance(user, User):
            request.actor = ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)
        request.actor = actor_of(user, request_id=request.request_id)  # type: ignore[attr-defined]
        translation.activate(user.language)
        request.LANGUAGE_CODE = user.language
        with timezone.override(user.time_zone):
            return self.get_response(request)
