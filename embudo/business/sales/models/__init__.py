from embudo.business.sales.models.leads import Lead, LeadQuerySet, LeadSource, RoutingTurn
from embudo.business.sales.models.opportunities import (
    Opportunity,
    OpportunityQuerySet,
    Pipeline,
    Stage,
    StageStay,
)

__all__ = [
    "Lead",
    "LeadQuerySet",
    "LeadSource",
    "Opportunity",
    "OpportunityQuerySet",
    "Pipeline",
    "RoutingTurn",
    "Stage",
    "StageStay",
]
