"""
How a group's web processes share the connections that arrive. Linux deals them out by a hash of the addresses, and one
process may get most of them while the others stand idle; so whoever took one passes it on to the process that has the fewest.
"""

import array
import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from mmap import mmap

ROUND = 64  # connections taken at once, before those that stand are heard again
PAUSE = 1.0  # seconds until a process that may open no further file looks again
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
ITEM = array.array("I").itemsize
NOBODY = 2**32 - 1  # stands for more connections than anybody has
FILES = 16  # handed over by one reading


class Doors:
    """Before the processes are made by fork: a mailbox and a number of open connections for each of them."""

    def __init__(self, processes: int) -> None:
        self.memory = mmap(-1, processes * ITEM)
        self.open = memoryview(self.memory).cast("I")
        self.boxes = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _number in range(processes)]
        for box in self.boxes:
            for end in box:
                end.setblocking(False)

    def ended(self, place: int) -> None:
        """That process has died: nobody passes anything on to it until another sits in its place."""
        self.open[place] = NOBODY

    def close(self) -> None:
        for box in self.boxes:
            for end in box:
                end.close()


class Door:
    """One process's own: `serve` is told of each connection that is its to answer, and tells by `left` when one is gone."""

    def __init__(self, doors: Doors, place: int, listening: socket.socket) -> None:
        self.doors, self.place, self.listening = doors, place, listening
        self.inbox = doors.boxes[place][0]
        self.serve: Callable[[socket.socket], None] = socket.socket.close
        self.count = 0  # the process may follow one that died with connections in hand
        self._tell()

    def keep(self, made: socket.socket) -> None:
        self.count += 1
        self._tell()
        self.serve(made)

    def left(self) -> None:
        self.count -= 1
        self._tell()

    def _tell(self) -> None:
        self.doors.open[self.place] = self.count

    def unlock(self, loop: asyncio.AbstractEventLoop, serve: Callable[[socket.socket], None]) -> None:
        self.serve = serve
        loop.add_reader(self.listening, self.take, loop)
        loop.add_reader(self.inbox, self.receive)

    def lock(self, loop: asyncio.AbstractEventLoop) -> None:
        """Takes nothing further."""
        loop.remove_reader(self.listening)
        loop.remove_reader(self.inbox)
        self.listening.close()

    def take(self, loop: asyncio.AbstractEventLoop) -> None:
        for _number in range(ROUND):
            try:
                made, _address = self.listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                if fault.errno not in EXHAUSTED:
                    raise
                loop.remove_reader(self.listening)
                loop.call_later(PAUSE, self.look_again, loop)
                return
            if not self.pass_on(made):
                self.keep(made)

    def look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.listening.fileno() >= 0:
            loop.add_reader(self.listening, self.take, loop)

    def pass_on(self, made: socket.socket) -> bool:
        """To the process with the fewest connections, where that is another and its mailbox is not full."""
        numbers = self.doors.open
        to = min(range(len(numbers)), key=numbers.__getitem__)
        if numbers[to] >= numbers[self.place]:
            return False
        try:
            socket.send_fds(self.doors.boxes[to][1], [b"\0"], [made.fileno()])
        except OSError:
            return False
        made.close()
        numbers[to] += 1  # until it tells its own: more may arrive before it has looked
        return True

    def receive(self) -> None:
        for _number in range(ROUND):
            try:
                _data, files, _flags, _address = socket.recv_fds(self.inbox, 1, FILES)
            except (BlockingIOError, InterruptedError):
                return
            for file in files:
                with contextlib.suppress(OSError):  # it was broken off on the way
                    self.keep(socket.socket(fileno=file))
