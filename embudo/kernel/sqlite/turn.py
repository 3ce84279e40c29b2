"""
One writer at a time. Without a queue SQLite's waiting writers sleep and try again, and some starve for seconds. The threads
of a process queue up among themselves, asleep; their first waits for the other processes at a file lock, which the operating
system frees when a process dies.
"""

import fcntl
import os
import threading
from collections import deque
from functools import cache
from pathlib import Path

from django.db.utils import OperationalError

WAIT_SECONDS = 20.0


class Writers:
    """The writers of one database file in this process, first come, first served."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mutex = threading.Lock()
        self.waiting: deque[threading.Lock] = deque()
        self.is_taken = False
        self.had_to_wait = False  # for another process, since somebody last asked

    def take(self) -> int:
        """
        Waits for the turn; gives the handle that `give` takes back. Raises OperationalError when this process has had
        none for twenty seconds.
        """
        if not self._enter():
            raise OperationalError("database is locked: no turn to write within 20 s")
        try:
            return self._locked()
        except BaseException:
            self._leave()
            raise

    def give(self, handle: int) -> None:
        os.close(handle)
        self._leave()

    def asked(self) -> bool:
        """Whether another process was writing when this one wanted to, since this was last asked."""
        waited, self.had_to_wait = self.had_to_wait, False
        return waited

    def _locked(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.had_to_wait = True
                fcntl.flock(handle, fcntl.LOCK_EX)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _enter(self) -> bool:
        with self.mutex:
            if not self.is_taken:
                self.is_taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self.waiting.append(turn)
        if turn.acquire(timeout=WAIT_SECONDS):
            return True
        with self.mutex:
            if turn in self.waiting:
                self.waiting.remove(turn)
                return False
        return True  # the turn came in the same moment

    def _leave(self) -> None:
        with self.mutex:
            if self.waiting:
                self.waiting.popleft().release()
            else:
                self.is_taken = False


writers_of = cache(Writers)


def _forget() -> None:
    """A child made by fork has none of its parent's threads: nobody in it has the turn or waits for it."""
    writers_of.cache_clear()


os.register_at_fork(after_in_child=_forget)
