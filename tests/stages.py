"""Runs named stages one after the other, shows their output, and ends with a table: what `run` and `check` share."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Stage:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool
    seconds: float
    status: int


def run_stage(stage: Stage) -> Outcome:
    print(f"\n=== {stage.name}", flush=True)
    start = time.monotonic()
    environment = {**os.environ, **stage.environment}
    status = subprocess.run(list(stage.command), cwd=ROOT, env=environment, check=False).returncode
    return Outcome(stage.name, status == 0, time.monotonic() - start, status)


def summarise(title: str, outcomes: Sequence[Outcome], missing: Sequence[str] = ()) -> int:
    """Prints the table; the last lines name what failed and what the machine lacks. Returns the exit status."""
    print(f"\n=== {title}")
    for outcome in outcomes:
        verdict = "ok" if outcome.passed else f"FAILED (status {outcome.status})"
        print(f"  {outcome.name:<28} {outcome.seconds:7.1f} s  {verdict}")
    print(f"  {'together':<28} {sum(outcome.seconds for outcome in outcomes):7.1f} s")
    for line in missing:
        print(f"MISSING: {line}")
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed or missing else 0
