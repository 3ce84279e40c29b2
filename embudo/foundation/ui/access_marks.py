from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from embudo.kernel.actor import ANONYMOUS, Actor
from embudo.kernel.errors import Forbidden
from embudo.kernel.permission import Permission

V = TypeVar("V", bound=Callable[..., Any])


def public(view: V) -> V:
    """Marks a view (function or page class) that a stranger may open: no sign-in, no permission."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def signed_in(view: V) -> V:
    """Marks a view that belongs to every signed-in person: their profile, their notifications."""
    view.is_for_everyone = True  # type: ignore[attr-defined]
    return view


def guarded(permission: Permission) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Guards a function view with a permission, as a page class does."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return admit(request, permission) or view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked

    return wrap


def actor_of(request: HttpRequest) -> Actor:
    """Who sent the request; a stranger when nobody signed in (or the error came before that was known)."""
    return getattr(request, "actor", ANONYMOUS)


def admit(request: HttpRequest, permission: Permission | None) -> HttpResponse | None:
    """None when the actor may go on; a redirect to sign-in for a stranger; raises Forbidden without the grant."""
    actor = actor_of(request)
    if not actor.is_known:
        return sign_in_redirect(request)
    if permission is not None and not actor.may(permission):
        raise Forbidden(permission.code)
    return None


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    address = f"/login/?next={quote(request.get_full_path())}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _marked(view: Any, name: str) -> Any:
    for holder in (view, getattr(view, "view_class", None)):
        found = getattr(holder, name, None)
        if found:
            return found
    return None


def is_public(view: Any) -> bool:
    return bool(_marked(view, "is_public"))


def is_for_everyone(view: Any) -> bool:
    return bool(_marked(view, "is_for_everyone"))


def permission_of(view: Any) -> Permission | None:
    """The permission that guards a view; None when it is public, for everyone, or unguarded (a fault)."""
    found = _marked(view, "permission")
    return found if isinstance(found, Permission) else None
