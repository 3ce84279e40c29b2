from contextlib import AbstractContextManager
from hashlib import sha256

from django.http import HttpRequest

from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.requests import caller_key

HEADER = "Idempotency-Key"
LONGEST = 200


def key_of(request: HttpRequest) -> str:
    """
    The caller's key as the ledger keeps it, for good: answers are kept for some days only. Two tills may both count their calls
    from one, so whose it is comes first.
    """
    key = f"{caller_key(request)[:16]}:{request.headers.get(HEADER, '')}"
    return key if len(key) <= LONGEST else sha256(key.encode()).hexdigest()


def told_by_header() -> AbstractContextManager[None]:
    """A command's fault with the key is told by the name of the header."""
    return named_as({"key": HEADER})
