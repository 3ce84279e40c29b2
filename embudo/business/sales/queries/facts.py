from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, Count, QuerySet, Sum

from embudo.business.sales.models import Lead, Opportunity, Stage, StageStay
from embudo.business.sales.rules.leads import LeadStatus
from embudo.business.sales.rules.pipelines import StageKind
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope
from embudo.kernel.together import together


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
class LeadSteps:
    """How far the leads of a period got; every step holds the later ones too."""

    leads: int = 0
    started: int = 0
    qualified: int = 0
    converted: int = 0
    disqualified: int = 0


@dataclass(frozen=True)
class ClosedFacts:
    won: tuple[MoneyFact, ...] = ()
    lost: tuple[MoneyFact, ...] = ()


Spans = Mapping[str, tuple[datetime | None, datetime | None]]  # name -> from, up to but without
StageSums = dict[UUID, tuple[MoneyFact, ...]]


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
    spans = {"asked": (since, until)}
    steps = lead_steps(actor, spans, reach=reach, owner=owner)["asked"]
    closed = closed_facts(actor, spans, reach=reach, owner=owner)["asked"]
    return FunnelFacts(
        **asdict(steps),
        stages=stage_facts(actor, stage_sums(actor, reach=reach, owner=owner)),
        won=closed.won,
        lost=closed.lost,
    )


def lead_steps(
    actor: Actor, spans: Spans, *, reach: Scope | None = None, owner: UUID | None = None
) -> dict[str, LeadSteps]:
    """How far the leads of each span got, by one statement."""
    leads = _reached(Lead.objects.visible_to(actor), actor, reach, owner).filter(status__in=LeadStatus.values)
    grouped = leads.order_by().values_list("status").annotate(n=Count("*"), ever=Count("qualified"))
    found = together(**{name: _within(grouped, "created", *span) for name, span in spans.items()})
    return {name: _steps(rows) for name, rows in found.items()}


def _steps(rows: Sequence[tuple[Any, ...]]) -> LeadSteps:
    """`qualified` counts those too that were qualified first and dropped later."""
    counts = {status: count for status, count, _ever in rows}
    return LeadSteps(
        leads=sum(counts.values()),
        started=sum(counts.values()) - counts.get(LeadStatus.NEW, 0),
        qualified=sum(ever for _status, _count, ever in rows),
        converted=counts.get(LeadStatus.CONVERTED, 0),
        disqualified=counts.get(LeadStatus.DISQUALIFIED, 0),
    )


def _summed(rows: QuerySet[Any], *by: str) -> QuerySet[Any]:
    """Counts and sums by currency, for each value of the columns `by`."""
    columns = (*by, "currency")
    found: QuerySet[Any] = rows.order_by().values_list(*columns)
    summed: QuerySet[Any] = found.annotate(n=Count("*"), total=Sum("value_minor"))
    return summed


def _money_facts(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[MoneyFact, ...]]:
    facts: dict[tuple[Any, ...], tuple[MoneyFact, ...]] = {}
    for *key, currency, count, total in rows:
        facts[tuple(key)] = (*facts.get(tuple(key), ()), MoneyFact(currency, count, int(total)))
    return facts


def stage_sums(actor: Actor, *, reach: Scope | None = None, owner: UUID | None = None) -> StageSums:
    """What stands in each stage now, by the stage's id."""
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, owner)
    return {stage_id: sums for (stage_id,), sums in _money_facts(_summed(deals, "stage_id")).items()}


def stage_facts(actor: Actor, sums: StageSums) -> tuple[StageFact, ...]:
    """The stages in their order, each with its sums."""
    found = Stage.objects.visible_to(actor).select_related("pipeline")
    return tuple(
        StageFact(
            stage.pk, stage.pipeline_id, str(stage), stage.kind, stage.order, stage.probability,
            sum(fact.count for fact in sums.get(stage.pk, ())), sums.get(stage.pk, ()),
        )
        for stage in found.order_by("-pipeline__is_default", "pipeline__name", "order")
    )  # fmt: skip


def closed_facts(
    actor: Actor, spans: Spans, *, reach: Scope | None = None, owner: UUID | None = None
) -> dict[str, ClosedFacts]:
    """What was won and lost within each span, by one statement."""
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, owner)
    grouped = _summed(deals.filter(state__in=(StageKind.WON, StageKind.LOST)), "state")
    found = together(**{name: _within(grouped, "closed", *span) for name, span in spans.items()})
    by_state = {name: _money_facts(rows) for name, rows in found.items()}
    return {
        name: ClosedFacts(sums.get((StageKind.WON,), ()), sums.get((StageKind.LOST,), ()))
        for name, sums in by_state.items()
    }


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
    for (owner_id,), sums in _money_facts(_summed(deals.filter(state=StageKind.OPEN), "owner_id")).items():
        _of(facts, owner_id).open_opportunities.extend(sums)
    closed = _within(deals.filter(state__in=(StageKind.WON, StageKind.LOST)), "closed", since, until)
    for (owner_id, state), sums in _money_facts(_summed(closed, "owner_id", "state")).items():
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
    # from the leads to their opportunities, one step along an index each: the other way round, all opportunities are read
    made = leads.filter(status=LeadStatus.CONVERTED).order_by()
    rows = made.values_list("opportunity__state", "opportunity__currency").annotate(
        n=Count("opportunity"), total=Sum("opportunity__value_minor")
    )
    found = _money_facts(row for row in rows if row[0])
    return {str(state): sums for (state,), sums in found.items()}


def won_by_month_facts(
    actor: Actor,
    *,
    months: Sequence[date],
    currencies: Collection[str] | None = None,
    reach: Scope | None = None,
    owner: UUID | None = None,
) -> dict[date, tuple[MoneyFact, ...]]:
    """
    What was won in each of these calendar months of the organisation, named by their first days. Who knows the
    `currencies` that there are spares the look at them.
    """
    deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, owner).filter(state=StageKind.WON)
    if currencies is None:
        currencies = set(deals.order_by().values_list("currency", flat=True).distinct())
    # a part for each month, for which the index holds just the rows that count: no row needs its month worked out
    grouped = _summed(deals.filter(currency__in=sorted(currencies)))
    found = together(**{month.isoformat(): _within(grouped, "closed", *_span(month)) for month in months})
    return {date.fromisoformat(name): _money_facts(rows).get((), ()) for name, rows in found.items()}


def _span(month: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    after = (month + timedelta(days=31)).replace(day=1)
    return datetime.combine(month, time(), zone), datetime.combine(after, time(), zone)
