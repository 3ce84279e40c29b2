import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from typing import Any

PIECE = 65_536
MOST_BYTES = 2_000_000


class UnreachableError(Exception):
    """The other side did not answer in time, or not in a way that could be read. `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Where we ask is set by whoever runs the installation; nobody else sends us elsewhere."""

    def redirect_request(self, *_args: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = 8.0) -> Reply:
    """
    Asks a service outside, once, within `seconds` and with an answer of 2 MB at most; answers with an error status come
    back as they are. Refuses (UnreachableError) everything else. Never to be called inside a transaction.
    """
    ends = monotonic() + seconds
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - of the settings
    try:
        try:
            answer = _opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as fault:
            answer = fault
        with answer:
            return Reply(answer.status or 0, answer.headers.get("Content-Type", ""), _read(answer, ends))
    except TimeoutError:
        raise UnreachableError("timeout") from None
    except urllib.error.URLError as fault:
        raise UnreachableError(
            "timeout" if isinstance(fault.reason, TimeoutError) else "unreachable"
        ) from None
    except (OSError, HTTPException, ValueError):
        raise UnreachableError("unreachable") from None


def _read(answer: Any, ends: float) -> bytes:
    """Piece by piece: who sends a byte a minute is late as well."""
    pieces, size = [], 0
    while piece := answer.read1(PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise UnreachableError("too_long")
        if monotonic() > ends:
            raise UnreachableError("timeout")
    return b"".join(pieces)
