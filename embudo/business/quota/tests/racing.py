import time
from collections.abc import Callable
from threading import Event
from typing import Any

from django.db import transaction


def before(
    first: Callable[[], Any], second: Callable[[], Any]
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Two jobs of which the second comes while the first has done its work and has not committed yet."""
    is_done = Event()

    def one() -> Any:
        with transaction.atomic():
            found = first()
            is_done.set()
            time.sleep(0.7)
        return found

    def other() -> Any:
        is_done.wait(10)
        return second()

    return one, other
