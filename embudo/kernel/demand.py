"""
How many requests this group of processes is answering: what people wait for comes before what they do not. A byte for each
web process, in memory that they share with the worker.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap

MOST = 255
PROCESSORS = os.cpu_count() or 1


class Demand:
    def __init__(self) -> None:
        self.memory = mmap(-1, 1)
        self.place = self.count = 0

    def share(self, processes: int) -> None:
        """Before the processes are made by fork."""
        self.memory = mmap(-1, processes)

    def sit(self, place: int) -> None:
        """In a web process, first of all: it may follow one that died with requests in hand."""
        self.place, self.count = place, 0
        self._tell()

    @contextmanager
    def one(self) -> Iterator[None]:
        """While a request is answered. Only for the thread of the event loop."""
        self.count += 1
        self._tell()
        try:
            yield
        finally:
            self.count -= 1
            self._tell()

    def is_high(self) -> bool:
        """Whether more is asked for at this moment than there are processors to answer it."""
        return sum(self.memory[:]) > PROCESSORS

    def _tell(self) -> None:
        self.memory[self.place] = min(self.count, MOST)


demand = Demand()
