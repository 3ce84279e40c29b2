"""Processes killed outright while leads come in: nothing acknowledged is lost, nothing is half done or done twice."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.group import PATIENCE, Group
from tests.crash.writers import Writers
from tests.project.conftest import Installation, fresh_database, leg

SEED = 20260311
SHORT = ("web 1", "worker", "group", "web 2", "worker")
KINDS = ("web 1", "web 2", "worker", "worker", "parent", "group")
LOADED = (0.1, 1.2)  # seconds before a kill
AT_WORK = (0.1, 3.0)  # before one of the worker, which first has to come to its jobs


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    (tmp_path / "data").mkdir()
    database = fresh_database() if leg() == "postgresql" else ""
    one = Group(Installation(tmp_path / "data", database))
    yield one
    one.stop()


def ride_out(
    group: Group, kills: tuple[str, ...], dice: random.Random, *, until: str = ""
) -> tuple[Writers, dict[str, Any]]:
    """
    Kills one after the other at random moments under load. Gives what was promised, and what stands. The end waits for
    the file `until` among the data.
    """
    writers = Writers(group.url, group.inside("prepare")["key"])
    group.start()
    writers.start()
    try:
        for what in kills:
            time.sleep(dice.uniform(*(AT_WORK if what == "worker" else LOADED)))
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
    end = time.monotonic() + PATIENCE
    while until and not (group.installation.data / until).exists() and time.monotonic() < end:
        time.sleep(0.1)
    group.stop()
    return writers, group.inside("check")


def compare(writers: Writers, found: dict[str, Any]) -> None:
    leads = found["leads"]
    assert writers.surprises == []
    assert writers.unanswered == set()
    assert len(writers.acknowledged) > 10
    assert {text: leads.get(text) for text in writers.acknowledged} == writers.acknowledged
    assert set(leads) == set(writers.acknowledged)
    assert found["faults"] == []


@pytest.mark.peer
@pytest.mark.timeout(240)
def test_five_kills_lose_nothing(group: Group) -> None:
    compare(*ride_out(group, SHORT, random.Random(SEED)))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_fifty_kills_lose_nothing(group: Group) -> None:
    dice = random.Random(SEED)
    compare(*ride_out(group, tuple(dice.choices(KINDS, k=50)), dice))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_lead_acknowledged_before_its_commit_is_found(group: Group) -> None:
    group.program = ("tests.crash.faulty", "early")
    writers, found = ride_out(group, ("group", "group"), random.Random(SEED))
    lost = {text for text, lead in writers.acknowledged.items() if found["leads"].get(text) != lead}
    assert lost
    with pytest.raises(AssertionError):
        compare(writers, found)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_job_done_before_it_is_run_is_found(group: Group) -> None:
    group.program = ("tests.crash.faulty", "forgetful")
    writers, found = ride_out(group, ("worker", "worker"), random.Random(SEED), until="forgotten")
    assert [fault for fault in found["faults"] if "0 mails sent" in fault]
    with pytest.raises(AssertionError):
        compare(writers, found)
