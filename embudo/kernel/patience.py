"""
How long a reader waits for the database. A statement that takes longer is ended where it runs; nothing is asked of the
database for that while all goes well.
"""

import heapq
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import monotonic
from typing import Any

from django.db import connection
from django.db.utils import OperationalError

_numbers = count()


class TooSlow(Exception):
    """The database was still at work when the time was over."""


class _Wait:
    """One reader's time on one connection."""

    def __init__(self, until: float, raw: Any) -> None:
        self.until, self.raw, self.number = until, raw, next(_numbers)
        self.lock = threading.Lock()
        self.is_over = self.is_ended = False

    def __lt__(self, other: "_Wait") -> bool:
        return (self.until, self.number) < (other.until, other.number)

    def end(self) -> None:
        """Ends what runs on the connection, unless the reader has gone on to something else."""
        with self.lock:
            if self.is_over:
                return
            self.is_ended = True
            stop = getattr(self.raw, "interrupt", None) or self.raw.cancel  # SQLite, psycopg
            stop()

    def over(self) -> None:
        with self.lock:
            self.is_over = True


class _Watch:
    """One thread a process, made when it is first needed, and anew in a child made by fork."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.waits: list[_Wait] = []
        self.thread: threading.Thread | None = None

    def add(self, wait: _Wait) -> None:
        with self.changed:
            heapq.heappush(self.waits, wait)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.run, name="patience", daemon=True)
                self.thread.start()
            elif self.waits[0] is wait:
                self.changed.notify()

    def run(self) -> None:
        while True:
            self.next().end()

    def next(self) -> _Wait:
        """The one whose time is over; those that ended well before are dropped on the way."""
        with self.changed:
            while True:
                while self.waits and self.waits[0].is_over:
                    heapq.heappop(self.waits)
                left = self.waits[0].until - monotonic() if self.waits else None
                if left is not None and left <= 0:
                    return heapq.heappop(self.waits)
                self.changed.wait(left)


_watch = _Watch()


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """
    Inside, statements on the default database are ended once `seconds` have passed, and TooSlow is raised. For reading
    outside a transaction: on PostgreSQL an ended statement spoils the transaction that it stands in.
    """
    connection.ensure_connection()
    wait = _Wait(monotonic() + seconds, connection.connection)
    _watch.add(wait)
    try:
        yield
    except OperationalError as fault:
        if wait.is_ended:
            raise TooSlow from fault
        raise
    finally:
        wait.over()
