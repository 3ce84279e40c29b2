from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from embudo.foundation.access.commands import note_presence
from embudo.foundation.access.models import User
from embudo.foundation.access.permissions import OWN_PROFILE
from embudo.foundation.access.queries import actor_of, is_fresh
from embudo.foundation.access.queries.session_users import held_by
from embudo.foundation.ui.access_marks import is_public, sign_in_redirect
from embudo.kernel import clock
from embudo.kernel.actor import ANONYMOUS, Actor

# Doors with locks of their own: the REST root answers strangers with 401, files of the design need no one.
OWN_LOCKS = ("/api/", "/static/")
# What somebody may still do who must first set up a second factor.
FIRST_STEPS = frozenset({"factors", "totp_add", "passkey_add", "recovery_codes", "sign_out"})
SEEN_EVERY = 900


class ActorMiddleware:
    """
    Gives every request its `actor`, and the person's language and time zone. Default deny: a view that is not marked
    public opens to nobody unknown, and to nobody who still owes the second factor that the organisation asks for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid4().hex  # type: ignore[attr-defined]
        user = request.user
        if not isinstance(user, User):
            request.actor = ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)
        request.actor = self.actor(user, request.request_id)  # type: ignore[attr-defined]
        request.has_shortcuts = user.is_on_shortcuts  # type: ignore[attr-defined]
        note_use(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = user.language
        with timezone.override(user.time_zone):
            return self.get_response(request)

    def actor(self, user: User, request_id: str) -> Actor:
        """Without the second factor they owe, people hold nothing but the right to set it up."""
        actor = actor_of(user, request_id=request_id, held=held_by(user) if hasattr(user, "held") else None)
        if not owes_factor(user):
            return actor
        return replace(
            actor, grants={OWN_PROFILE.code: actor.grants[OWN_PROFILE.code]} if actor.may(OWN_PROFILE) else {}
        )

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if is_public(view) or request.path.startswith(OWN_LOCKS):
            return None
        if not isinstance(request.user, User):
            return redirect(request, reverse("access:setup")) if is_fresh() else sign_in_redirect(request)
        match = request.resolver_match
        if owes_factor(request.user) and not (
            match and match.app_name == "access" and match.url_name in FIRST_STEPS
        ):
            return redirect(request, reverse("access:factors"))
        return None


def owes_factor(user: User) -> bool:
    """Known from the query that fetched the user of the session (queries.session_users)."""
    return bool(getattr(user, "owes_factor", False))


def redirect(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def note_use(request: HttpRequest) -> None:
    """Sessions that came in by the door carry when they were last seen; the rest is not in the list of browsers."""
    now, seen = int(clock.now().timestamp()), request.session.get("seen")
    if request.session.session_key and seen is not None and now - seen > SEEN_EVERY:
        request.session["seen"] = now
        note_presence(request.session.session_key)
