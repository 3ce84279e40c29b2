"""
The ledger of spending quotas under load: tills that send everything at once, some calls twice, one of them killed and started
again; then the ledger summed from scratch. And how fast an authorisation is, beside its bare statements.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, perf_counter_ns

from django.db import connection, connections
from django.db.models import F, QuerySet

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Hold, LedgerEntry, Policy
from embudo.business.quota.rules.spending import Spending
from embudo.foundation.access import commands as access
from embudo.kernel.actor import system_actor
from embudo.kernel.follow import follow
from embudo.kernel.money import Money
from embudo.project import setup
from embudo.project.bench import trivial
from embudo.project.bench.bare import recorded
from embudo.project.bench.client import Answer, Client, rush
from embudo.project.bench.figures import Control, Row, percentile
from embudo.project.bench.ledgers import PLENTY, accounts, ledger
from embudo.project.bench.place import served
from embudo.project.bench.tills import CURRENCY, HELD, MODES, Plan, Told, file_of, told_in
from embudo.project.bench.writes import controls, token

SYSTEM = system_actor("bench")
CALLS, PROCESSES, COLD, HOT = 20_000, 4, 500, 4
SPREAD, MEASURED, TURNS = 1000, 4000, 5
BESIDE = 0.6  # of what bare statements reach
# Authorisations a second, on a machine on which the bare statements reach what BESIDE asks of them.
REACH = {"PostgreSQL, spread": 600.0, "PostgreSQL, one hot account": 200.0, "SQLite, one by one": 250.0}
AT_ONCE, EACH = 8, 400
HTTP_RATE, HTTP_P95 = 300.0, 50.0
PLAIN_ROWS = 10_000  # in the control's table
Tell = Callable[[str], object]


def quota(tell: Tell, calls: int = 0, processes: int = 0, entries: int = 0, is_untimed: int = 0) -> list[Row]:
    setup.migrate()
    trivial.make_table(PLAIN_ROWS)
    policy = commands.define_policy(
        SYSTEM, name="Bench", currency=CURRENCY, terms=commands.Terms({"at_limit": "topup"})
    )
    rows = load(policy, calls or CALLS, processes or PROCESSES, tell)
    if is_untimed:
        return rows
    is_postgresql = connection.vendor == "postgresql"
    spread = accounts(policy, SPREAD, PLENTY)
    measured = max(min(calls or CALLS, MEASURED), 40)
    if is_postgresql:
        rows += speed("PostgreSQL, spread", spread, measured, PROCESSES, tell)
        rows += speed("PostgreSQL, one hot account", accounts(policy, 1, PLENTY), measured, PROCESSES, tell)
        rows += through_http(spread, min(EACH, measured))
    else:
        rows += speed("SQLite, one by one", spread, measured, 1, tell)
    return rows + (ledger(policy, entries, tell) if entries else [])


# --- the load and what it left -------------------------------------------------------------------------------------------


def load(policy: Policy, calls: int, processes: int, tell: Tell) -> list[Row]:
    hot = accounts(policy, HOT, 8 * calls)
    cold = accounts(policy, min(COLD, max(2, calls // 20)), 5000)
    plan = Plan("mixed", max(1, calls // processes), hot, cold)
    with started(plan, processes) as (folder, running):
        begun = perf_counter()
        (folder / "go-0").touch()
        kills = killed(folder, running, plan)
        for number, one in enumerate(running):
            if one.wait():
                raise RuntimeError(f"till {number} ended with {one.returncode}")
        seconds = perf_counter() - begun
        told = [one for number in range(processes) for one in told_in(file_of(folder, number))]
    taken = [one.ms for one in told]
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    tell(f"{len(told):,} calls in {seconds:.1f} s, {dict(Counter((one.act, one.state) for one in told))}")
    figures = ", ".join(
        f"p{share * 100:.0f} {percentile(taken, share):.1f} ms" for share in (0.5, 0.95, 0.99)
    )
    found = Account.objects.filter(pk__in=[*hot, *cold])
    return [
        Row(
            f"mixed calls of {processes} tills on {name}: {figures}",
            len(told) / seconds,
            "/s",
            0,
            is_rate=True,
        ),
        Row(f"tills killed with SIGKILL and started again on {name}", kills, "", 1, is_rate=True),
        Row(f"acknowledged on {name}", len(told), "calls", plan.calls * processes, is_rate=True),
        Row(f"overspent on {name}", overspent(found), "accounts", 0),
        Row(f"acknowledged but missing on {name}", missing(told), "calls", 0),
        Row(f"counted twice on {name}", counted_twice(told), "calls", 0),
        Row(f"balances that are not their ledger's sums on {name}", len(queries.faults_of(found)), "", 0),
    ]


def killed(folder: Path, running: list[subprocess.Popen[bytes]], plan: Plan) -> int:
    """The first till is killed after a third of its calls, and a new one goes on with its file."""
    file, done = file_of(folder, 0), 0
    file.touch()
    with file.open("rb") as written:
        while running[0].poll() is None and done < plan.calls // 3:
            done += written.read().count(b"\n")
            time.sleep(0.01)  # between two looks at its file
    if running[0].poll() is not None:
        return 0
    running[0].send_signal(signal.SIGKILL)
    running[0].wait()
    running[0] = till(folder, 0)
    return 1


def till(folder: Path, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "embudo.project.bench.tills", str(folder), str(number)]
    return subprocess.Popen(command, env={**os.environ})


@contextmanager
def started(plan: Plan, processes: int) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """The tills, all of them ready; they begin when the file `go` is there."""
    connections.close_all()
    with tempfile.TemporaryDirectory(prefix="embudo-tills-") as name:
        folder = Path(name)
        plan.write(folder)
        with _kept_statements(folder, plan):
            running = [till(folder, number) for number in range(processes)]
        try:
            await_all(folder, "ready-0-*", processes, running)
            yield folder, running
        finally:
            for one in running:
                one.kill()
                one.wait()


@contextmanager
def _kept_statements(folder: Path, plan: Plan) -> Iterator[None]:
    """What the control sends, as an authorisation of now sends it."""
    if plan.mode == "measure":
        account = Account.objects.get(pk=(plan.hot or plan.cold)[0])
        key = f"recorded {plan.run}"
        asked = Spending(Money(1, CURRENCY), HELD, key, "bench")
        known = recorded(lambda: commands.authorise_spending(SYSTEM, account, asked=asked), account.pk, key)
        (folder / "bare").write_bytes(pickle.dumps(known))
        connections.close_all()
    yield


def overspent(found: QuerySet[Account]) -> int:
    """Accounts on which more is used than allowed, or ever was when something was authorised; no limit was lowered."""
    rows = Account.objects.filter(pk__in=found.values("pk"))
    over = rows.filter(
        consumed_minor__gt=F("limit_minor") + F("overdraft_minor") + F("topup_minor") - F("held_minor")
    )
    then = LedgerEntry.objects.filter(account__in=rows, kind="hold", available_minor__lt=0)
    return len({*over.values_list("pk", flat=True), *then.values_list("account", flat=True)})


def missing(told: Sequence[Told]) -> int:
    """Answers that the database does not know, or knows otherwise."""
    ids = Account.objects.values_list("pk", flat=True)
    holds = {
        str(pk): (str(account), key, state == "refused", amount)
        for pk, account, key, state, amount in Hold.objects.filter(account__in=ids).values_list(
            "pk", "account", "key", "state", "amount_minor"
        )
    }
    entries = {
        str(pk): (key, str(hold), amount)
        for pk, key, hold, amount in LedgerEntry.objects.exclude(key="").values_list(
            "pk", "key", "hold", "amount_minor"
        )
    }
    held = {str(one) for one in LedgerEntry.objects.filter(kind="hold").values_list("hold", flat=True)}
    lost = 0
    for one in told:
        if one.act == "authorise":
            is_refused = one.state == "refused"
            is_known = holds.get(one.hold) == (one.account, one.key, is_refused, one.minor)
            lost += not is_known or (one.hold in held) is is_refused
        elif one.state == "entered":
            lost += entries.get(one.entry) != (one.key, one.hold, one.minor)
    return lost


def counted_twice(told: Sequence[Told]) -> int:
    """Keys answered in two ways or entered twice, authorisations held twice, and what nobody was told of."""
    differing = sum(one.differs for one in told)
    keys = Counter(LedgerEntry.objects.exclude(key="").values_list("key", flat=True))
    asked = Counter(Hold.objects.exclude(key="").values_list("key", flat=True))
    held = Counter(LedgerEntry.objects.filter(kind="hold").values_list("hold", flat=True))
    twice = sum(count - 1 for counts in (keys, asked, held) for count in counts.values())
    known = {one.key for one in told}
    return differing + twice + len((keys.keys() | asked.keys()) - known)


# --- speed ---------------------------------------------------------------------------------------------------------------


def speed(what: str, ids: list[str], calls: int, processes: int, tell: Tell) -> list[Row]:
    """Authorisations alone, and their bare statements, in turns: what else the machine does meets both."""
    each = max(calls // processes // TURNS, 10)
    rates, taken = rates_of(ids, each, processes)
    reached, bare = (median(rates[mode]) for mode in MODES)
    ratio = median(one / other for one, other in zip(*(rates[mode] for mode in MODES), strict=True))
    control = Control("bare statements a second, " + what, bare, REACH[what] / BESIDE, is_rate=True)
    figures = ", ".join(
        f"p{share * 100:.0f} {percentile(taken, share):.1f} ms" for share in (0.5, 0.95, 0.99)
    )
    tell(f"{what}: {reached:.0f} a second beside {bare:.0f}; {figures}")
    return [
        Row(f"authorisations on {what}: {figures}", reached, "/s", REACH[what], control, is_rate=True),
        Row(
            f"the same beside bare statements on {what}",
            ratio,
            "x",
            BESIDE if connection.vendor == "postgresql" else 0,
            is_rate=True,
        ),
    ]


def rates_of(ids: list[str], each: int, processes: int) -> tuple[dict[str, list[float]], list[float]]:
    """A second, turn by turn, and the milliseconds of the authorisations."""
    plan = Plan("measure", each, [], ids, run=f"{perf_counter_ns()} ", turns=TURNS)
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    taken: list[float] = []
    with started(plan, processes) as (folder, running):
        for number in range(TURNS * len(MODES)):
            await_all(folder, f"ready-{number}-*", processes, running)
            (folder / f"go-{number}").touch()
        for one in running:
            if one.wait():
                raise RuntimeError(f"a till that measured ended with {one.returncode}")
        for number in range(TURNS * len(MODES)):
            mode = MODES[number % len(MODES)]
            files = folder.glob(f"measured-{number}-*.json")
            found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
            seconds = max(one["ended"] for one in found) - min(one["started"] for one in found)
            rates[mode].append(each * processes / seconds)
            if mode == MODES[0]:
                taken += [ms for one in found for ms in one["ms"]]
    return rates, taken


def await_all(folder: Path, names: str, count: int, running: Sequence[subprocess.Popen[bytes]]) -> None:
    while len(list(folder.glob(names))) < count:
        if any(one.poll() for one in running):
            raise RuntimeError("a till ended before its time")
        time.sleep(0.01)


def through_http(ids: Sequence[str], each: int) -> list[Row]:
    """
    As tills send it: a token each, a key of its own for each call, another account. The worker has caught up with what was measured
    before; what these calls give it, it does beside them.
    """
    while follow():
        pass
    access.create_user(SYSTEM, email="admin@example.com", name="Admin", roles=("administrator",))
    run = perf_counter_ns()
    _single, several = controls()

    def ask(client: Client, number: int) -> Answer:
        place = int(client.headers["X-Till"])
        client.headers["Idempotency-Key"] = f"{run}:{place}:{number}"
        body = {"account": ids[(place * each + number) % len(ids)], "amount_minor": 1, "currency": CURRENCY}
        return client.ask("POST", "/api/v1/quota/authorizations", body)

    with served("--empty") as server:
        tills = [
            server.client(**{"Authorization": f"Bearer {token()}", "X-Till": str(number)})
            for number in range(AT_ONCE)
        ]
        rush(tills, ask, each=10)
        run = perf_counter_ns()
        done = rush(tills, ask, each=each)
    p95 = percentile(done.milliseconds, 0.95)
    return [
        Row(
            f"authorisations through HTTP, {AT_ONCE} at once",
            done.a_second,
            "/s",
            HTTP_RATE,
            several,
            is_rate=True,
        ),
        Row(f"authorisations through HTTP, {AT_ONCE} at once: p95", p95, "ms", HTTP_P95, several),
        Row("authorisations through HTTP: errors", done.errors, "", 0),
    ]
