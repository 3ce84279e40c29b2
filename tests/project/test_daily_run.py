import json
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from tests.project.conftest import Installation, Make

pytestmark = pytest.mark.peer
DEATHS = (
    0.1,
    0.3,
    0.2,
    0.2,
)  # when it is killed, as a part of a whole run: each goes on where the one before it died


def did(one: Installation, *words: object) -> Any:
    command = [sys.executable, "-m", "tests.project.daily_run", *map(str, words)]
    done = subprocess.run(command, env=one.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_daily_run_killed_halfway_ends_as_one_that_was_left_alone(installation: Make) -> None:
    alone = did(installation("alone"), "alone")
    expected = alone["once"]
    assert len(expected["Switch"]) == len(expected["Block"]) > 5
    assert (expected["Faults"], alone["twice"]) == ([], expected)
    states = Counter(one.split("'")[1] for one in expected["Change"])
    assert states == {"applied": 4, "expired": 4, "held": 4}
    lasts = [int(alone["statements"] * part) + 1 for part in DEATHS]
    killed = did(installation("killed"), "killed", *lasts)
    assert killed["deaths"][:2] == [-signal.SIGKILL] * 2
    assert killed["halfway"] != expected
    assert (killed["once"], killed["twice"]) == (expected, expected)


def test_daily_run_makes_up_for_days_that_were_missed(installation: Make) -> None:
    each_day = did(installation("each_day"), "days", 0, 1, 2, 3)
    missed = did(installation("missed"), "days", 3)
    for kind in ("Account", "ClosedPeriod", "Hold"):
        assert each_day[kind] == missed[kind], kind
    assert len(each_day["Block"]) == len(missed["Block"])
