from contextlib import AbstractContextManager
from hashlib import sha256

from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.requests import Request, holder_of

HEADER = "Idempotency-Key"
LONGEST = 200


def key_of(request: Request) -> str:
    """
    The caller's key as the ledger keeps it, for good: answers are kept for some days only. Two tills may both count their calls
    from one, so whose it is comes first: the user, for tokens are renewed.
    """
    key = f"{holder_of(request)}:{request.headers.get(HEADER, '')}"
    return key if len(key) <= LONGEST else sha256(key.encode()).hexdigest()


def told_as_sent() -> AbstractContextManager[None]:
    """A command's faults with the key and the amount are told by the names under which these were sent."""
    return named_as({"key": HEADER, "amount": "amount_minor"})
