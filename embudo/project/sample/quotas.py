"""The quota desk: two policies, seven accounts with months of spending at the counter, and what waits for a decision today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from embudo.business.directory.models import Company, Person
from embudo.business.quota import commands as quota, queries
from embudo.business.quota.commands import Grounds, LicenceTerms, Limit, Origin, Terms, TierTerms
from embudo.business.quota.models import Account, Change, Policy
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.rules.spending import Spending
from embudo.business.quota.rules.states import Cause, HoldState
from embudo.foundation.access import commands as access
from embudo.kernel import clock
from embudo.kernel.money import Money, Rate
from embudo.project.sample.deals import CURRENCY, Market
from embudo.project.sample.people import SIGN_INS, SYSTEM
from embudo.project.sample.source import at_work

OFFICER, APPROVER, TILL = (SIGN_INS[door] for door in ("officer", "approver", "till"))
MONTHS = timedelta(days=150)  # that the accounts go back
ABROAD = "EUR"
PURCHASES = Terms(
    {
        "at_limit": "ask", "grace_days": 10, "most_change_percent": 300, "answer_days": 7, "notice_days": 2,
        "approvals": [[2_000_000, 1], [None, 2]],
    },
    (
        TierTerms("Bronze", 1_000_000),
        TierTerms("Silver", 2_500_000, average_minor=500_000),
        TierTerms("Gold", 4_000_000, average_minor=1_200_000, needs_licence=True),
    ),
)  # fmt: skip
TRAVEL = Terms(
    {
        "period": "quarter", "at_limit": "overdraft", "overdraft_minor": 20_000, "overdraft_name": "Way home",
        "needs_consent": False, "switching": "automatic",
    },
    (TierTerms("Standard", 200_000), TierTerms("Plus", 500_000)),
)  # fmt: skip
TIERS = {one.name: one.limit_minor for terms in (PURCHASES, TRAVEL) for one in terms.tiers}
NOTES = ("Spare parts", "Monitors", "Cables and racks", "Repair", "Licences", "Rental", "")


@dataclass(frozen=True)
class Plan:
    """Of which tier an account is, and how much of it is spent in a month, from the first month to the last."""

    tier: str
    first: float = 0.0
    last: float = 0.0


# What waits in the end: a change, a request to spend more, nothing (with a top-up), a block, a document that has expired.
GROWING, FULL, QUIET, HELD, EXPIRED = range(5)
PLANS = (
    Plan("Silver", 0.55, 0.85), Plan("Bronze", 0.5, 1.1), Plan("Bronze", 0.3, 0.4), Plan("Silver", 0.35, 0.3),
    Plan("Bronze", 0.4, 0.5),
)  # fmt: skip


class Quotas:
    """Who lets customers spend, who spends at the counter, and what they did; each act at its own moment."""

    def __init__(self, market: Market, *, begin: date, seed: int) -> None:
        self.market, self.staff, self.story = market, market.staff, market.story
        self.random = Random(seed)  # noqa: S311 - the same spending every time
        self.today = clock.today()
        self.begin = max(begin + timedelta(days=2), self.today - MONTHS)
        self.accounts: list[Account] = []
        self.till_token = ""

    def hire(self) -> None:
        desk = access.create_team(self.staff.admin, name="Quota desk")
        for name, role in ((OFFICER, "officer"), (APPROVER, "approver"), (TILL, "till")):
            self.staff.hire(name, role, team=desk)
        self.officer, self.approver, self.till = map(self.staff.actor, (OFFICER, APPROVER, TILL))
        self.till_token = access.create_token(self.till, name="Counter")[1]

    # --- before the first customer ---------------------------------------------------------------------------------

    def define(self) -> None:
        admin = self.staff.admin
        self.purchases = quota.define_policy(
            admin, name="Purchases on account", currency=CURRENCY, terms=PURCHASES
        )
        self.travel = quota.define_policy(admin, name="Travel money", currency=ABROAD, terms=TRAVEL)
        quota.enter_rate(
            admin, currency=CURRENCY, into=ABROAD, rate=Rate(Decimal("0.92")), valid_from=self.begin
        )
        for name in (OFFICER, APPROVER):
            for policy, terms in ((self.purchases, PURCHASES), (self.travel, TRAVEL)):
                self._license(name, policy, terms)

    def _license(self, name: str, policy: Policy, terms: Terms) -> None:
        tiers = tuple(one.name for one in terms.tiers)
        licence = LicenceTerms(valid_from=self.begin, policy=policy, tiers=tiers)
        quota.grant_licence(self.staff.admin, person=self.staff.users[name], licence=licence)

    def plan(self) -> None:
        """Customers are those with the most opportunities; the travellers are people of the first of them."""
        for number, (company, plan) in enumerate(zip(self._customers(), PLANS, strict=False)):
            self.story.plan(self._moment(0, 10 + number), lambda c=company, p=plan: self._open(c, p))  # type: ignore[misc]
        self.story.plan(self._moment(0, 30), self._send_abroad)
        self.story.plan(at_work(self.today - timedelta(days=1), 200), self._wait)

    def _customers(self) -> list[Company]:
        known = [self.market.companies[one] for one in sorted(self.market.companies)]
        return [one for one in known if one.is_customer and one.country == "US"][: len(PLANS)]

    def _moment(self, day: int, minute: int) -> datetime:
        return at_work(self.begin + timedelta(days=day), minute)

    # --- months of spending ----------------------------------------------------------------------------------------

    def _open(self, customer: Company, plan: Plan) -> None:
        ends = self.today - timedelta(days=2) if len(self.accounts) == EXPIRED else None
        account = self._opened(customer, self.purchases, plan.tier, reference=1001, document_expires=ends)
        self._plan_spending(account, plan)

    def _opened(
        self,
        customer: Company | Person,
        policy: Policy,
        tier: str,
        *,
        reference: int,
        document_expires: date | None = None,
    ) -> Account:
        name = f"Q-{reference + len(self.accounts)}"
        account = quota.open_account(
            self.officer, customer, policy=policy, reference=name, document_expires=document_expires
        )
        if tier:
            limit = Limit(TIERS[tier], tier, reason="As agreed when the account was opened")
            account = quota.put_limit(SYSTEM, account, limit=limit)
        self.accounts.append(account)
        return account

    def _plan_spending(self, account: Account, plan: Plan) -> None:
        """About once a week, most of it on working days, more towards the end where it grows."""
        days = (self.today - self.begin).days
        day = self.random.randrange(2, 6)
        while day < days - 1:
            part = plan.first + (plan.last - plan.first) * day / days
            amount = round(account.limit_minor * part / 4.5 * self.random.uniform(0.6, 1.4), -2)
            moment = self._moment(day, self.random.randrange(600))
            self.story.plan(moment, lambda minor=int(amount): self._spend(account, minor))  # type: ignore[misc]
            day += self.random.choice((5, 6, 7, 7, 8, 9))

    def _spend(self, account: Account, minor: int, *, is_kept: bool = False) -> None:
        """In dollars, whatever the account is counted in; now and then a part is brought back, unless it `is_kept`."""
        asked = Spending(Money(minor, CURRENCY), source="counter", note=self.random.choice(NOTES))
        hold = quota.authorise_spending(self.till, account, asked=asked)
        if hold.state == HoldState.REFUSED:
            return
        with clock.at(clock.now() + timedelta(minutes=4)):
            quota.capture_hold(self.till, hold)
            if not is_kept and self.random.random() < 0.06:
                part = Money(max(100, hold.asked_minor // 4), CURRENCY)
                quota.refund_hold(self.till, hold, amount=part, note="Brought back")

    def _send_abroad(self) -> None:
        """One traveller spends in dollars what is counted in euros, another one has no limit yet."""
        people = [one for name in sorted(self.market.people) for one in self.market.people[name]]
        traveller, newcomer = people[0], people[1]
        account = self._opened(traveller, self.travel, "Standard", reference=2001 - len(PLANS))
        for week in range(3, (self.today - self.begin).days // 7, 3):
            minor = self.random.randrange(9_000, 28_000)
            moment = self._moment(week * 7, self.random.randrange(600))
            self.story.plan(moment, lambda minor=minor: self._spend(account, minor))  # type: ignore[misc]
        self._opened(newcomer, self.travel, "", reference=2001 - len(PLANS))

    # --- what waits today ------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        growing, full, quiet, held, _expired, travelling, _pending = self.accounts
        self._review(growing)
        self._meet_the_limit(full)
        quota.top_up(
            self.officer, quiet, amount=Money(150_000, CURRENCY), origin=Origin(note="Paid in advance")
        )
        long = Spending(Money(84_900, CURRENCY), timedelta(days=10), source="counter", note="Rental, deposit")
        quota.authorise_spending(self.till, quiet, asked=long)
        reason = "Two direct debits came back. Waiting for a call from their finance department."
        quota.block_account(self.officer, held, grounds=Grounds(Cause.OFFICER, reason))
        self._schedule(travelling)

    def _review(self, account: Account) -> Change:
        wish = Wish(tier_name="Gold", reason="Two new branches buy on this account from next month.")
        change = quota.request_change(self.officer, account, wish=wish)
        return quota.submit_change(self.officer, change)

    def _meet_the_limit(self, account: Account) -> None:
        """What is left is spent, the next purchase is refused, and an officer is asked."""
        left = queries.settled_balance(account).available
        if left > 0:
            self._spend(account, left, is_kept=True)
        self._spend(account, 64_000, is_kept=True)
        reason = "Their server room is down: they need two switches today."
        quota.ask_officer(self.till, account, amount=Money(64_000, CURRENCY), reason=reason)

    def _schedule(self, account: Account) -> None:
        """Approved and rehearsed, for a day next week: somebody has to sign it."""
        wanted = self.today + timedelta(days=6)
        wish = Wish(tier_name="Plus", reason="Three weeks at a customer's.", wanted=wanted)
        change = quota.submit_change(self.officer, quota.request_change(self.officer, account, wish=wish))
        change = quota.approve_change(self.approver, change)
        quota.rehearse_change(self.approver, change)

    def look_at_all(self) -> None:
        """Today's run, which proposes to hold who has an expired document; the forecast follows it."""
        quota.run_daily(SYSTEM)
