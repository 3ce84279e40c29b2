"""
A repeated call is answered as the first one was. The key is claimed, the change made and the answer kept in one transaction:
a process that is killed in the middle leaves nothing, and its key is free at once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from embudo.kernel import clock
from embudo.kernel.act import falling_whole
from embudo.kernel.columns import sent
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.models import IdempotencyKey
from embudo.kernel.prepared import repeating_cursor

KEPT = timedelta(hours=72)
LEASE = timedelta(
    seconds=60
)  # after it a call that never answered counts as dead, and its key may be used again
# PostgreSQL would let a second call wait until the first has ended; the lock tells it at once, and ends with the transaction.
CLAIM = {
    "postgresql": """
INSERT INTO kernel_idempotencykey (holder, key, digest, body, headers, lease, expires)
SELECT %s, %s, %s, '', '{}', %s, %s WHERE pg_try_advisory_xact_lock(%s) ON CONFLICT (holder, key) DO NOTHING
""",
    "sqlite": """
INSERT INTO kernel_idempotencykey (holder, key, digest, body, headers, lease, expires)
SELECT %s, %s, %s, x'', '{}', %s, %s WHERE %s IS NOT NULL ON CONFLICT (holder, key) DO NOTHING
""",
}
KEEP = "UPDATE kernel_idempotencykey SET status = %s, body = %s, headers = %s WHERE holder = %s AND key = %s"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


def digest(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


@contextmanager
def claiming(holder: str, key: str) -> Iterator[ExitStack]:
    """
    The transaction of a call with a key, for `begin`, the change and `finish`. What is entered into the stack is left when the
    transaction has ended. Refuses (Refused) while another call with the key runs.
    """
    with ExitStack() as after:
        if (
            connection.vendor == "sqlite"
        ):  # whose writers queue: only the first of a queue knows what the others did
            claimed = connection.claimed(number_of(holder, key))  # type: ignore[attr-defined]  # of our own backend
            if not after.enter_context(claimed):
                raise still_running()
        with falling_whole():
            yield after


def begin(holder: str, key: str, body_digest: str) -> Answer | None:
    """
    Claims the key for this call, or gives the stored answer of the first one. Refuses another body under the same key
    (Invalid) and a first call that still runs (Refused). In the transaction of the change itself.
    """
    now = clock.now()
    moments = [sent(now + LEASE, connection), sent(now + KEPT, connection)]
    statement = CLAIM[connection.vendor]
    with repeating_cursor(connection, statement) as cursor:
        cursor.execute(statement, [holder, key, body_digest, *moments, number_of(holder, key)])
        if cursor.rowcount > 0:
            return None
    row = IdempotencyKey.objects.filter(holder=holder, key=key).first()
    if row is None:
        raise still_running()
    if row.expires <= now or (row.status is None and row.lease <= now):
        _claim_again(row, body_digest)
        return None
    if row.digest != body_digest:
        raise Invalid({"Idempotency-Key": [_("This key was used for another request. Send a new key.")]})
    if row.status is None:
        raise still_running()
    return Answer(row.status, bytes(row.body), row.headers)


def _claim_again(row: IdempotencyKey, body_digest: str) -> None:
    now = clock.now()
    mine = IdempotencyKey.objects.filter(pk=row.pk, expires=row.expires)
    if not mine.update(digest=body_digest, status=None, lease=now + LEASE, expires=now + KEPT):
        raise still_running()


def finish(holder: str, key: str, answer: Answer) -> None:
    """Keeps the answer; call it in the transaction of the change itself, so both stand or fall together."""
    body, headers = (
        IdempotencyKey._meta.get_field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]
        for name, value in (("body", answer.body), ("headers", answer.headers))
    )
    with repeating_cursor(connection, KEEP) as cursor:
        cursor.execute(KEEP, [answer.status, body, headers, holder, key])


def finish_together(after: ExitStack, holder: str, key: str, answer: Answer) -> None:
    """The same as the last thing of `claiming`: the end of its transaction goes to the database with it."""
    if connection.vendor == "postgresql":
        after.enter_context(connection.sent_together())  # type: ignore[attr-defined]  # of our own backend
    finish(holder, key, answer)


def number_of(holder: str, key: str) -> int:
    """By which a database or an operating system locks it: 62 bits."""
    return int.from_bytes(hashlib.blake2b(f"{holder}\0{key}".encode(), digest_size=8).digest()) >> 2


def still_running() -> Refused:
    return Refused(
        "kernel.still_running", _("The first request with this key is still running. Try again soon.")
    )


def prune() -> int:
    return IdempotencyKey.objects.filter(expires__lt=clock.now()).delete()[0]
