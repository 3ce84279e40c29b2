import hashlib
import re
from collections.abc import Callable
from typing import ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid

ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class Request(HttpRequest):
    """What an operation is given: who asks is known by then."""

    actor: Actor
    request_id: str


class BearerToken(HttpBearer):
    """
    "Authorization: Bearer <token>", the default of every operation. Whose token it is `access` knows, which stands
    above; the entrance names its function once (`read`), for this storey may not.
    """

    read: ClassVar[Callable[..., Actor | None]]

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        return type(self).read(token, request_id=getattr(request, "request_id", ""))


def caller_key(request: HttpRequest) -> str:
    """Under which limits are counted: the credential, however its scheme is written, else the address."""
    _scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    credential = token or request.headers.get("X-Form-Key", "")
    if credential:
        return hashlib.sha256(credential.encode("utf-8", "surrogateescape")).hexdigest()[:40]
    return str(request.META.get("REMOTE_ADDR", ""))


def holder_of(request: Request) -> str:
    """Whose idempotency keys they are: the user's, whichever of their tokens is sent; of a stranger, the credential's."""
    return str(request.actor.id or caller_key(request))


def if_match(request: HttpRequest) -> int | None:
    """The version that the caller read, from its If-Match header: pass it to the command. None = none sent."""
    sent = request.headers.get("If-Match", "").strip()
    if sent in ("", "*"):
        return None
    found = ETAG.fullmatch(sent)
    if not found:
        raise Invalid({"If-Match": [_("Send the ETag exactly as you received it.")]})
    return int(found[1])


def etag(version: int) -> str:
    return f'"{version}"'
