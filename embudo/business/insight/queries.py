from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions as billing_permissions
from embudo.business.billing.queries import CurrencyFacts, money_facts
from embudo.business.insight.rules import Amount, Leak, Step, biggest_leak, funnel, months_back, reach_of
from embudo.business.sales import permissions as sales_permissions
from embudo.business.sales.queries import (
    DealFacts,
    LeadFacts,
    MoneyFact,
    StageSums,
    deal_facts,
    lead_facts,
    stage_facts,
    stage_sums,
)
from embudo.foundation.activity.queries import TaskFacts, open_tasks_of, task_facts, titles_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.permission import WIDTH, Scope

MONTHS = 12
URGENT = 6


@dataclass(frozen=True)
class View:
    """What the dashboard is asked for: whose records ("mine", "team", "all") and how many days back."""

    whose: str
    days: int


def widest_scope(actor: Actor) -> Scope | None:
    """The widest that the actor sees of leads, opportunities or invoices."""
    permissions = (
        sales_permissions.VIEW_OPPORTUNITIES,
        sales_permissions.VIEW_LEADS,
        billing_permissions.VIEW_INVOICES,
    )
    scopes = [scope for scope in map(actor.scope, permissions) if scope]
    return max(scopes, key=WIDTH.__getitem__, default=None)


def reach(actor: Actor, view: View) -> Scope | None:
    return reach_of(view.whose, widest_scope(actor))


def _owners(actor: Actor, view: View) -> Any:
    wanted = reach(actor, view)
    return None if wanted is None else actor.owners(wanted)


def amount(facts: Iterable[MoneyFact]) -> Amount:
    """Facts of several currencies as one count with its sums, the largest first."""
    found = list(facts)
    sums = sorted(((fact.currency, fact.value_minor) for fact in found), key=lambda pair: -pair[1])
    return Amount(sum(fact.count for fact in found), tuple(sums))


class SalesFacts:
    """What several tiles read, read once for all of them."""

    def __init__(self, actor: Actor, view: View) -> None:
        self.actor, self.view = actor, view
        self.reach = reach(actor, view)
        now = clock.now()
        start, before = now - timedelta(days=view.days), now - timedelta(days=2 * view.days)
        self.spans = {"now": (start, None), "before": (before, start)}

        self.months = months_back(clock.today(), MONTHS)

    @cached_property
    def leads(self) -> LeadFacts:
        return lead_facts(self.actor, self.spans, since=self.spans["now"][0], reach=self.reach)

    @cached_property
    def standing(self) -> StageSums:
        return stage_sums(self.actor, reach=self.reach)

    @cached_property
    def deals(self) -> DealFacts:
        """Every deal stands in a stage, so what stands in them names all currencies."""
        currencies = {fact.currency for facts in self.standing.values() for fact in facts}
        return deal_facts(self.actor, self.spans, months=self.months, currencies=currencies, reach=self.reach)


@dataclass(frozen=True)
class Figures:
    """The four figures on top, with those of the period before."""

    leads: int
    leads_before: int
    won: Amount
    won_before: Amount
    win_rate: int | None
    win_rate_before: int | None


def figures(facts: SalesFacts) -> Figures:
    now, before = facts.deals.closed["now"], facts.deals.closed["before"]
    won, won_before = amount(now.won), amount(before.won)
    return Figures(
        leads=facts.leads.steps["now"].leads,
        leads_before=facts.leads.steps["before"].leads,
        won=won,
        won_before=won_before,
        win_rate=_rate(won, amount(now.lost)),
        win_rate_before=_rate(won_before, amount(before.lost)),
    )


def _merged(facts: Iterable[MoneyFact]) -> Amount:
    sums: dict[str, int] = {}
    count = 0
    for fact in facts:
        count += fact.count
        sums[fact.currency] = sums.get(fact.currency, 0) + fact.value_minor
    return Amount(count, tuple(sorted(sums.items(), key=lambda pair: -pair[1])))


def _rate(won: Amount, lost: Amount) -> int | None:
    closed = won.count + lost.count
    return round(100 * won.count / closed) if closed else None


@dataclass(frozen=True)
class Funnel:
    """How far the leads of the period got, and where most were lost."""

    steps: list[Step]
    leak: Leak | None


def lead_funnel(facts: SalesFacts) -> Funnel:
    reached, made = facts.leads.steps["now"], facts.leads.made
    steps = funnel(
        [
            (_("Leads"), Amount(reached.leads)),
            (_("Worked"), Amount(reached.started)),
            (_("Qualified"), Amount(reached.qualified)),
            (
                _("Converted"),
                Amount(reached.converted, _merged(fact for sums in made.values() for fact in sums).sums),
            ),
            (_("Won"), amount(made.get("won", ()))),
        ]
    )
    return Funnel(steps, biggest_leak(steps))


@dataclass(frozen=True)
class Lane:
    name: str
    kind: str
    amount: Amount


def pipeline(facts: SalesFacts) -> list[Lane]:
    """What stands in each open stage now, then what was won and lost in the period."""
    stages = [stage for stage in stage_facts(facts.actor, facts.standing) if stage.kind == "open"]
    closed = facts.deals.closed["now"]
    return [
        *(Lane(stage.name, stage.kind, _merged(stage.sums)) for stage in stages),
        Lane(str(_("Won")), "won", amount(closed.won)),
        Lane(str(_("Lost")), "lost", amount(closed.lost)),
    ]


def money(actor: Actor, view: View) -> tuple[CurrencyFacts, ...]:
    """Open, overdue and received money by currency."""
    since = clock.today() - timedelta(days=view.days)
    return money_facts(actor, since=since, until=clock.today(), owners=_owners(actor, view)).currencies


@dataclass(frozen=True)
class TaskBoard:
    facts: TaskFacts
    urgent: list[dict[str, Any]]


def task_board(actor: Actor, view: View) -> TaskBoard:
    """To-dos by state, and the most urgent ones with what they are about."""
    owners = _owners(actor, view)
    seen = open_tasks_of(actor, actor.id if reach(actor, view) is Scope.OWN else None)
    found = seen.filter(due__isnull=False).order_by("due", "id")
    if owners is not None:
        found = found.filter(owner__in=owners)
    urgent = list(found[:URGENT])
    titles = titles_of(actor, [(task.about_kind, task.about_id) for task in urgent])
    shown = [{"task": task, "about": titles.get(task.about_id)} for task in urgent if task.about_id]
    return TaskBoard(task_facts(actor, owners=owners, seen=seen), shown)


@dataclass(frozen=True)
class Months:
    """Won deals of the last twelve months: counts, and their sums by currency."""

    months: list[date]
    amounts: list[Amount]


def won_by_month(facts: SalesFacts) -> Months:
    return Months(facts.months, [amount(facts.deals.won[month]) for month in facts.months])
