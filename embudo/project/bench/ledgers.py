"""An account with very many ledger entries: authorising beside an account with few, and its page."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from django.db import connection
from django.urls import reverse

from embudo.business.directory.commands import register_company
from embudo.business.quota import commands
from embudo.business.quota.models import Account, Hold, Policy
from embudo.business.quota.rules.spending import Spending
from embudo.foundation.access import commands as access
from embudo.kernel.actor import system_actor
from embudo.kernel.money import Money
from embudo.project import setup
from embudo.project.bench.bulk import tidy
from embudo.project.bench.client import times
from embudo.project.bench.figures import Row, percentile
from embudo.project.bench.pages import controls
from embudo.project.bench.place import served
from embudo.project.bench.seed import cookie_of
from embudo.project.bench.tills import CURRENCY, HELD

SYSTEM = system_actor("bench")
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
SMALL, GROWTH, PAIRS = 1000, 1.1, 400
PAGE, SEEN, WARM = 40.0, 100, 10
PLENTY = 10**12
SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {0}) SELECT {1} FROM s",
    "postgresql": "SELECT {1} FROM generate_series(1, {0}) AS s(n)",
}
ID = {
    "sqlite": "printf('%012x7', 1600000000000 + n) || substr(lower(hex(randomblob(10))), 1, 19)",
    "postgresql": "(lpad(to_hex((1600000000000 + n)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 19))::uuid",
}
MOMENT = {  # one entry every 18 seconds: five million fill three years
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', 1577836800 + n * 18, 'unixepoch')",
    "postgresql": "to_timestamp(1577836800 + n * 18)",
}
DAY = {
    "sqlite": "date(1577836800 + n * 18, 'unixepoch')",
    "postgresql": "(to_timestamp(1577836800 + n * 18))::date",
}
ENTRIES = """
INSERT INTO quota_ledgerentry (id, created, updated, version, account_id, kind, amount_minor, held_change, consumed_change,
topup_change, available_minor, value_date, is_late, asked_currency, key, source, note, actor_kind)
"""
VALUES = "{id}, {moment}, {moment}, 1, {account}, 'adjustment', 1, 0, 1, 0, 0, {day}, {no}, '', '', 'bench', '', 'system'"


def accounts(policy: Policy, count: int, limit: int) -> list[str]:
    found = []
    for number in range(count):
        company = register_company(SYSTEM, name=f"Traveller {number}")
        made = commands.open_account(SYSTEM, company, policy=policy)
        commands.put_limit(SYSTEM, made, limit=commands.Limit(limit))
        found.append(str(made.pk))
    return found


def ledger(policy: Policy, entries: int, tell: Callable[[str], object]) -> list[Row]:
    large, small = accounts(policy, 2, PLENTY)
    for account_id, count in ((large, entries), (small, SMALL)):
        filled(account_id, count)
    tell(f"filled {entries:,} entries")
    return [*growth(large, small, entries), *page(large, entries)]


def authorised(account: Account, number: int, _hold: Hold | None) -> Hold:
    asked = Spending(Money(1, CURRENCY), HELD, f"growth {number}", "bench")
    return commands.authorise_spending(SYSTEM, account, asked=asked)


def captured(_account: Account, number: int, hold: Hold | None) -> Hold | None:
    if hold is not None:
        commands.capture_hold(SYSTEM, hold, key=f"growth {number}, captured")
    return hold


ACTS: Mapping[str, Callable[[Account, int, Hold | None], Hold | None]] = {
    "authorising": authorised,
    "authorising again by the same key": authorised,
    "capturing": captured,
}


def growth(large: str, small: str, entries: int) -> list[Row]:
    """An account with very many entries beside one with few, in turn."""
    taken: dict[tuple[str, str], list[float]] = {(act, one): [] for act in ACTS for one in (large, small)}
    rows = {one: Account.objects.get(pk=one) for one in (large, small)}
    for number in range(PAIRS):
        for one, account in rows.items():
            hold: Hold | None = None
            for act, do in ACTS.items():
                begun = perf_counter()
                hold = do(account, number, hold)
                taken[act, one].append(perf_counter() - begun)
    beside = f"an account with {entries:,} entries beside one with {SMALL:,}, on {NAMES[connection.vendor]}"
    return [
        Row(f"{beside}, {act}", median(taken[act, large]) / median(taken[act, small]), "x", GROWTH)
        for act in ACTS
    ]


def page(account: str, entries: int) -> list[Row]:
    """The account's page as an officer opens it, through the server."""
    setup.collect_static()
    officer = access.create_user(
        SYSTEM, email="page@example.com", name="Oscar Officer", roles=("administrator", "officer")
    )
    plain = controls().slow
    with served("--empty", "--no-worker") as server:
        client = server.client(Cookie=cookie_of(officer))
        taken = times(client, reverse("quota:account", args=[account]), count=SEEN, warm=WARM)
        client.close()
    name = f"account page with {entries:,} ledger entries on {NAMES[connection.vendor]}"
    return [
        Row(f"{name}, p{share * 100:.0f}", percentile(taken, share), "ms", PAGE, plain)
        for share in (0.5, 0.95)
    ]


def filled(account: str, count: int) -> None:
    vendor = connection.vendor
    is_sqlite = vendor == "sqlite"
    values = VALUES.format(
        id=ID[vendor],
        moment=MOMENT[vendor],
        day=DAY[vendor],
        account=f"'{account.replace('-', '')}'" if is_sqlite else f"'{account}'::uuid",
        no="0" if is_sqlite else "false",
    )
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES + SERIES[vendor].format(count, values))
    tidy()
