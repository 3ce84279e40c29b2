from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from embudo.business.sales.models import Lead, Opportunity, Stage, StageStay
from embudo.business.sales.rules.leads import LeadStatus
from embudo.business.sales.rules.pipelines import StageKind
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope


@dataclass(frozen=True)
class MoneyFact:
    """How many, and their value in one currency."""

    currency: str
    count: int
    value_minor: int


@dataclass(frozen=True)
class StageFact:
    """What stands in one stage now."""

    stage_id: UUID
    pipeline_id: UUID
    name: str
    kind: str
    order: int
    probability: int
    count: int
    sums: tuple[MoneyFact, ...] = ()


@dataclass(frozen=True)
class FunnelFacts:
    """
    Of the leads that came within a period, how far they got (every step holds the later ones too); what stands in each
    stage now; what was won and lost within the period, by currency.
    """

    leads: int = 0
    started: int = 0
    qualified: int = 0
    converted: int = 0
    disqualified: int = 0
    stages: tuple[StageFact, ...] = ()
    won: tuple[MoneyFact, ...] = ()
    lost: tuple[MoneyFact, ...] = ()


@dataclass(frozen=True)
class StayFact:
    """Stays in one stage that ended within a period."""

    stage_id: UUID
    name: str
    count: int
    average_seconds: float


@dataclass
class OwnerFact:
    """One seller's figures; None stands for what nobody has."""

    owner_id: UUID | None
    open_leads: int = 0
    open_opportunities: list[MoneyFact] = field(default_factory=list)
    won: list[MoneyFact] = field(default_factory=list)
    lost: list[MoneyFact] = field(default_factory=list)


def _reached(rows: QuerySet[Any], actor: Actor, reach: Scope | None, owner: UUID | None) -> QuerySet[Any]:
    """Narrows what the actor sees to their own, their team's or their people's, or to one owner's."""
    if owner is not None:
        return rows.filter(owner=owner)
    owners = None if reach is None else actor.owners(reach)
    return rows if owners is None else rows.filter(owner__in=owners)


def _within(
    rows: QuerySet[Any], column: str, since: datetime | None, until: datetime | None
) -> QuerySet[Any]:
    """From `since` up to, but without, `until`."""
    if since is not None:
        rows = rows.filter(**{f"{column}__gte": since})
    return rows if until is None else rows.filter(**{f"{column}__lt": until})


def funnel_facts(
    actor: Actor,
    *,
    reach: Scope | None = None,
    owner: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> FunnelFacts:
    """The funnel of what the actor sees, narrowed by `reach` (own, team, subtree) or to one `owner`."""
    leads = _within(_reached(Lead.objects.visible_to(actor), actor, reach, owner), "created", since, until)
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, owner)
    return FunnelFacts(
        **_lead_steps(leads),
        stages=_stage_facts(actor, deals),
        won=_closed_facts(deals, StageKind.WON, since, until),
        lost=_closed_facts(deals, StageKind.LOST, since, until),
    )


def _lead_steps(leads: QuerySet[Lead]) -> dict[str, int]:
    """`qualified` counts those too that were qualified first and dropped later."""
    rows = list(leads.order_by().values_list("status").annotate(n=Count("*"), ever=Count("qualified")))
    counts = {status: count for status, count, _ever in rows}
    return {
        "leads": sum(counts.values()),
        "started": sum(counts.values()) - counts.get(LeadStatus.NEW, 0),
        "qualified": sum(ever for _status, _count, ever in rows),
        "converted": counts.get(LeadStatus.CONVERTED, 0),
        "disqualified": counts.get(LeadStatus.DISQUALIFIED, 0),
    }


def _money_facts(rows: QuerySet[Any], *by: str) -> dict[tuple[Any, ...], tuple[MoneyFact, ...]]:
    """Counts and sums by currency, for each value of the columns `by`."""
    grouped = rows.order_by().values_list(*by, "currency").annotate(n=Count("*"), total=Sum("value_minor"))
    facts: dict[tuple[Any, ...], tuple[MoneyFact, ...]] = {}
    for *key, currency, count, total in grouped:
        facts[tuple(key)] = (*facts.get(tuple(key), ()), MoneyFact(currency, count, int(total)))
    return facts


