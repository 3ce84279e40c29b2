import hmac
from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from embudo.foundation.access.models import Attempt
from embudo.foundation.access.rules import WINDOW, Limit
from embudo.kernel import clock
from embudo.kernel.errors import TooMany
from embudo.kernel.personal import derived_key


def key_for(*parts: str) -> str:
    return hmac.new(derived_key("attempts"), "\0".join(parts).encode(), "sha256").hexdigest()


def keys_of(limit: Limit, account: str, address: str) -> list[tuple[str, int]]:
    return [
        (key_for(limit.name, "account", account), limit.per_account),
        (key_for(limit.name, "address", address), limit.per_address),
    ]


def try_once(limit: Limit, *, account: str, address: str) -> list[int]:
    """
    Counts a try before it is made and refuses (TooMany) beyond the limit; returns what `forgive` takes. It is
    written first and counted afterwards, so that of tries at the same moment in several processes none slips through.
    """
    made: list[int] = []
    for key, most in keys_of(limit, account, address):
        one = Attempt.objects.create(key=key, at=clock.now())
        made.append(one.pk)
        recent = Attempt.objects.filter(key=key, at__gt=clock.now() - WINDOW)
        if recent.count() > most:
            Attempt.objects.filter(pk__in=made).delete()  # a refused try does not prolong the wait
            raise TooMany(_wait(list(recent.order_by("-at").values_list("at", flat=True)[most - 1 : most])))
    return made


def _wait(oldest_that_counts: Sequence[object]) -> int:
    until = oldest_that_counts[0] + WINDOW - clock.now() if oldest_that_counts else WINDOW  # type: ignore[operator]
    return max(1, ceil(until.total_seconds()))


def forgive(made: Sequence[int]) -> None:
    """The try was right: it does not count, and the account's wrong ones before it no longer do."""
    first = Attempt.objects.filter(pk=made[0]).first()
    if first:
        Attempt.objects.filter(key=first.key).delete()
    Attempt.objects.filter(pk__in=made).delete()


def use_once(*parts: str, seconds: int = 120) -> bool:
    """True for the first caller that names these parts within `seconds`; a code seen once is worth nothing again."""
    key = key_for("once", *parts)
    one = Attempt.objects.create(key=key, at=clock.now())
    return (
        not Attempt.objects.filter(key=key, at__gt=clock.now() - timedelta(seconds=seconds))
        .exclude(pk=one.pk)
        .exists()
    )


def prune_attempts() -> int:
    return Attempt.objects.filter(at__lt=clock.now() - timedelta(days=1)).delete()[0]
