"""
What `settling.settle` does to one account, done to many by a few statements: the daily run comes here. Accounts of one policy and
period go together, since all that the policy says is the same for them; what differs the database works out, in a table of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from embudo.business.quota import events, queries
from embudo.business.quota.commands import settling_sql as sql
from embudo.business.quota.models import Account, PolicyVersion
from embudo.business.quota.rules.periods import PeriodKind, Span, start_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.columns import sent
from embudo.kernel.event import publish
from embudo.kernel.record import new_id


@dataclass(frozen=True)
class Place:
    """How far the accounts have been gone through, in the order in which something fell due of them."""

    settle_at: Any  # as the database gave it
    account_id: Any


@dataclass(frozen=True)
class Settled:
    accounts: int = 0
    expired: int = 0  # holds
    closed: int = 0  # periods
    carried: int = 0  # top-ups that came along
    last: Place | None = None  # None when nothing was due

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(
            self.accounts + other.accounts,
            self.expired + other.expired,
            self.closed + other.closed,
            self.carried + other.carried,
            self.last or other.last,
        )


@dataclass(frozen=True)
class _Group:
    """Accounts that differ in their amounts alone."""

    actor: Actor
    now: datetime
    size: int
    account: Account  # what they have in common
    version: PolicyVersion  # by which they are judged from now on

    @property
    def today(self) -> date:
        return clock.day_of(self.now)

    @property
    def is_newly_judged(self) -> bool:
        return self.version.pk != self.account.policy_version_id

    @property
    def span(self) -> Span:
        return Span(self.account.period_start, self.account.period_end)

    @property
    def next_span(self) -> Span:
        return queries.span_due(self.account, self.version, self.today)

    @property
    def closed(self) -> Span | None:
        """The period that is kept; None where none ends."""
        span = Span(self.span.starts, min(self.span.ends, self.next_span.starts))
        is_rolling = self.account.policy_version.period == PeriodKind.ROLLING
        return None if is_rolling or not self.is_moving or span.starts >= span.ends else span

    @property
    def is_moving(self) -> bool:
        return self.next_span != self.span

    @property
    def kept(self) -> str:
        """How the running period's amounts are found (settling_sql.KEPT)."""
        if not self.is_moving:
            return "all"
        is_rolling = self.version.period == PeriodKind.ROLLING
        return "less" if is_rolling and not self.is_newly_judged else "within"

    def params(self) -> dict[str, Any]:
        values = {
            "policy": self.account.policy_id, "old_ends": self.span.ends, "now": self.now, "today": self.today, "starts": self.next_span.starts, "ends": self.next_span.ends,
            "old_starts": self.span.starts, "closes": self.closed.ends if self.closed else None,
            "ends_at": start_of(self.next_span.ends), "version": self.version.pk, "old_version": self.account.policy_version_id,
            "overdraft": self.version.overdraft, "rolls": int(self.is_moving),
            "follows": int(self.is_newly_judged), "prefix": new_id().hex[:12], "actor_kind": self.actor.kind.value,
            "actor_id": self.actor.id,
        }  # fmt: skip
        return {name: sent(value, connection) for name, value in values.items()}


def settle_next_due(actor: Actor, most: int, *, past: Place | None = None) -> Settled:
    """Brings up to `most` accounts of which something fell due up to the present moment, the longest due first."""
    params = {"past_at": past.settle_at, "past_id": past.account_id} if past else {}
    return _settle_due(actor, {**params, "most": most}, "past" if past else "all")


def settle_due_of(actor: Actor, accounts: Sequence[UUID]) -> Settled:
    """The same for those of the accounts of which something fell due."""
    ids: Any = [sent(one, connection) for one in accounts]
    given = ids if connection.vendor == "postgresql" else json.dumps(ids)
    return _settle_due(actor, {"ids": given, "most": len(accounts)}, "ids")


def _settle_due(actor: Actor, params: dict[str, Any], chosen: str) -> Settled:
    now = clock.now()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a chunk is never worth a look at all accounts
            cursor.execute(
                "SET LOCAL jit = off"
            )  # which what is made dear so would set going for each statement
        cursor.execute(sql.written(sql.MAKE_DUE))
        cursor.execute(sql.written(sql.EMPTY_DUE))
        cursor.execute(sql.written(sql.FILL_DUE, chosen=chosen), {**params, "now": sent(now, connection)})
        _learn(cursor, "quota_due")
        cursor.execute(sql.LAST)
        last = cursor.fetchone()
        cursor.execute(sql.ALIKE)
        alike = [_read(*row) for row in cursor.fetchall()]
    done = Settled(last=Place(*last) if last else None)
    for account, size in alike:
        judging = queries.version_in_force(account, clock.day_of(now))
        done += _settle(_Group(actor, now, size, account, judging))
    return done


def _learn(cursor: Any, table: str) -> None:
    """PostgreSQL knows nothing about a table that was filled a moment ago, and would plan for a handful of rows."""
    if connection.vendor == "postgresql":
        cursor.execute(f"ANALYZE {table}")


def _read(policy: Any, version: Any, starts: Any, ends: Any, size: int) -> tuple[Account, int]:
    """What so many accounts have in common, as an account."""
    found = PolicyVersion.objects.select_related("policy__current").get(pk=version)
    days = [one if isinstance(one, date) else date.fromisoformat(one) for one in (starts, ends)]
    account = Account(policy=found.policy, policy_version=found, period_start=days[0], period_end=days[1])
    return account, size


def _settle(group: _Group) -> Settled:
    """The statements in the order in which `settling.settle` does it: what stood before is read until the balance is saved."""
    params, closed = group.params(), group.closed
    with connection.cursor() as cursor:

        def run(statement: str) -> int:
            known = sql.written(
                statement,
                thresholds=group.version.thresholds,
                kept=group.kept,
                is_whole=closed == group.span,
            )
            cursor.execute(known, params if "%(" in known else None)
            return int(cursor.rowcount)

        run(sql.MAKE)
        run(sql.EMPTY)
        run(sql.FILL)
        _learn(cursor, "quota_work")
        expired = run(sql.EXPIRE)
        periods = run(sql.CLOSE) if closed else 0
        run(sql.SAVE)
        run(sql.SAVE_STATE)
        if group.is_newly_judged:
            run(sql.SAVE_VERSION)
        if expired:
            run(sql.END_HOLDS)
        carried = run(sql.CARRY) if group.is_moving else 0
        if carried:
            run(sql.CARRY_DAY)
        run(sql.TOLD)
        told = [one[0] for one in cursor.fetchall()]
    _tell(told)
    return Settled(group.size, expired, periods, carried)


def _tell(ids: list[Any]) -> None:
    for account in Account.objects.filter(pk__in=ids):
        balance = account.balance
        amounts = (account.reached_percent, balance.used, balance.allowance, account.currency)
        publish(events.ThresholdReached(account.pk, *amounts), account)
