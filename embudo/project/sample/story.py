import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count
from time import monotonic

from embudo.kernel import clock

Act = Callable[[], object]


class Story:
    """What happened in the sample company, told in the order in which it happened, each act at its own moment."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self.acts: list[tuple[datetime, int, Act]] = []
        self.number = count()
        self.done = 0

    def plan(self, moment: datetime, act: Act) -> None:
        """Acts may plan further ones; what would lie after `until` happens then."""
        heapq.heappush(self.acts, (min(moment, self.until), next(self.number), act))

    def run(self, tell: Callable[[int, int], None]) -> None:
        """Runs everything; `tell` hears each second how much is done and how much is known to come."""
        told = monotonic()
        while self.acts:
            moment, _number, act = heapq.heappop(self.acts)
            with clock.at(moment):
                act()
            self.done += 1
            if monotonic() - told >= 1:
                told = monotonic()
                tell(self.done, self.done + len(self.acts))
