"""
The ledger walked at random beside the model of `model.py`, while the clock goes over ends of periods, nights on which clocks change
and leap days. How it authorises may be replaced: a twin that gets it wrong (`twins.py`) must be told from the product.
"""

from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, ClosedPeriod, Hold, LedgerEntry
from embudo.business.quota.rules.spending import Spending
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.books import let_spend
from embudo.business.quota.tests.builders import a_company, a_policy, asking, fresh, till
from embudo.business.quota.tests.model import (
    ONE_DAY,
    THRESHOLDS,
    Authorised,
    Days,
    Model,
    Terms,
    day_at,
    midnight,
)
from embudo.business.quota.tests.twins import Authorising
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.errors import Invalid, Refused

STARTS = [
    datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 10, 24, 20, 30, tzinfo=UTC), datetime(2024, 2, 28, 22, 59, tzinfo=UTC),
    datetime(2026, 12, 30, 12, tzinfo=UTC), datetime(2023, 6, 29, 21, 59, 59, tzinfo=UTC),
]  # fmt: skip
# Days about which calendars go wrong: leap days, the nights on which Warsaw puts its clocks on and back.
ODD_DAYS = [date(2024, 2, 29), date(2024, 3, 31), date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)]
SOON = timedelta(60)
PERIODS = ["month", "quarter", "year", "rolling"]
AMOUNTS = st.integers(1, 130)
PARTS = st.floats(0.01, 1)
TICKS = st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(seconds=1)])


def by_command(actor: Actor, account: Account, asked: Spending) -> Hold:
    return commands.authorise_spending(actor, account, asked=asked)


