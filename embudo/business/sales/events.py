from dataclasses import dataclass
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class SourceDefined(Event):
    source_id: UUID


@dataclass(frozen=True)
class SourceChanged(Event):
    source_id: UUID


@dataclass(frozen=True)
class LeadCreated(Event):
    lead_id: UUID
    source_id: UUID | None


@dataclass(frozen=True)
class LeadAssigned(Event):
    """`by_id` is who assigned it; None when it was routed by turns."""

    lead_id: UUID
    owner_id: UUID
    by_id: UUID | None


@dataclass(frozen=True)
class LeadChanged(Event):
    lead_id: UUID


@dataclass(frozen=True)
class LeadStarted(Event):
    lead_id: UUID


@dataclass(frozen=True)
class LeadQualified(Event):
    lead_id: UUID


@dataclass(frozen=True)
class LeadDisqualified(Event):
    lead_id: UUID
    reason: str


@dataclass(frozen=True)
class LeadReopened(Event):
    lead_id: UUID


@dataclass(frozen=True)
class LeadConverted(Event):
    lead_id: UUID
    opportunity_id: UUID
    company_id: UUID
    person_id: UUID | None


@dataclass(frozen=True)
class ConversionUndone(Event):
    lead_id: UUID
    opportunity_id: UUID
    left: int


@dataclass(frozen=True)
class PipelineDefined(Event):
    pipeline_id: UUID


@dataclass(frozen=True)
class OpportunityOpened(Event):
    opportunity_id: UUID
    stage_id: UUID


@dataclass(frozen=True)
class OpportunityChanged(Event):
    opportunity_id: UUID


@dataclass(frozen=True)
class OpportunityAssigned(Event):
    opportunity_id: UUID
    owner_id: UUID
    by_id: UUID | None


@dataclass(frozen=True)
class OpportunityMoved(Event):
    opportunity_id: UUID
    from_stage_id: UUID
    to_stage_id: UUID


@dataclass(frozen=True)
class OpportunityWon(Event):
    opportunity_id: UUID
    company_id: UUID | None
    value_minor: int
    currency: str


@dataclass(frozen=True)
class OpportunityLost(Event):
    opportunity_id: UUID
    reason: str


@dataclass(frozen=True)
class OpportunityReopened(Event):
    opportunity_id: UUID
    stage_id: UUID
