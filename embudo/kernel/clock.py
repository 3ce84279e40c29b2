import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from django.conf import settings

_fixed: ContextVar[datetime | None] = ContextVar("fixed", default=None)


class _Shift:
    """How far the clock is moved: the number of seconds in the file that CLOCK_FILE names (for rehearsals and tests)."""

    def __init__(self) -> None:
        self.path = os.environ.get("CLOCK_FILE")
        self.read_at = -1.0
        self.delta = timedelta()

    def __call__(self) -> timedelta:
        if self.path and monotonic() - self.read_at > 0.2:  # read again five times a second at most
            self.read_at = monotonic()
            file = Path(self.path)
            self.delta = timedelta(seconds=float(file.read_text() or 0)) if file.exists() else timedelta()
        return self.delta


_shift = _Shift()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _fixed.get() or datetime.now(UTC) + _shift()


def of_the_machine() -> datetime:
    """The machine's own time, which nobody moves: for what Django itself dates by it, sessions above all."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in the organisation's time zone: the day that due dates and periods are counted by."""
    return now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def day_of(instant: datetime) -> date:
    """The organisation's day that an instant falls on."""
    return instant.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Acts inside happen at `moment` (aware). For the sample company and for tests, nobody else."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
