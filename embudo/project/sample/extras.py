"""The made-up layer: what a sales department has and the set does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from embudo.business.billing import commands as billing
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import InvoiceDraft, LineDraft
from embudo.business.sales import commands as sales, queries as sales_queries
from embudo.business.sales.models import Lead, LeadSource, Opportunity
from embudo.foundation.activity import commands as activity
from embudo.foundation.activity.commands import CallFacts, MeetingPlan
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.money import Money
from embudo.kernel.record import Record
from embudo.project.sample.deals import CURRENCY, TAX, Market
from embudo.project.sample.people import JOBS, MANAGER, SELLER, full_name
from embudo.project.sample.source import Deal, at_work

DUE_DATES = system_actor("due dates")
LEADS = {"new": 9, "working": 9, "qualified": 7, "disqualified": 7, "converted": 8}
REASONS = ("no_budget", "no_need", "wrong_fit", "no_answer", "duplicate")
FIRMS = (
    "Amber Foods", "Blue Harbour Logistics", "Cedar Clinics", "Delta Textiles", "Elm Street Dental", "Falcon Freight",
    "Grão Bakeries", "Hillside School", "Isar Werkzeuge", "Jardin Vert", "Kiosko Norte", "Łódź Print", "Mistral Hotels",
    "Nordlys Energi", "Oakfield Council", "Piekarnia Kłos",
)  # fmt: skip
WISHES = (
    "Please send us an offer for {n} {product} units.",
    "We want to replace {n} old machines and look at {product}. Can you call me?",
    "How long is the delivery time for {product}, {n} pieces?",
    "We saw {product} at the fair. What would {n} of them cost with three years of support?",
)
NOTES = (
    "Wants a quotation by the end of the month.",
    "Decision lies with the finance department.",
    "Asked for references in the same sector.",
    "Compares us with one other supplier.",
    "Delivery to two sites, the second one in spring.",
)
CALLS = (
    "Went through the offer.",
    "Left a message.",
    "Asked about delivery.",
    "Agreed on a demo.",
    "Budget is confirmed.",
)
TODOS = (
    "Send the offer",
    "Call back",
    "Prepare the demo",
    "Ask for the order number",
    "Check the delivery date",
)


@dataclass(frozen=True)
class Fate:
    """What becomes of an invoice of so many days ago: what part of it is paid how many days after it was issued."""

    days_ago: int
    percent: int = 0
    after: int = 0
    is_returned: bool = False
    is_credited: bool = False


FATES = (
    Fate(56, 100, 9), Fate(50), Fate(45, 100, 21), Fate(40, 100, 12), Fate(35, 40, 8), Fate(31, 110, 11), Fate(28, 100, 3),
    Fate(25), Fate(22, 100, 10, is_returned=True), Fate(19), Fate(16, is_credited=True), Fate(13, 50, 6), Fate(11, 120, 4),
    Fate(8), Fate(6, 100, 2), Fate(4), Fate(2),
)  # fmt: skip


class Extras:
    def __init__(self, market: Market) -> None:
        self.market = market
        self.staff, self.story, self.random, self.today = (
            market.staff,
            market.story,
            market.random,
            market.today,
        )
        self.sources: list[LeadSource] = []
        self.fates = list(FATES)
        market.on_won = self._invoice_some

    # --- leads ---------------------------------------------------------------------------------------------------

    def define_sources(self, inbound_role: str) -> None:
        """The web form, whose leads go to the one seller with a sign-in; a program and a partner."""
        manager = self.staff.actor(MANAGER)
        form = sales.define_source(
            manager, name="Website", heading="How can we help you?", thank_you="Thank you. We will answer within one working day.",
            consent="I agree that my details are used to answer this enquiry.", country="US", route_role=inbound_role,
        )  # fmt: skip
        self.sources = [
            form,
            sales.define_source(manager, name="Trade fair app", kind="api", country="US"),
            sales.define_source(manager, name="Partner portal", kind="partner", country="US"),
        ]

    def plan_leads(self) -> None:
        states = [state for state, count in LEADS.items() for _number in range(count)]
        self.random.shuffle(states)
        sellers = [SELLER, SELLER, *sorted(name for name in self.staff.users if self._is_seller(name))]
        for number, state in enumerate(states):
            first = 1 if state == "new" else 6
            day = self.today - timedelta(days=self.random.randrange(first, 30 if state == "new" else 60))
            agent = sellers[0] if number % 3 == 0 else self.random.choice(sellers)
            self.story.plan(self._moment(day), lambda state=state, agent=agent: self._lead(state, agent))  # type: ignore[misc]

    def _is_seller(self, name: str) -> bool:
        return self.staff.users[name].manager_id is not None

    def _moment(self, day: date) -> datetime:
        return at_work(day, self.random.randrange(600))

    def _lead(self, state: str, agent: str) -> None:
        source = self.random.choice(self.sources)
        actor, source = sales_queries.key_holder(source.key)
        first, last = full_name(self.random)
        product = self.random.choice(sorted(self.market.products))
        lead = sales.submit_lead(
            actor, name=f"{first} {last}", company_name=self.random.choice(FIRMS), job_title=self.random.choice(JOBS),
            email=f"lead{self.random.randrange(10_000, 99_999)}@example.net",
            phone=f"202 555 01{self.random.randrange(100):02}", source=source, has_consented=True, language="en",
            message=self.random.choice(WISHES).format(n=self.random.randrange(2, 60), product=product),
        )  # fmt: skip
        lead = sales.assign_lead(self.staff.admin, lead, owner=self.staff.users[agent])
        self._plan_lead_work(state, agent, lead, product)

    def _plan_lead_work(self, state: str, agent: str, lead: Lead, product: str) -> None:
        actor = self.staff.actor(agent)
        acts: list[Callable[[], object]] = []
        if state != "new":
            acts.append(lambda: sales.start_lead(actor, lead))
            acts.append(lambda: self._touch(agent, lead))
        if state in ("qualified", "converted"):
            acts.append(lambda: sales.qualify_lead(actor, lead))
        if state == "disqualified":
            acts.append(lambda: sales.disqualify_lead(actor, lead, reason=self.random.choice(REASONS)))
        if state == "converted":
            acts.append(lambda: self._convert(agent, lead, product))
        moment = clock.now()
        for act in acts:
            moment += timedelta(hours=self.random.randrange(2, 30))
            self.story.plan(moment, act)

    def _convert(self, agent: str, lead: Lead, product: str) -> None:
        article = self.market.products[product]
        sales.convert_lead(
            self.staff.actor(agent), lead, title=f"{product} for {lead.company_name}", product=article,
            value=Money(article.price_minor // 100 * self.random.randrange(2, 12), CURRENCY),
            closes=self.today + timedelta(days=self.random.randrange(5, 60)),
        )  # fmt: skip

    # --- what people do about a record -----------------------------------------------------------------------------

    def plan_activity(self, opportunities: Sequence[tuple[Deal, Opportunity]]) -> None:
        """On a few dozen of the opportunities that are still open."""
        still_open = [(deal, one) for deal, one in opportunities if not deal.closed]
        for deal, opportunity in still_open[:45]:
            self.story.plan(clock.now(), lambda deal=deal, one=opportunity: self._touch(deal.agent, one))  # type: ignore[misc]

    def _touch(self, agent: str, record: Record) -> None:
        actor, random = self.staff.actor(agent), self.random
        if random.random() < 0.7:
            activity.add_note(actor, about=record, text=random.choice(NOTES))
        if random.random() < 0.5:
            outcome = random.choice(("answered", "answered", "no_answer"))
            seconds = random.randrange(40, 900) if outcome == "answered" else 0
            call = CallFacts(outcome=outcome, seconds=seconds, summary=random.choice(CALLS))
            activity.log_call(actor, about=record, call=call)
        if random.random() < 0.5:
            due = self.today + timedelta(days=random.randrange(-4, 12))
            task = activity.create_task(actor, about=record, title=random.choice(TODOS), due=due)
            if due < self.today and random.random() < 0.6:
                activity.complete_task(actor, task)
        if random.random() < 0.15:
            starts = at_work(self.today + timedelta(days=random.randrange(1, 9)), random.randrange(480))
            plan = MeetingPlan(title="Demo", starts=starts, ends=starts + timedelta(hours=1), place="Online")
            activity.plan_meeting(actor, about=record, meeting=plan)

    # --- invoices --------------------------------------------------------------------------------------------------

    def _invoice_some(self, deal: Deal, opportunity: Opportunity) -> None:
        """The first opportunity won on or after each of certain days gets an invoice, whose fate is written there."""
        ago = (self.today - clock.today()).days
        if opportunity.company_id and self.fates and ago <= self.fates[0].days_ago:
            fate = self.fates.pop(0)
            self.story.plan(clock.now() + timedelta(hours=3), lambda: self._issue(deal, opportunity, fate))

    def _issue(self, deal: Deal, opportunity: Opportunity, fate: Fate) -> None:
        line = LineDraft(
            description=deal.product, quantity=Decimal(1), unit_price=Decimal(opportunity.value_minor) / 100,
            tax_percent=Decimal(TAX) / 100, product_id=self.market.products[deal.product].pk,
        )  # fmt: skip
        draft = InvoiceDraft(lines=(line,), opportunity_id=opportunity.pk, terms_days=14)
        invoice = billing.issue_invoice(self.staff.actor(deal.agent), draft=draft)
        late = clock.now() + timedelta(days=15)
        if late.date() < self.today:  # as on every morning
            self.story.plan(late.replace(hour=0, minute=1), lambda: billing.announce_overdue(DUE_DATES))
        if fate.percent:
            paid = clock.now() + timedelta(days=fate.after, minutes=10)
            self.story.plan(paid, lambda: self._pay(invoice, fate))
        if fate.is_credited:
            self.story.plan(clock.now() + timedelta(days=1), lambda: self._take_back(invoice))

    def _pay(self, invoice: Invoice, fate: Fate) -> None:
        amount = Money(invoice.gross_minor * fate.percent // 100, CURRENCY)
        text = f"Transfer {invoice.number}"
        payment = billing.enter_payment(
            self.staff.collector, invoice, amount=amount, paid_on=clock.today(), reference=text
        )
        if fate.is_returned:
            reason = "Direct debit returned"
            act = partial(billing.reverse_payment, self.staff.collector, payment, reason=reason)
            self.story.plan(clock.now() + timedelta(days=2), act)

    def _take_back(self, invoice: Invoice) -> None:
        billing.correct_invoice(self.staff.collector, invoice, reason="Ordered twice by mistake")

    # --- today -----------------------------------------------------------------------------------------------------

    def greet(self) -> None:
        """One enquiry comes in just now, so that the first look finds something new."""
        actor, source = sales_queries.key_holder(self.sources[0].key)
        sales.submit_lead(
            actor, name="Hana Kowalski", company_name="Nordlys Energi", job_title="Head of IT",
            email="hana.kowalski@example.net", phone="202 555 0143", source=source, has_consented=True, language="en",
            message="We open a second office in spring and need 25 machines. Can you send an offer for GTX Plus Basic?",
        )  # fmt: skip
