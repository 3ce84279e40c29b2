from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company, Person
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Opportunity, Stage
from embudo.business.supply import commands as supply
from embudo.business.supply.models import Product
from embudo.kernel import clock
from embudo.kernel.fold import fold
from embudo.kernel.money import Money
from embudo.project.sample.people import JOBS, MANAGER, Staff, full_name
from embudo.project.sample.source import Account, Article, Deal, at_work
from embudo.project.sample.story import Story

CURRENCY = "USD"
TAX = 825  # basis points
LOST_REASONS = ("price", "price", "competitor", "competitor", "no_decision", "timing", "no_fit", "no_answer")
LATER_STAGES = ("Engaging", "Engaging", "Offer", "Offer", "Negotiation")


class Market:
    """The companies, their people, the products and the opportunities of the set."""

    def __init__(self, staff: Staff, story: Story, random: Random, *, today: date) -> None:
        self.staff, self.story, self.random, self.today = staff, story, random, today
        self.products: dict[str, Product] = {}
        self.companies: dict[str, Company] = {}
        self.people: dict[str, list[Person]] = {}
        self.opportunities: list[tuple[Deal, Opportunity]] = []
        self.stages = {stage.name: stage for stage in Stage.objects.filter(pipeline__is_default=True)}
        self.on_won: Callable[[Deal, Opportunity], None] = lambda _deal, _opportunity: None

    def define_products(self, articles: list[Article]) -> None:
        for article in articles:
            self.products[article.name] = supply.define_product(
                self.staff.actor(MANAGER), name=article.name, series=article.series, price_minor=article.price * 10_000,
                currency=CURRENCY, tax_rate=TAX,
            )  # fmt: skip

    def register_companies(self, accounts: list[Account], deals: list[Deal]) -> None:
        """Each by the agent who has most to do with it, with the people that one would know there."""
        busy = {
            name: Counter(deal.agent for deal in deals if deal.account == name)
            for name in {d.account for d in deals}
        }
        winners = {deal.account for deal in deals if deal.stage == "Won"}
        for account in accounts:
            agent = busy[account.name].most_common(1)[0][0] if busy.get(account.name) else MANAGER
            company = directory.register_company(
                self.staff.actor(agent), name=account.name, sector=account.sector, founded=account.founded,
                employees=account.employees, country=account.country, parent=self.companies.get(account.parent),
                is_customer=account.name in winners, website=f"https://{_host(account.name)}",
                email=f"office@{_host(account.name)}",
            )  # fmt: skip
            self.companies[account.name] = company
            self.people[account.name] = [
                self._person(agent, company) for _number in range(self.random.choice((1, 1, 2, 3)))
            ]

    def _person(self, agent: str, company: Company) -> Person:
        first, last = full_name(self.random)
        return directory.register_person(
            self.staff.actor(agent), first_name=first, last_name=last, company=company, job_title=self.random.choice(JOBS),
            email=f"{_word(first)}.{_word(last)}@{_host(company.name)}",
            phone=f"+1 202 555 01{self.random.randrange(100):02}" if company.country == "US" else "",
            is_customer=company.is_customer,
        )  # fmt: skip

    def plan_deals(self, deals: list[Deal]) -> None:
        for deal in deals:
            begun = deal.engaged or self.today - timedelta(days=self.random.randrange(3, 45))
            self.story.plan(at_work(begun, self.random.randrange(600)), lambda deal=deal: self._open(deal))  # type: ignore[misc]

    def _open(self, deal: Deal) -> None:
        company = self.companies.get(deal.account)
        people = self.people.get(deal.account)
        price = self.products[deal.product].price_minor // 100
        opportunity = sales.open_opportunity(
            self.staff.actor(deal.agent),
            title=f"{deal.product} for {deal.account}" if company else deal.product,
            value=Money(deal.value * 100 if deal.value else price, CURRENCY),
            company=company,
            person=self.random.choice(people) if people else None,
            product=self.products[deal.product],
            stage=self.stages["Prospecting" if deal.stage == "Prospecting" else "Engaging"],
            closes=deal.closed or self.today + timedelta(days=self.random.randrange(4, 75)),
        )
        self.opportunities.append((deal, opportunity))
        if deal.closed:
            later = at_work(deal.closed, self.random.randrange(600))
            self.story.plan(
                max(later, clock.now() + timedelta(minutes=20)), lambda: self._close(deal, opportunity)
            )
        elif deal.stage == "Engaging":
            self._plan_move(deal, opportunity)

    def _plan_move(self, deal: Deal, opportunity: Opportunity) -> None:
        """The set knows the last stage only; those still open are spread over the later stages."""
        stage = self.random.choice(LATER_STAGES)
        if stage != "Engaging":
            moment = at_work(
                self.today - timedelta(days=self.random.randrange(1, 20)), self.random.randrange(600)
            )
            actor = self.staff.actor(deal.agent)
            act = lambda: sales.move_opportunity(actor, opportunity, stage=self.stages[stage])  # noqa: E731
            self.story.plan(max(moment, clock.now() + timedelta(hours=1)), act)

    def _close(self, deal: Deal, opportunity: Opportunity) -> None:
        actor = self.staff.actor(deal.agent)
        if deal.stage == "Won":
            sales.win_opportunity(actor, opportunity)
            self.on_won(deal, opportunity)
        else:
            sales.lose_opportunity(actor, opportunity, reason=self.random.choice(LOST_REASONS))


def _word(name: str) -> str:
    return "".join(letter for letter in fold(name) if letter.isalnum())


def _host(company: str) -> str:
    return f"{_word(company)}.example.com"
