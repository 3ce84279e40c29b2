"""The daily run over an installation of its own, as a program that can be killed: daily_run.py VERB …"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - Django must be set up first

from embudo.business.quota import commands, queries  # noqa: E402
from embudo.business.quota.commands import daily  # noqa: E402
from embudo.business.quota.models import (  # noqa: E402
    Account,
    Block,
    Change,
    ClosedPeriod,
    DaySpend,
    Hold,
    LedgerEntry,
    LimitVersion,
    Run,
    Switch,
)
from embudo.business.quota.tests.changing import awaiting, rehearsed, signed  # noqa: E402
from embudo.foundation.notify.models import Mail  # noqa: E402
from embudo.kernel import clock  # noqa: E402
from embudo.kernel.actor import system_actor  # noqa: E402
from embudo.kernel.models import LogEntry  # noqa: E402
from embudo.project.bench.daily import FIRST  # noqa: E402
from embudo.project.bench.quotas import Quotas  # noqa: E402

ACCOUNTS, CHANGED = 1000, 4
SYSTEM = system_actor("tests")
TOLD = ("quota.AccountBlocked", "quota.SwitchProposed", "quota.RunFinished", "quota.ThresholdReached", "quota.ChangeApplied",
        "quota.ChangeHeldBack", "quota.ChangeExpired", "quota.ChangeFailed")  # fmt: skip


def fill() -> int:
    """Copies have no ledger of their own, so what they consumed stands in their days alone."""
    Quotas(ACCOUNTS, FIRST, lambda _text: None).plant()
    change_limits()
    return Account.objects.count()


def change_limits() -> None:
    """Four each that the first day applies, that it holds back since nobody signed, and whose customer was silent."""
    with clock.at(FIRST - timedelta(days=20)):
        for _number in range(CHANGED):
            awaiting()
    with clock.at(FIRST - timedelta(days=1)):
        for minor in range(200_00, 200_00 + CHANGED):
            signed(minor=minor)
            rehearsed(minor=minor)


def run(last: int = 0, *, days: int = 0) -> int:
    """In small chunks; killed outright as the statement with this number begins. Answers how many statements it took."""
    daily.SETTLED_AT_ONCE, daily.JUDGED_AT_ONCE = 150, 3
    daily.WORKERS = 1 if last else 2  # statements are counted on one connection
    done = 0

    def counted(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal done
        done += 1
        if done == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*given)

    with clock.at(FIRST + timedelta(days=days)), connection.execute_wrapper(counted):
        commands.run_daily(SYSTEM)
    return done


def tell() -> dict[str, Any]:
    """What came of it, but for ids and moments."""
    shown: dict[Any, tuple[str, ...]] = {
        Account: ("policy__name", "state", "consumed_minor", "held_minor", "topup_minor", "ceiling_minor", "is_spendable",
                  "period_start", "period_end", "settle_at"),
        Change: ("state", "to_minor", "applies_on", "ended_reason"),
        LimitVersion: ("limit_minor", "tier_name", "valid_from", "valid_to"),
        Mail: ("to", "subject"),
        Block: ("cause", "is_by_run", "figures", "lifted"),
        ClosedPeriod: ("starts", "ends", "allowance_minor", "consumed_minor"),
        DaySpend: ("day", "consumed_minor", "topup_minor"),
        Hold: ("state", "amount_minor", "captured_minor"),
        LedgerEntry: ("kind", "amount_minor", "available_minor", "value_date", "source"),
        Run: ("day", "looked_at", "switched", "proposed", "applied", "failed", "faults"),
        Switch: ("cause", "state", "is_reopening", "before", "after", "figures"),
    }  # fmt: skip
    found = {
        model.__name__: sorted(map(repr, model.objects.values_list(*names))) for model, names in shown.items()
    }
    found["Log"] = sorted(LogEntry.objects.filter(name__in=TOLD).values_list("name", flat=True))
    originals = Account.objects.filter(company__name="Traveller")
    found["Faults"] = [str(one) for one in queries.faults_of(originals)]
    return found


def died_of(last: int) -> int:
    """The run in a process of its own that is killed at this statement: by which signal; 0 where it came to its end before."""
    connection.close()
    child = os.fork()
    if child == 0:
        run(last)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def alone() -> dict[str, Any]:
    """Filled, run, and run again."""
    fill()
    statements = run()
    found = tell()
    run()
    return {"statements": statements, "once": found, "twice": tell()}


def killed(*lasts: str) -> dict[str, Any]:
    """Filled, run and killed at each of these statements, then run to the end and once more."""
    fill()
    deaths = [died_of(int(last)) for last in lasts]
    halfway = tell()
    run()
    found = tell()
    run()
    return {"deaths": deaths, "halfway": halfway, "once": found, "twice": tell()}


def days(*given: str) -> dict[str, Any]:
    """Filled, and run on these days after the first."""
    fill()
    for day in given:
        run(days=int(day))
    return tell()


if __name__ == "__main__":
    verb, *words = sys.argv[1:]
    verbs: dict[str, Callable[..., Any]] = {"alone": alone, "killed": killed, "days": days}
    print(json.dumps(verbs[verb](*words)))
