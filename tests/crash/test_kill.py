"""Processes killed outright while leads come in: nothing acknowledged is lost, nothing is half done or done twice."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.group import Group
from tests.crash.writers import Writers
from tests.project.conftest import Installation, fresh_database, leg

SEED = 20260311
SHORT = ("web 1", "worker", "group", "web 2", "worker")
KINDS = ("web 1", "web 2", "worker", "worker", "parent", "group")


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    (tmp_path / "data").mkdir()
    database = fresh_database() if leg() == "postgresql" else ""
    one = Group(Installation(tmp_path / "data", database))
    yield one
    one.stop()


def ride_out(group: Group, kills: tuple[str, ...], dice: random.Random) -> None:
    """Kills one after the other at random moments under load, then compares what was promised with what stands."""
    writers = Writers(group.url, group.inside("prepare")["key"])
    group.start()
    writers.start()
    try:
        for what in kills:
            time.sleep(dice.uniform(0.1, 1.2))
            group.kill(what)
            if what in ("parent", "group"):
                group.start()
            else:
                group.wait()
    finally:
        writers.stop()
    group.move_clock(120)  # calls that died hold their keys for a minute
    writers.finish()
    again = dict(list(writers.acknowledged.items())[:20])
    for text in again:
        writers.send(text)
    group.stop()
    compare(writers, group.inside("check"))


def compare(writers: Writers, found: dict[str, object]) -> None:
    leads = found["leads"]
    assert isinstance(leads, dict)
    assert writers.surprises == []
    assert writers.unanswered == set()
    assert len(writers.acknowledged) > 10
    assert {text: leads.get(text) for text in writers.acknowledged} == writers.acknowledged
    assert set(leads) == set(writers.acknowledged)
    assert found["faults"] == []


@pytest.mark.peer
@pytest.mark.timeout(240)
def test_five_kills_lose_nothing(group: Group) -> None:
    ride_out(group, SHORT, random.Random(SEED))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_fifty_kills_lose_nothing(group: Group) -> None:
    dice = random.Random(SEED)
    ride_out(group, tuple(dice.choices(KINDS, k=50)), dice)
