"""
The ledger walked at random beside a model in plain Python that keeps every posting and sums them each time, while the clock
goes over ends of periods, nights on which clocks change and leap days. After each step the invariants hold.
"""

from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings as checked, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.rules.periods import span_of, start_of
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.books import let_spend
from embudo.business.quota.tests.builders import a_policy, an_account, asking, fresh, till
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Invalid, Refused

STARTS = [
    datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 10, 24, 20, 30, tzinfo=UTC), datetime(2024, 2, 28, 22, 59, tzinfo=UTC),
    datetime(2026, 12, 30, 12, tzinfo=UTC), datetime(2023, 6, 29, 21, 59, 59, tzinfo=UTC),
]  # fmt: skip
PERIODS = ["month", "quarter", "year", "rolling"]
AMOUNTS = st.integers(1, 130)
PARTS = st.floats(0.01, 1)


@dataclass
class Authorised:
    amount: int
    expires: datetime
    day: date
    captured: list[tuple[date, int]] = field(default_factory=list)
    refunded: int = 0
    is_open: bool = True

    @property
    def rest(self) -> int:
        return self.amount - sum(amount for _day, amount in self.captured) if self.is_open else 0


@dataclass
class Model:
    """No statement, no column: what a quota is, said once more."""

    limit: int
    period: str
    days: int
    overdraft: int
    refunds: str
    counted_on: str
    span: Any = None
    topups: int = 0
    grants: list[tuple[date, int]] = field(default_factory=list)  # top-ups that officers let be spent
    postings: list[tuple[date, int]] = field(default_factory=list)
    holds: dict[Any, Authorised] = field(default_factory=dict)
    is_blocked: bool = False
    is_moving: tuple[str, int, int] | None = None  # what a new version of the policy says

    def consumed(self) -> int:
        return sum(amount for day, amount in self.postings if self.span.holds(day))

    def held(self) -> int:
        return sum(one.rest for one in self.holds.values())

    def allowance(self) -> int:
        return self.limit + self.overdraft + self.topups

    def available(self) -> int:
        return self.allowance() - self.consumed() - self.held()

    def settle(self, now: datetime) -> "Model":
        for one in self.holds.values():
            one.is_open = one.is_open and one.expires > now
        if self.is_moving:
            self.period, self.days, self.overdraft = self.is_moving
        span = span_of(self.period, self.days, clock.day_of(now))
        if span != self.span:
            used = self._used()
            over = sum(amount for day, amount in self.grants if self.span.holds(day) and day < span.starts)
            lapsed = max(0, min(over, self.topups) - used)
            self.span, self.is_moving = span, None
            self.topups -= max(0, used - self._used()) + lapsed
        return self

    def _used(self) -> int:
        """Of the top-ups, by what was spent above the limit."""
        return min(self.topups, max(0, self.consumed() - self.limit))


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.number = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.stack.close()

    @initialize(
        start=st.sampled_from(STARTS),
        period=st.sampled_from(PERIODS),
        refunds=st.sampled_from(["now", "original", "never"]),
        counted_on=st.sampled_from(["captured", "authorised"]),
        overdraft=st.sampled_from([0, 25]),
    )
    def opened(self, start: datetime, period: str, refunds: str, counted_on: str, overdraft: int) -> None:
        self.now = start
        self.terms = {"refunds": refunds, "counted_on": counted_on}
        with clock.at(start):
            self.policy = a_policy(**self._terms(period, 5, overdraft))
            self.account = an_account(100, policy=self.policy)
            self.opened_on = clock.today()
        self.model = Model(100, period, 5, overdraft, refunds, counted_on)
        self.model.span = span_of(period, 5, self.opened_on)

    def _terms(self, period: str, days: int, overdraft: int) -> dict[str, Any]:
        named = {"at_limit": "overdraft", "overdraft_minor": overdraft, "overdraft_name": "Reserve"}
        return {**self.terms, "period": period, "rolling_days": days, "thresholds": [50, 90]} | (
            named if overdraft else {}
        )

    def _done(self, act: Callable[[], Any], *wrong: type[Exception]) -> Any:
        """What the act gave, at the present moment; the error where it was refused, and then nothing has changed."""
        before = self._row()
        with clock.at(self.now):
            try:
                with transaction.atomic():
                    return act()
            except wrong as refused:
                assert self._row() == before
                return refused

    def _row(self) -> tuple[Any, ...]:
        entries = LedgerEntry.objects.filter(account=self.account).count()
        return (*Account.objects.filter(pk=self.account.pk).values_list()[0], entries)

    def _settled(self) -> Model:
        with clock.at(self.now):
            return self.model.settle(self.now)

    def _a_hold(self, data: st.DataObject) -> tuple[Hold, Authorised]:
        chosen = data.draw(st.sampled_from(sorted(self.model.holds)))
        return Hold.objects.get(pk=chosen), self.model.holds[chosen]

    # --- the till ---

    @rule(amount=AMOUNTS, seconds=st.sampled_from([1, 60, 3600, 86400, 10 * 86400]), has_key=st.booleans())
    def authorise(self, amount: int, seconds: int, has_key: bool) -> None:  # noqa: FBT001 - hypothesis names it
        self.number += 1
        asked = asking(amount, seconds=seconds, key=f"key {self.number}" if has_key else "")
        model, before = self._settled(), self.model.available()
        hold = self._done(lambda: commands.authorise_spending(till(), self.account, asked=asked))
        is_allowed = not model.is_blocked and amount <= before
        assert (hold.state == "open") is is_allowed
        if is_allowed:
            model.holds[hold.pk] = Authorised(amount, self.now + asked.lasts, clock.day_of(self.now))
            assert model.consumed() + model.held() <= model.allowance()
        else:
            code = "held" if model.is_blocked else "over" if before < 0 else "limit"
            assert (hold.refusal, hold.available_minor) == (f"quota.{code}", before)
        if has_key:
            again = self._done(lambda: commands.authorise_spending(till(), self.account, asked=asked))
            assert (again.pk, again.refusal, again.available_minor) == (
                hold.pk,
                hold.refusal,
                hold.available_minor,
            )

    @rule(more=st.sampled_from([-1, 0, 1]), seconds=st.sampled_from([3600, 10 * 86400]))
    def authorise_about_what_is_left(self, more: int, seconds: int) -> None:
        """Where the figures nearly meet, one too many or too few is seen."""
        amount = self._settled().available() + more
        if amount > 0:
            self.authorise(amount=amount, seconds=seconds, has_key=False)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), part=PARTS, keeps_rest=st.booleans())
    def capture(self, data: st.DataObject, part: float, keeps_rest: bool) -> None:  # noqa: FBT001
        hold, known = self._a_hold(data)
        amount = max(1, int(known.amount * part))
        done = self._done(
            lambda: commands.capture_hold(
                till(), hold, amount=self.account.money(amount), keeps_rest=keeps_rest
            ),
            Refused, Invalid,
        )  # fmt: skip
        if not known.is_open or known.expires <= self.now:
            assert isinstance(done, Refused)
        elif amount > known.rest:
            assert isinstance(done, Invalid)
        else:
            model = self._settled()
            day = known.day if model.counted_on == "authorised" else clock.day_of(self.now)
            known.captured.append((day, amount))
            known.is_open = keeps_rest and known.rest > 0
            model.postings.append((day, amount))
            assert done.value_date == day

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold, known = self._a_hold(data)
        done = self._done(lambda: commands.release_hold(till(), hold), Refused)
        assert isinstance(done, Refused) is (not known.is_open or known.expires <= self.now)
        if not isinstance(done, Refused):
            self._settled()
            known.is_open = False

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), part=PARTS)
    def refund(self, data: st.DataObject, part: float) -> None:
        hold, known = self._a_hold(data)
        left = sum(amount for _day, amount in known.captured) - known.refunded
        amount = max(1, int(known.amount * part))
        done = self._done(
            lambda: commands.refund_hold(till(), hold, amount=self.account.money(amount)), Refused, Invalid
        )
        assert isinstance(done, LedgerEntry) is (left >= amount)
        if not isinstance(done, LedgerEntry):
            return
        model = self._settled()
        known.refunded += amount
        if model.refunds == "now":
            model.postings.append((clock.day_of(self.now), -amount))
        elif model.refunds == "original":
            for number, (day, taken) in sorted(
                enumerate(known.captured), key=lambda one: one[1][0], reverse=True
            ):
                given = min(taken, amount)
                amount -= given
                model.postings.append((day, -given))
                known.captured[number] = (day, taken - given)
            known.amount -= known.refunded  # both sides of `rest` and of what is left
            known.refunded = 0

    @rule(amount=AMOUNTS)
    def top_up(self, amount: int) -> None:
        self._done(lambda: commands.top_up(till(), self.account, amount=self.account.money(amount)))
        self._settled().topups += amount

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        self._done(lambda: let_spend(self.account, amount))
        self._settled().topups += amount
        self.model.grants.append((clock.day_of(self.now), amount))

    # --- the office ---

    @rule(amount=st.integers(-60, 60).filter(bool), days=st.integers(0, 40))
    def adjust(self, amount: int, days: int) -> None:
        day = max(self.opened_on, clock.day_of(self.now) - timedelta(days))
        self._done(
            lambda: commands.adjust_consumption(
                tester(), self.account, amount=self.account.money(amount), reason="x", value_date=day
            )
        )
        self._settled().postings.append((day, amount))

    @rule(limit=st.sampled_from([0, 40, 100, 150]))
    def put_limit(self, limit: int) -> None:
        put = commands.Limit(limit)
        self._done(lambda: commands.put_limit(system_actor("test"), self.account, limit=put))
        self._settled().limit = limit

    @rule()
    def block_or_lift(self) -> None:
        if not self.model.is_blocked:
            grounds = commands.Grounds(Cause.OFFICER, "x")
            self.block = self._done(lambda: commands.block_account(tester(), self.account, grounds=grounds))
        else:
            self._done(lambda: commands.lift_block(tester(), self.block, reason="x"))
        self._settled().is_blocked = not self.model.is_blocked

    @rule(
        period=st.sampled_from(PERIODS), days=st.sampled_from([1, 5, 31]), overdraft=st.sampled_from([0, 25])
    )
    def publish(self, period: str, days: int, overdraft: int) -> None:
        terms = commands.Terms(self._terms(period, days, overdraft))
        self._done(lambda: commands.publish_version(tester(), self.policy, terms=terms))
        self.model.is_moving = (period, days, overdraft)

    # --- time ---

    @rule(seconds=st.sampled_from([1, 59, 3600, 86400, 3 * 86400, 40 * 86400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(less=st.sampled_from([timedelta(0), timedelta(microseconds=1)]))
    def wait_for_midnight(self, less: timedelta) -> None:
        self.now = max(self.now, start_of(clock.day_of(self.now) + timedelta(1)) - less)

    @rule()
    def wait_for_the_next_period(self) -> None:
        self.now = max(self.now, start_of(fresh(self.account).period_end))

    # --- what holds always ---

    @invariant()
    def ledger_and_balance_agree(self) -> None:
        assert queries.faults_of(Account.objects.filter(pk=self.account.pk)) == []

    @invariant()
    def account_is_what_the_model_says(self) -> None:
        with clock.at(self.now):
            model, found = deepcopy(self.model).settle(self.now), queries.settled(fresh(self.account))
        balance = found.balance
        assert (balance.limit, balance.overdraft, balance.topups) == (
            model.limit,
            model.overdraft,
            model.topups,
        )
        assert (balance.consumed, balance.held, found.span) == (model.consumed(), model.held(), model.span)
        assert balance.used + balance.available == balance.allowance


def test_ledger_walks_as_the_model_says(db: None, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Ledger,
        settings=checked(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ledger_walks_far(db: None, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Ledger,
        settings=checked(
            max_examples=120,
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
