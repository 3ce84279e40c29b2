import math

from django.db import transaction

from embudo.kernel import clock
from embudo.kernel.errors import TooMany
from embudo.kernel.models import RateBucket


def take(key: str, *, limit: int, seconds: int, cost: float = 1.0) -> None:
    """
    Takes `cost` tokens from the bucket `key`, which holds `limit` and refills evenly within `seconds`. Refuses
    (TooMany) when it is empty. Counted in the database, so all processes share it.
    """
    now, rate = clock.now().timestamp(), limit / seconds
    with transaction.atomic():
        bucket, is_new = RateBucket.objects.select_for_update().get_or_create(
            key=key, defaults={"tokens": limit - cost, "at": now}
        )
        if is_new:
            return
        tokens = min(float(limit), bucket.tokens + max(0.0, now - bucket.at) * rate)
        if tokens >= cost:
            RateBucket.objects.filter(pk=key).update(tokens=tokens - cost, at=now)
            return
    raise TooMany(max(1, math.ceil((cost - tokens) / rate)))


def reset(key: str) -> None:
    RateBucket.objects.filter(pk=key).delete()


def prune() -> int:
    """Buckets untouched for a day are full again."""
    return RateBucket.objects.filter(at__lt=clock.now().timestamp() - 86400).delete()[0]