class Ledger(RuleBasedStateMachine):
    authorising: ClassVar[Authorising] = staticmethod(by_command)
    is_checked_each_step: ClassVar[bool] = False
    customer: ClassVar[Any]
    till: ClassVar[Actor]
    office: ClassVar[Actor]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        self.number = 0

    def teardown(self) -> None:
        try:
            assert queries.faults_of(Account.objects.filter(pk=self.account.pk)) == []
        finally:
            transaction.set_rollback(True)
            self.stack.close()

    @initialize(
        start=st.sampled_from(STARTS), period=st.sampled_from(PERIODS), refunds=st.sampled_from(["now", "original", "never"]),
        counted_on=st.sampled_from(["captured", "authorised"]), overdraft=st.sampled_from([0, 25]), limit=st.sampled_from([100, 100, None]),
    )  # fmt: skip
    def opened(
        self, start: datetime, period: str, refunds: str, counted_on: str, overdraft: int, limit: int | None
    ) -> None:
        self.now, self.opened_on = start, day_at(start)
        self.terms = {"refunds": refunds, "counted_on": counted_on}
        terms = Terms(period, 5, overdraft)
        self.model = Model(
            None, terms, terms.span(self.opened_on), refunds, counted_on, versions=[(self.opened_on, terms)]
        )
        with clock.at(start):
            self.policy = a_policy(**self._said(terms))
            self.account = commands.open_account(self.office, self.customer, policy=self.policy)
        if limit is not None:
            self.put_limit(limit)

    def _said(self, terms: Terms) -> dict[str, Any]:
        named = {"at_limit": "overdraft", "overdraft_minor": terms.overdraft, "overdraft_name": "Reserve"}
        told = {"period": terms.period, "rolling_days": terms.days, "thresholds": list(THRESHOLDS)}
        return {**self.terms, **told, **(named if terms.overdraft else {"at_limit": "topup"})}

    def _done(self, act: Callable[[], Any]) -> Any:
        """What the act gave, at the present moment; the error where it was refused, and then nothing has changed."""
        before = self._row()
        with clock.at(self.now):
            try:
                with transaction.atomic():
                    return act()
            except (Refused, Invalid) as refused:
                assert self._row() == before
                return refused

    def _row(self) -> tuple[Any, ...]:
        entries = LedgerEntry.objects.filter(account=self.account).count()
        return (*Account.objects.filter(pk=self.account.pk).values_list()[0], entries)

    def _posted(self, act: Callable[[], Any], kinds: type[Exception] = Refused) -> Model | None:
        """The settled model where the act was done, as it must be unless the account is closed."""
        done = self._done(act)
        if self.model.is_closed:
            assert isinstance(done, kinds)
            return None
        assert not isinstance(done, Exception), done
        return self._settled()

    def _settled(self) -> Model:
        return self.model.settle(self.now)

    @property
    def today(self) -> date:
        return day_at(self.now)

    def _a_hold(self, data: st.DataObject) -> tuple[Hold, Authorised]:
        chosen = data.draw(st.sampled_from(sorted(self.model.holds)))
        return Hold.objects.get(pk=chosen), self.model.holds[chosen]

    # --- the till ---

    @rule(amount=AMOUNTS, seconds=st.sampled_from([1, 60, 3600, 86400, 10 * 86400]), has_key=st.booleans())
    def authorise(self, amount: int, seconds: int, has_key: bool) -> None:  # noqa: FBT001 - hypothesis names it
        self.number += 1
        asked = asking(amount, seconds=seconds, key=f"key {self.number}" if has_key else "")
        hold = self._done(lambda: type(self).authorising(self.till, self.account, asked))
        if self.model.is_closed:
            assert isinstance(hold, Invalid)
            return
        model = self._settled()
        is_allowed, left = model.may_take(amount), model.available
        assert (hold.state == "open") is is_allowed, f"{amount} of {left} was {hold.state}"
        if is_allowed:
            model.holds[hold.pk] = Authorised(amount, self.now + asked.lasts, self.today)
            assert model.consumed + model.held <= model.allowance
        else:
            assert (hold.refusal, hold.available_minor) == (model.refusal(), model.spendable)
        if has_key:
            again = self._done(lambda: type(self).authorising(self.till, self.account, asked))
            assert (again.pk, again.refusal, again.available_minor) == (hold.pk, hold.refusal, hold.available_minor)  # fmt: skip

    @rule(data=st.data(), more=st.sampled_from([0, 0, 1, -1]), seconds=st.sampled_from([1, 3600, 10 * 86400]))
    def authorise_about_what_is_left(self, data: st.DataObject, more: int, seconds: int) -> None:
        """Where the figures nearly meet, one too many or too few is seen: those of now, and what one could take for them."""
        now, stood = deepcopy(self.model).settle(self.now), fresh(self.account).balance
        takes = [now.available, now.available, stood.available, now.available + now.held, now.available - now.overdraft]  # fmt: skip
        amount = data.draw(st.sampled_from(takes)) + more
        if amount > 0:
            self.authorise(amount=amount, seconds=seconds, has_key=False)

    @rule(data=st.data(), tick=TICKS, more=st.sampled_from([0, 1]))
    def authorise_when_something_ended(self, data: st.DataObject, tick: timedelta, more: int) -> None:
        """And nobody has looked at the account since."""
        self.wait_until_something_ends(data=data, tick=tick)
        self.authorise_about_what_is_left(data=data, more=more, seconds=3600)

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), part=PARTS, keeps_rest=st.booleans())
    def capture(self, data: st.DataObject, part: float, keeps_rest: bool) -> None:  # noqa: FBT001
        hold, known = self._a_hold(data)
        amount = max(1, int(known.amount * part))
        money = self.account.money(amount)
        done = self._done(lambda: commands.capture_hold(self.till, hold, amount=money, keeps_rest=keeps_rest))
        if not known.is_open or known.expires <= self.now:
            assert isinstance(done, Refused)
        elif amount > known.rest:
            assert isinstance(done, Invalid)
        else:
            model = self._settled()
            day = known.day if model.counted_on == "authorised" else self.today
            known.captured += amount
            known.days.append((day, amount))
            known.is_open = keeps_rest and known.rest > 0
            model.post(day, amount)
            assert done.value_date == day

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        hold, known = self._a_hold(data)
        done = self._done(lambda: commands.release_hold(self.till, hold))
        assert isinstance(done, Refused) is (not known.is_open or known.expires <= self.now)
        if not isinstance(done, Refused):
            self._settled()
            known.is_open = False

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data(), part=PARTS)
    def refund(self, data: st.DataObject, part: float) -> None:
        hold, known = self._a_hold(data)
        amount = max(1, int(known.amount * part))
        done = self._done(lambda: commands.refund_hold(self.till, hold, amount=self.account.money(amount)))
        may_be = not self.model.is_closed and known.captured - known.refunded >= amount
        assert isinstance(done, LedgerEntry) is may_be
        if not may_be:
            return
        model = self._settled()
        known.refunded += amount
        if model.refunds == "now":
            model.post(self.today, -amount)
        elif model.refunds == "original":
            for day, given in known.given_back(amount):
                model.post(day, -given)

    @rule(amount=AMOUNTS)
    def top_up(self, amount: int) -> None:
        money = self.account.money(amount)
        if model := self._posted(lambda: commands.top_up(self.till, self.account, amount=money), Invalid):
            model.topups += amount

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        if model := self._posted(lambda: let_spend(self.account, amount), Invalid):
            model.topups += amount
            model.grants.append((self.today, amount))

    # --- the office ---

    @rule(data=st.data(), amount=st.integers(-60, 60).filter(bool))
    def adjust(self, data: st.DataObject, amount: int) -> None:
        """Today, about the ends of this period and of those that are over, or some day before."""
        spans = [self.model.span, *self.model.periods]
        ends = [day - back * ONE_DAY for span in spans for day in (span.starts, span.ends) for back in (0, 1)]
        some = [self.today, self.today - 3 * ONE_DAY, self.opened_on, *ends]
        days = sorted({day for day in some if self.opened_on <= day <= self.today})
        day, money = data.draw(st.sampled_from(days)), self.account.money(amount)
        act = lambda: commands.adjust_consumption(self.office, self.account, amount=money, reason="x", value_date=day)  # noqa: E731 # fmt: skip
        if model := self._posted(act):
            model.post(day, amount)

    @rule(limit=st.sampled_from([0, 40, 100, 150]))
    def put_limit(self, limit: int) -> None:
        put = commands.Limit(limit)
        if model := self._posted(lambda: commands.put_limit(system_actor("test"), self.account, limit=put)):
            model.limit = limit

    @precondition(lambda self: not self.model.is_closed)
    @rule()
    def block_or_lift(self) -> None:
        if not self.model.is_blocked:
            grounds = commands.Grounds(Cause.OFFICER, "x")
            self.block = self._done(
                lambda: commands.block_account(self.office, self.account, grounds=grounds)
            )
        else:
            self._done(lambda: commands.lift_block(self.office, self.block, reason="x"))
        self._settled().is_blocked = not self.model.is_blocked

    @rule(
        period=st.sampled_from(PERIODS), days=st.sampled_from([1, 5, 31]), overdraft=st.sampled_from([0, 25])
    )
    def publish(self, period: str, days: int, overdraft: int) -> None:
        newest = Terms(period, days, overdraft)
        terms = commands.Terms(self._said(newest))
        self._done(lambda: commands.publish_version(self.office, self.policy, terms=terms))
        self.model.publish(self.today, newest)

    @precondition(lambda self: self.number > 5)
    @rule()
    def close(self) -> None:
        is_free = not self.model.is_closed and not deepcopy(self.model).settle(self.now).held
        done = self._done(lambda: commands.close_account(self.office, self.account, reason="x"))
        assert isinstance(done, Account) is is_free
        if is_free:
            self._settled().is_closed = True

    # --- time ---

    @rule(seconds=st.sampled_from([1, 59, 3600, 86400, 3 * 86400, 40 * 86400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(data=st.data(), tick=TICKS)
    def wait_until_something_ends(self, data: st.DataObject, tick: timedelta) -> None:
        """To just before, at and just after it: a day, a period, a hold, a leap day, a night on which clocks change."""
        odd = [midnight(day + ONE_DAY * more) for day in ODD_DAYS for more in (0, 1)]
        holds = [one.expires for one in self.model.holds.values() if one.is_open]
        ends = [midnight(self.today + ONE_DAY), midnight(self.model.span.ends), *holds]
        soon = [one for one in odd if self.now < one < self.now + SOON]
        self.now = max(self.now, data.draw(st.sampled_from([*ends, *soon])) + tick)

    # --- what holds always ---

    @invariant()
    def account_is_what_the_model_says(self) -> None:
        row = fresh(self.account)
        with clock.at(self.now):
            model, found = deepcopy(self.model).settle(self.now), queries.settled(row)
        balance = found.balance
        told = (balance.consumed, balance.held, balance.topups, balance.limit, balance.allowance, found.state)
        assert told == (model.consumed, model.held, model.topups, model.limit or 0, model.allowance, model.state)  # fmt: skip
        assert Days(found.span.starts, found.span.ends) == model.span
        if row.settle_at > self.now:  # nothing fell due, so the row says the same
            stands = (row.consumed_minor, row.held_minor, row.state, row.is_spendable)
            assert stands == (model.consumed, model.held, model.state, model.may_spend)  # fmt: skip
        if self.is_checked_each_step:
            assert queries.faults_of(Account.objects.filter(pk=self.account.pk)) == []

    @invariant()
    def closed_periods_are_what_the_model_says(self) -> None:
        rows = ClosedPeriod.objects.filter(account=self.account).order_by("starts", "ends")
        told = {
            Days(one.starts, one.ends): (one.consumed_minor, one.first_minor, one.restated is not None)
            for one in rows
        }
        assert told == self.model.told
        for one in rows:
            allowance = self.model.periods[Days(one.starts, one.ends)].allowance
            assert allowance in (None, one.allowance_minor)


def walked(authorising: Authorising = by_command, **values: Any) -> type[Ledger]:
    """The machine with a way of authorising; who acts is made once, since that takes longer than a step."""
    made = {
        "authorising": staticmethod(authorising),
        "customer": a_company(),
        "till": till(),
        "office": tester(),
    }
    return type("Walk", (Ledger,), made | values)
