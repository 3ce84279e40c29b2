"""Very many quota accounts: a few are made by the commands, then copied within the database, with all that belongs to them."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from embudo.business.directory.commands import register_company
from embudo.business.directory.models import Company
from embudo.business.quota import commands
from embudo.business.quota.models import Account, Arrears, DaySpend, Hold, LimitVersion, Policy
from embudo.business.quota.rules.spending import Spending
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.follow import hear_no_past
from embudo.kernel.money import Money
from embudo.project.bench.bulk import tidy, without_indexes

SYSTEM = system_actor("bench")
DAY = timedelta(days=1)
LIMIT, CURRENCY = 100_000, "USD"
BELONGING: Sequence[type[models.Model]] = (DaySpend, Hold, LimitVersion, Arrears)
FILLED: Sequence[type[models.Model]] = (Company, Account, *BELONGING)
SERIES = {
    "sqlite": "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {0}) SELECT n, {1} FROM series",
    "postgresql": "SELECT n, {1} FROM generate_series(1, {0}) AS series(n)",
}
ID = {  # in the order of n
    "sqlite": "printf('%012x7', 1600000000000 + {0}) || substr(lower(hex(randomblob(10))), 1, 19)",
    "postgresql": "(lpad(to_hex((1600000000000 + {0})::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 19))::uuid",
}
KIND = {"sqlite": "char(32)", "postgresql": "uuid"}


@dataclass(frozen=True)
class Sort:
    """Accounts of one sort, of 1000: what happened on them in the month before."""

    share: int
    policy: str  # "month" or "rolling"
    spends: int = 0
    topup: int = 0
    has_late_hold: bool = False  # past its time when the run comes
    is_overdue: bool = False


SORTS = (
    Sort(350, "month"), Sort(290, "month", spends=3), Sort(40, "month", spends=1, has_late_hold=True),
    Sort(15, "month", spends=2, topup=5_000), Sort(5, "month", spends=1, is_overdue=True),
    Sort(120, "rolling"), Sort(155, "rolling", spends=4), Sort(20, "rolling", spends=2, has_late_hold=True),
    Sort(5, "rolling", spends=2, is_overdue=True),
)  # fmt: skip


class Quotas:
    """Fills an empty installation with `count` accounts as they stood when the month before `at` ended."""

    def __init__(self, count: int, at: datetime, tell: Callable[[str], object]) -> None:
        self.count, self.at, self.tell, self.vendor = count, at, tell, connection.vendor

    def plant(self) -> None:
        with clock.at(self.at - timedelta(days=20)):
            policies = {
                "month": self.policy("Purchases", period="month"),
                "rolling": self.policy("Travel money", period="rolling", rolling_days=30),
            }
            templates = [self.account(sort, policies[sort.policy]) for sort in SORTS]
        self.tell(f"accounts: {self.count:,}")
        with ExitStack() as bare, transaction.atomic(), connection.cursor() as cursor:
            for model in FILLED:
                bare.enter_context(without_indexes(model))
            self.copy(cursor, templates)
        hear_no_past()
        tidy()

    def policy(self, name: str, **values: Any) -> Policy:
        terms = commands.Terms(values | {"switching": "automatic"}, (commands.TierTerms("Basic", LIMIT),))
        return commands.define_policy(SYSTEM, name=name, currency=CURRENCY, terms=terms)

    def account(self, sort: Sort, policy: Policy) -> Account:
        company = register_company(SYSTEM, name="Traveller")
        made = commands.open_account(SYSTEM, company, policy=policy)
        commands.put_limit(SYSTEM, made, limit=commands.Limit(LIMIT, "Basic"))
        for number in range(sort.spends):
            with clock.at(clock.now() + timedelta(days=number)):
                hold = self.hold(made, 4_000)
                commands.capture_hold(SYSTEM, hold)
        if sort.topup:
            commands.top_up(SYSTEM, made, amount=Money(sort.topup, CURRENCY))
        if sort.is_overdue:
            debt = commands.Debt((Money(9_900, CURRENCY),), clock.today())
            commands.report_arrears(SYSTEM, company, debt=debt)
        if sort.has_late_hold:
            with clock.at(self.at - DAY):
                self.hold(made, 1_500)
        elif policy.name != "Purchases":
            with clock.at(self.at - DAY):  # a rolling period moved with the days
                commands.settle_these(SYSTEM, commands.begin_run(SYSTEM), accounts=[made.pk])
        return Account.objects.get(pk=made.pk)

    def hold(self, account: Account, minor: int) -> Hold:
        asked = Spending(Money(minor, CURRENCY), timedelta(minutes=30))
        return commands.authorise_spending(SYSTEM, account, asked=asked)

    # --- copies ------------------------------------------------------------------------------------------------------

    def copy(self, cursor: Any, templates: Sequence[Account]) -> None:
        kind, series = KIND[self.vendor], SERIES[self.vendor]
        cursor.execute(
            f"CREATE TABLE bench_quota (n integer PRIMARY KEY, company_id {kind}, account_id {kind}, template_id {kind})"
        )
        ids = f"{ID[self.vendor].format('n')}, {ID[self.vendor].format('n')}, {self.template_of(templates)}"
        cursor.execute(f"INSERT INTO bench_quota {series.format(self.count, ids)}")
        company = templates[0].company_id
        assert company is not None  # noqa: S101 - each template has a company
        kept = f"'{company.hex}'" if self.vendor == "sqlite" else f"'{company}'"
        named = {"id": "b.company_id", "name": "'Traveller ' || b.n"}
        cursor.execute(self.rows(Company, named, f"bench_quota b JOIN directory_company t ON t.id = {kept}"))
        values = {"id": "b.account_id", "company_id": "b.company_id", "reference": "'B-' || b.n"}
        by_template = "bench_quota b JOIN {0} t ON t.{1} = b.template_id"
        cursor.execute(self.rows(Account, values, by_template.format("quota_account", "id")))
        for model in BELONGING:
            own = {"account_id": "b.account_id", "id": ID[self.vendor].format("b.n")}
            source = by_template.format(model._meta.db_table, "account_id")
            cursor.execute(self.rows(model, own, source))
        cursor.execute("DROP TABLE bench_quota")

    def template_of(self, templates: Sequence[Account]) -> str:
        """Which sort the n-th account is of: spread evenly."""
        cases, until = [], 0
        for sort, one in zip(SORTS, templates, strict=True):
            until += sort.share
            id_text = one.pk.hex if self.vendor == "sqlite" else f"{one.pk}"
            cast = "" if self.vendor == "sqlite" else "::uuid"
            cases.append(f"WHEN (n % 1000 * 919) % 1000 < {until} THEN '{id_text}'{cast}")
        return f"CASE {' '.join(cases)} END"

    def rows(self, model: type[models.Model], values: dict[str, str], source: str) -> str:
        fields = [one for one in model._meta.concrete_fields if one is not model._meta.auto_field]
        columns = [str(one.column) for one in fields if not one.generated]
        shown = ", ".join(values.get(one, f't."{one}"') for one in columns)
        names = ", ".join(f'"{one}"' for one in columns)
        return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {shown} FROM {source} ORDER BY b.n'  # noqa: S608
