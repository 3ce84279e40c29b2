from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings as checked
from hypothesis.stateful import run_state_machine_as_test

from embudo.business.quota.tests.model import ZONE
from embudo.business.quota.tests.twins import RIGHT, TWINS
from embudo.business.quota.tests.walking import walked

USUAL = checked(
    max_examples=30, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
# What is drawn depends on the modules that happen to be loaded, and some twins are found out by one walk in a hundred.
HUNT = checked(USUAL, max_examples=1500, report_multiple_bugs=False)


@pytest.fixture(autouse=True)
def in_warsaw(settings: Any) -> None:
    settings.TIME_ZONE = ZONE.key


def test_ledger_walks_as_the_model_says(db: None) -> None:
    run_state_machine_as_test(walked(), settings=USUAL)  # type: ignore[no-untyped-call]


def test_machine_lets_a_twin_pass_that_reads_rightly(db: None) -> None:
    """So that what the others fail by is what they read."""
    run_state_machine_as_test(walked(RIGHT), settings=USUAL)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("twin", TWINS)
def test_machine_finds_a_twin_out(db: None, twin: str) -> None:
    """The same machine and walks fail where authorising is done as one would write it first."""
    with pytest.raises(AssertionError, match=r" was (open|refused)"):
        run_state_machine_as_test(walked(TWINS[twin]), settings=HUNT)  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ledger_walks_far(db: None) -> None:
    far = checked(USUAL, max_examples=300, stateful_step_count=50, derandomize=False, phases=list(Phase))
    run_state_machine_as_test(walked(is_checked_each_step=True), settings=far)  # type: ignore[no-untyped-call]
