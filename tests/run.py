"""The legs of `make test`, `make quick` and `make long`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from embudo.foundation.notify.tests.imap import MISSING, program_of
from tests.postgres import PostgresMissingError, binaries
from tests.stages import PYTHON, ROOT, Outcome, Stage, run_stage, summarise

NOTHING_COLLECTED = 5
NO_SKIPS = {"EMBUDO_NO_SKIPS": "1"}
ON_SQLITE = {"EMBUDO_TEST_DB": "sqlite"}
WITH_POSTGRES = (PYTHON, "-m", "tests.postgres", "run", "--")
HOUSE_ONLY_ONCE = ("--ignore=tests/test_house.py",)


def pytest(marks: str, *arguments: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "pytest", "-q", "-m", marks, *arguments)


def workers() -> tuple[str, ...]:
    """As many as cores, within what one test cluster serves."""
    return ("-n", str(min(4, max(2, os.cpu_count() or 1))), "--dist", "worksteal")


def quick(extra: Sequence[str]) -> int:
    command = pytest("not browser and not slow and not load and not peer", *workers(), *extra)
    return summarise("quick", [run_stage(Stage("in memory", command, ON_SQLITE))])


def everything(extra: Sequence[str]) -> int:
    missing = missing_parts()
    plain = pytest("not browser and not slow and not load", *workers(), *extra)
    outcomes = [run_stage(Stage("SQLite", plain, ON_SQLITE | NO_SKIPS))]
    if "PostgreSQL" not in missing:
        outcomes.append(run_stage(Stage("PostgreSQL", (*WITH_POSTGRES, *plain, *HOUSE_ONLY_ONCE), NO_SKIPS)))
    if "Chromium" not in missing:
        browsing = pytest(
            "browser", "-p", "no:randomly", *workers(), *extra
        )  # each with a product of its own
        browser = Stage("browser", browsing, ON_SQLITE | NO_SKIPS)
        outcomes.append(run_stage(browser))
    if "PostgreSQL" not in missing and not extra:
        load = pytest("load", "tests/project/test_bench_quota.py")
        outcomes.append(run_stage(Stage("load, both databases", load, ON_SQLITE | NO_SKIPS)))
    return summarise("make test", outcomes, list(missing.values()))


def long(extra: Sequence[str]) -> int:
    missing = missing_parts()
    slow = pytest("slow", "--timeout=3600", *extra)
    outcomes = [run_stage(Stage("SQLite, slow", slow, ON_SQLITE | NO_SKIPS))]
    if "PostgreSQL" not in missing:
        durable = (*WITH_POSTGRES[:-1], "--durable", "--")
        outcomes.append(run_stage(Stage("PostgreSQL, slow", (*durable, *slow), NO_SKIPS)))
    return summarise("make long", [_unless_empty(outcome) for outcome in outcomes], list(missing.values()))


def _unless_empty(outcome: Outcome) -> Outcome:
    """One leg may have no slow proof of its own."""
    return Outcome(outcome.name, outcome.status in {0, NOTHING_COLLECTED}, outcome.seconds, outcome.status)


def missing_parts() -> dict[str, str]:
    """What the machine still lacks after `make system` has had its try (it needs root)."""
    if _look() and os.geteuid() == 0:
        print("=== make system", flush=True)
        subprocess.run(["make", "system"], cwd=ROOT, check=False)
    return _look()


def _look() -> dict[str, str]:
    missing = {}
    try:
        binaries()
    except PostgresMissingError as error:
        missing["PostgreSQL"] = str(error)
    if chromium() is None:
        missing["Chromium"] = (
            "Chromium is missing: run `make system`, or name a Chromium in the variable CHROMIUM."
        )
    if program_of() is None:
        missing["Dovecot"] = MISSING
    return missing


def chromium() -> str | None:
    """The browser the tests drive: the variable CHROMIUM, else Debian's or Ubuntu's, else Google's."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


LEGS: dict[str, Callable[[Sequence[str]], int]] = {"all": everything, "quick": quick, "long": long}

if __name__ == "__main__":
    sys.exit(LEGS[sys.argv[1]](sys.argv[2:]))
