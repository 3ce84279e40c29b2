from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from embudo.business.sales.models import OpportunityQuerySet, Stage

CARDS_A_LANE = 30
CARD_FIELDS = (
    "pk", "title", "company__name", "value_minor", "currency", "closes", "stage_since", "owner__name", "stage_id",
    "lost_reason",
)  # fmt: skip


@dataclass(frozen=True)
class BoardCard:
    id: UUID
    title: str
    company: str
    value_minor: int
    currency: str
    closes: date | None
    since: datetime
    owner: str
    stage_id: UUID
    lost_reason: str


@dataclass(frozen=True)
class LaneSum:
    stage_id: UUID
    currency: str
    count: int
    value_minor: int


def board_cards(
    found: OpportunityQuerySet, stages: Sequence[Stage], limit: int = CARDS_A_LANE
) -> list[BoardCard]:
    """The `limit` cards that came last to each stage: one statement, each part from one walk of an index."""
    if not stages:
        return []
    parts = [
        found.model.objects.filter(pk__in=_newest(found, stage, limit)).values_list(*CARD_FIELDS)
        for stage in stages
    ]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    cards = [BoardCard(*_filled(row)) for row in rows]
    return sorted(cards, key=lambda card: (card.since, card.id), reverse=True)


def _newest(found: OpportunityQuerySet, stage: Stage, limit: int) -> Any:
    return found.filter(stage=stage).order_by("-stage_since", "-id").values("pk")[:limit]


def _filled(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Joins that found nothing read as empty text."""
    return tuple("" if value is None and place in (2, 7) else value for place, value in enumerate(row))


def board_sums(found: OpportunityQuerySet, stages: Sequence[Stage]) -> list[LaneSum]:
    """How many stand in each stage and what they are worth, by currency."""
    rows = (
        found.filter(stage__in=[stage.pk for stage in stages])
        .values("stage_id", "currency")
        .annotate(n=Count("*"), total=Sum("value_minor"))
        .order_by()
    )
    return [LaneSum(row["stage_id"], row["currency"], row["n"], int(row["total"])) for row in rows]
