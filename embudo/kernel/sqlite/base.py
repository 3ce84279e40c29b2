"""
SQLite with writers queued on a file lock: without it waiting writers sleep and retry, and some starve for seconds.
The kernel of the operating system frees the lock when a process dies.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

WAIT_SECONDS = 20.0


class DatabaseWrapper(base.DatabaseWrapper):
    _lock_handle: int | None = None

    def _lock_path(self) -> Path | None:
        name = str(self.settings_dict["NAME"])
        return None if not name or ":memory:" in name or "mode=memory" in name else Path(f"{name}.writer")

    def _take_turn(self) -> None:
        path = self._lock_path()
        if path is None or self._lock_handle is not None:
            return
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + WAIT_SECONDS
        pause = 0.0005
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(handle)
                    raise OperationalError("database is locked: no turn to write within 20 s") from None
                time.sleep(pause)
                pause = min(pause * 1.5, 0.002)
            else:
                self._lock_handle = handle
                return

    def _give_turn(self) -> None:
        if self._lock_handle is not None:
            os.close(self._lock_handle)
            self._lock_handle = None

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()
