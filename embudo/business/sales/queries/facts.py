from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg, CharField, Count, QuerySet, Sum, Value

from embudo.business.sales.models import Lead, Opportunity, Stage, StageStay
from embudo.business.sales.rules.leads import LeadStatus
from embudo.business.sales.rules.pipelines import StageKind
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope
from embudo.kernel.prepared import PLAIN_SCOPES, PreparedSight
from embudo.kernel.together import joined, parted, together


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


ENDS = "since", "until"
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
    if reach is Scope.OWN and owner is None and actor.id is None:
        return {}
    if reach in PLAIN_SCOPES:
        rows = STANDING.seen(actor, of=owner or (actor.id if reach is Scope.OWN else None))
    else:
        rows = list(_standing(actor, reach=reach, of=owner))
    return {stage_id: sums for (stage_id,), sums in _money_facts(rows).items()}


def _standing(actor: Actor, *, reach: Scope | None = None, of: UUID | None = None) -> QuerySet[Any]:
    return _summed(_reached(Opportunity.objects.visible_to(actor), actor, reach, of), "stage_id")


STANDING = PreparedSight(Opportunity.view_permission, _standing)


def stage_facts(actor: Actor, sums: StageSums) -> tuple[StageFact, ...]:
    """The stages in their order, each with its sums."""
    return tuple(
        StageFact(
            stage.pk, stage.pipeline_id, str(stage), stage.kind, stage.order, stage.probability,
            sum(fact.count for fact in sums.get(stage.pk, ())), sums.get(stage.pk, ()),
        )
        for stage in STAGES.seen(actor)
    )  # fmt: skip


STAGES = PreparedSight(
    Stage.view_permission,
    lambda actor: (
        Stage.objects.visible_to(actor)
        .select_related("pipeline")
        .order_by("-pipeline__is_default", "pipeline__name", "order")
    ),
)


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


@dataclass(frozen=True)
class LeadFacts:
    """
    How far the leads of each span got; and of those that came since a moment, the opportunities made of them, by how these
    stand ("open", "won", "lost").
    """

    steps: dict[str, LeadSteps]
    made: dict[str, tuple[MoneyFact, ...]]


def lead_facts(actor: Actor, spans: Spans, *, since: datetime, reach: Scope | None = None) -> LeadFacts:
    """By one statement."""
    found = _asked(LEADS, actor, reach, {"since": since, **_moments(spans)})
    made = _money_facts(row for row in found["made"] if row[0])
    return LeadFacts(
        {name: _steps([(row[0], *row[2:]) for row in found[name]]) for name in spans},
        {str(state): sums for (state,), sums in made.items()},
    )


def _leads(actor: Actor, *, reach: Scope | None = None, of: UUID | None = None, **at: Any) -> QuerySet[Any]:
    """Columns: status or state, currency, how many, how many ever qualified or the sum of their values."""
    leads = _reached(Lead.objects.visible_to(actor), actor, reach, of).order_by()
    known = leads.filter(status__in=LeadStatus.values).annotate(none=Value("", output_field=CharField()))
    steps = known.values_list("status", "none").annotate(n=Count("*"), ever=Count("qualified"))
    # from the leads to their opportunities, one step along an index each: the other way round, all opportunities are read
    made = leads.filter(status=LeadStatus.CONVERTED, created__gte=at.pop("since"))
    sums = made.values_list("opportunity__state", "opportunity__currency").annotate(
        n=Count("opportunity"), total=Sum("opportunity__value_minor")
    )
    return joined(made=sums, **{name: _within(steps, "created", *span) for name, span in _spans(at).items()})


@dataclass(frozen=True)
class DealFacts:
    """What was won and lost within each span; and what was won in each calendar month, named by its first day."""

    closed: dict[str, ClosedFacts]
    won: dict[date, tuple[MoneyFact, ...]]


def deal_facts(
    actor: Actor,
    spans: Spans,
    *,
    months: Sequence[date],
    currencies: Collection[str],
    reach: Scope | None = None,
) -> DealFacts:
    """By one statement. `currencies` are all that there are among the deals; the months are the organisation's."""
    names = {month: f"month{number}" for number, month in enumerate(months)} if currencies else {}
    asked = {**spans, **{name: _span(month) for month, name in names.items()}}
    found = _asked(_deals(tuple(sorted(currencies))), actor, reach, _moments(asked))
    sums = {name: _money_facts(found[name]) for name in asked}
    closed = {
        name: ClosedFacts(sums[name].get((StageKind.WON,), ()), sums[name].get((StageKind.LOST,), ()))
        for name in spans
    }
    won = {month: sums[name].get((StageKind.WON,), ()) for month, name in names.items()}
    return DealFacts(closed, {month: won.get(month, ()) for month in months})


@lru_cache(maxsize=64)
def _deals(currencies: tuple[str, ...]) -> PreparedSight:
    def build(
        actor: Actor, *, reach: Scope | None = None, of: UUID | None = None, **at: Any
    ) -> QuerySet[Any]:
        deals = _reached(Opportunity.objects.visible_to(actor), actor, reach, of)
        closed = _summed(deals.filter(state__in=(StageKind.WON, StageKind.LOST)), "state")
        # a part for each month, for which the index holds just the rows that count: no row needs its month worked out
        won = _summed(deals.filter(state=StageKind.WON, currency__in=currencies), "state")
        spans = _spans(at)
        return joined(
            **{
                name: _within(won if name.startswith("month") else closed, "closed", *span)
                for name, span in spans.items()
            }
        )

    return PreparedSight(Opportunity.view_permission, build)


LEADS = PreparedSight(Lead.view_permission, _leads)


def _asked(
    prepared: PreparedSight, actor: Actor, reach: Scope | None, values: dict[str, Any]
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each part. A team, and those below, are asked for as they are; one's own by one's id."""
    if reach is Scope.OWN and actor.id is None:
        return defaultdict(list)
    if reach in PLAIN_SCOPES:
        rows = prepared.seen(actor, of=actor.id if reach is Scope.OWN else None, **values)
    else:
        rows = list(prepared.build(actor, reach=reach, **values))
    return parted(rows)


def _moments(spans: Spans) -> dict[str, datetime | None]:
    """The ends of each span under names of their own, in the one zone that every database and year can tell."""
    ends = {f"{name}_{end}": span[place] for name, span in spans.items() for place, end in enumerate(ENDS)}
    return {name: moment and moment.astimezone(UTC) for name, moment in ends.items()}


def _spans(moments: Mapping[str, datetime | None]) -> Spans:
    names = dict.fromkeys(name.rpartition("_")[0] for name in moments)
    return {name: (moments[f"{name}_{ENDS[0]}"], moments[f"{name}_{ENDS[1]}"]) for name in names}


def _span(month: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    after = (month + timedelta(days=31)).replace(day=1)
    return datetime.combine(month, time(), zone), datetime.combine(after, time(), zone)