def _stage_facts(actor: Actor, deals: QuerySet[Opportunity]) -> tuple[StageFact, ...]:
    sums = _money_facts(deals, "stage_id")
    found = Stage.objects.visible_to(actor).order_by("-pipeline__is_default", "pipeline__name", "order")
    return tuple(
        StageFact(
            stage.pk, stage.pipeline_id, str(stage), stage.kind, stage.order, stage.probability,
            sum(fact.count for fact in sums.get((stage.pk,), ())), sums.get((stage.pk,), ()),
        )
        for stage in found
    )  # fmt: skip


def _closed_facts(
    deals: QuerySet[Opportunity], state: StageKind, since: datetime | None, until: datetime | None
) -> tuple[MoneyFact, ...]:
    return _money_facts(_within(deals.filter(state=state), "closed", since, until)).get((), ())


def stage_stay_facts(
    actor: Actor,
    *,
    reach: Scope | None = None,
    owner: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[StayFact]:
    """How long opportunities stood in each stage, over the stays that ended within the period."""
    ended = _within(StageStay.objects.visible_to(actor).filter(left__isnull=False), "left", since, until)
    owners = [owner] if owner else (None if reach is None else actor.owners(reach))
    if owners is not None:
        ended = ended.filter(opportunity__owner__in=owners)
    rows = ended.order_by().values_list("stage_id").annotate(n=Count("*"), mean=Avg("seconds"))
    figures = {stage_id: (count, float(mean)) for stage_id, count, mean in rows}
    found = Stage.objects.visible_to(actor).order_by("pipeline__name", "order")
    return [StayFact(stage.pk, str(stage), *figures[stage.pk]) for stage in found if stage.pk in figures]


def owner_facts(
    actor: Actor, *, reach: Scope | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[OwnerFact]:
    """Each seller's open leads and opportunities now, and what they won and lost within the period."""
    leads = _reached(Lead.objects.visible_to(actor).open(), actor, reach, None)
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, None)
    facts: dict[UUID | None, OwnerFact] = {}
    for owner_id, count in leads.order_by().values_list("owner_id").annotate(n=Count("*")):
        _of(facts, owner_id).open_leads = count
    for (owner_id,), sums in _money_facts(deals.filter(state=StageKind.OPEN), "owner_id").items():
        _of(facts, owner_id).open_opportunities.extend(sums)
    closed = _within(deals.filter(state__in=(StageKind.WON, StageKind.LOST)), "closed", since, until)
    for (owner_id, state), sums in _money_facts(closed, "owner_id", "state").items():
        fact = _of(facts, owner_id)
        (fact.won if state == StageKind.WON else fact.lost).extend(sums)
    return list(facts.values())


def _of(facts: dict[UUID | None, OwnerFact], owner_id: UUID | None) -> OwnerFact:
    return facts.setdefault(owner_id, OwnerFact(owner_id))


def cohort_facts(
    actor: Actor,
    *,
    reach: Scope | None = None,
    owner: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, tuple[MoneyFact, ...]]:
    """Of the leads that came within the period: the opportunities made of them, by how those stand ("open", "won", "lost")."""
    leads = _within(_reached(Lead.objects.visible_to(actor), actor, reach, owner), "created", since, until)
    made = Opportunity.objects.filter(lead__in=leads)
    return {str(state): sums for (state,), sums in _money_facts(made, "state").items()}


def won_by_month_facts(
    actor: Actor, *, since: datetime, reach: Scope | None = None, owner: UUID | None = None
) -> dict[date, tuple[MoneyFact, ...]]:
    """What was won in each calendar month of the organisation since `since`, by the month's first day."""
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, owner)
    won = deals.filter(state=StageKind.WON, closed__gte=since)
    months = won.annotate(month=TruncMonth("closed", tzinfo=ZoneInfo(settings.TIME_ZONE)))
    return {month.date(): sums for (month,), sums in _money_facts(months, "month").items()}
