import hashlib
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from embudo.kernel import clock
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.models import IdempotencyKey

KEPT = timedelta(hours=72)
LEASE = timedelta(
    seconds=60
)  # after it a call that never answered counts as dead, and its key may be used again


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


def digest(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def begin(holder: str, key: str, body_digest: str) -> Answer | None:
    """
    Claims the key for this call, or gives the stored answer of the first one. Refuses another body under the same key
    (Invalid) and a first call that still runs (Refused).
    """
    now = clock.now()
    with transaction.atomic():
        row, is_new = IdempotencyKey.objects.select_for_update().get_or_create(
            holder=holder,
            key=key,
            defaults={"digest": body_digest, "lease": now + LEASE, "expires": now + KEPT},
        )
        if is_new:
            return None
        if row.expires <= now or (row.status is None and row.lease <= now):
            row.digest, row.status, row.lease, row.expires = body_digest, None, now + LEASE, now + KEPT
            row.save()
            return None
    if row.digest != body_digest:
        raise Invalid({"Idempotency-Key": [_("This key was used for another request. Send a new key.")]})
    if row.status is None:
        raise Refused(
            "kernel.still_running", _("The first request with this key is still running. Try again soon.")
        )
    return Answer(row.status, bytes(row.body), row.headers)


def finish(holder: str, key: str, answer: Answer) -> None:
    """Keeps the answer; call it in the transaction of the change itself, so both stand or fall together."""
    IdempotencyKey.objects.filter(holder=holder, key=key).update(
        status=answer.status, body=answer.body, headers=answer.headers
    )


def release(holder: str, key: str) -> None:
    """Frees the key of a call that was refused and changed nothing."""
    IdempotencyKey.objects.filter(holder=holder, key=key, status__isnull=True).delete()


def prune() -> int:
    return IdempotencyKey.objects.filter(expires__lt=clock.now()).delete()[0]
