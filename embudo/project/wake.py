"""
Wakes the live events of every process of the group as soon as one of them has written. A pipe for each listener, made
before the processes are: whoever commits an act writes a byte into every one. What others write (a command line, a
server on another machine) the listeners find when they look again by themselves.
"""

import os
import select
from contextlib import suppress

from embudo.kernel import bell


class Wire:
    """One listener's pipe. A full pipe has rung already, so a writer never waits."""

    def __init__(self) -> None:
        self.heard, self.rung = os.pipe()
        for end in (self.heard, self.rung):
            os.set_blocking(end, False)

    def ring(self) -> None:
        with suppress(OSError):
            os.write(self.rung, b"\0")

    def wait(self, seconds: float) -> bool:
        """True at once when it rings, False when it did not ring for so long."""
        waiting = select.poll()  # not select(): that knows no more than 1024 open files
        waiting.register(self.heard, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            return False
        with suppress(OSError):
            while os.read(self.heard, 4096):
                pass
        return True


class Wires:
    """Those of the whole group, and which of them this process listens to."""

    def __init__(self) -> None:
        self.all: list[Wire] = []
        self.own: Wire | None = None

    def string(self, count: int) -> list[Wire]:
        """Before the processes are made: one for each that will listen. Every process of the group rings them all."""
        self.all = [Wire() for _number in range(count)]
        bell.hear(self.ring)
        return self.all

    def mine(self) -> Wire:
        """This process's own; made now where nobody made any, for a process that serves alone."""
        if self.own is None:
            self.own = self.all[0] if self.all else self.string(1)[0]
        return self.own

    def ring(self) -> None:
        for wire in self.all:
            wire.ring()


wires = Wires()
