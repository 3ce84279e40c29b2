"""The daily run over very many quota accounts: on the first of a month, when all of them move, on the day after, and once more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from django.db import connection, transaction

from embudo.business.quota import commands
from embudo.business.quota.models import Account, Block, ClosedPeriod, Run
from embudo.kernel import clock
from embudo.project import setup
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.quotas import SYSTEM, Quotas

REACH = 60.0  # seconds for a million
MILLION = 1_000_000
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)  # well after midnight, wherever the organisation is
# Seconds of processor time that the bare statements took for a million accounts: what an idle machine needs for them.
IDLE = {"sqlite": 4.8, "postgresql": 10.8}
# What somebody would write by hand for the first of a month: every account's balance anew, and a row of what was.
COLUMNS = "id, state, reference, settle_at, limit_minor, consumed_minor, held_minor, period_start, period_end"
ANEW = (
    "consumed_minor = 0, held_minor = 0, state = 'open', settle_at = '2026-04-01 00:00:00+00:00',"
    " period_start = '2026-03-01', period_end = '2026-04-01'"
)
PLAIN = (
    f"CREATE TABLE bench_plain AS SELECT {COLUMNS} FROM quota_account",  # noqa: S608 - names of columns
    "CREATE UNIQUE INDEX bench_plain_id ON bench_plain (id)",
    "CREATE INDEX bench_plain_state ON bench_plain (state, reference, id)",
    "CREATE INDEX bench_plain_settle ON bench_plain (settle_at, id)",
    "CREATE TABLE bench_closed AS SELECT id, period_start, consumed_minor FROM quota_account WHERE 1 = 0",
    "CREATE UNIQUE INDEX bench_closed_once ON bench_closed (id, period_start)",
)
BARE = (
    "INSERT INTO bench_closed SELECT id, period_start, consumed_minor FROM bench_plain",
    f"UPDATE bench_plain SET {ANEW}",  # noqa: S608 - written above
)
GONE = ("DROP TABLE bench_plain", "DROP TABLE bench_closed")


def daily(count: int, tell: Callable[[str], object]) -> list[Row]:
    setup.migrate()
    Quotas(count, FIRST, tell).plant()
    control, reach, name = bare(count), REACH * count / MILLION, NAMES[connection.vendor]
    rows = []
    for what, days in (("first of the month", 0), ("the day after", 1), ("the same day again", 1)):
        with clock.at(FIRST + timedelta(days=days)):
            took, run = timed()
        told = f"{run.looked_at:,} looked at, {run.switched:,} switched, {run.failed:,} failed"
        tell(f"{what}: {took:.1f} s, {told}")
        rows.append(Row(f"daily run, {what}, on {name}: {told}", took, "s", reach, control))
    tell(f"{ClosedPeriod.objects.count():,} periods closed, {Block.objects.count():,} accounts held")
    left = Account.objects.filter(settle_at__lte=FIRST + timedelta(days=1)).count()
    return [*rows, Row(f"accounts left behind on {name}", left, "accounts", 0)]


def timed() -> tuple[float, Run]:
    begun = perf_counter()
    run = commands.run_daily(SYSTEM)
    return perf_counter() - begun, run


def bare(count: int) -> Control:
    """The bare statements on a copy, in one transaction."""
    with connection.cursor() as cursor:
        for statement in PLAIN:
            cursor.execute(statement)
        begun = perf_counter()
        with transaction.atomic():
            for statement in BARE:
                cursor.execute(statement)
        took = perf_counter() - begun
        for statement in GONE:
            cursor.execute(statement)
    return Control(
        "a plain UPDATE of as many rows, and a row each of what was",
        took,
        IDLE[connection.vendor] * count / MILLION,
    )
