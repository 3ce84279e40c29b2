"""
Numbers that one call at a time may hold, whichever process it runs in: bytes of a file, locked by the operating system, which
frees them when a process dies. The file stays empty.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A lock of the file's opening, not of the process, so that the threads of one keep each other out as well (Linux; elsewhere
# the second call waits for its turn to write, and then finds what the first one did).
HOLD = getattr(fcntl, "F_OFD_SETLK", None)


@contextmanager
def held(path: Path, number: int) -> Iterator[bool]:
    """Whether the number is this call's until the end of the block; False when another one holds it."""
    if HOLD is None:
        yield True
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _is_locked(handle, number)
    finally:
        os.close(handle)


def _is_locked(handle: int, number: int) -> bool:
    wanted = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
    try:
        fcntl.fcntl(handle, HOLD, wanted)  # type: ignore[arg-type]
    except (BlockingIOError, PermissionError):
        return False
    return True
