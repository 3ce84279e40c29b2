from embudo.business.sales.views.leads import (
    AssignLead,
    ConvertLead,
    DisqualifyLead,
    EditLead,
    LeadPage,
    Leads,
    NewLead,
    QualifyLead,
    ReopenLead,
    StartLead,
    UndoConversion,
)
from embudo.business.sales.views.opportunities import (
    AssignOpportunity,
    Board,
    EditOpportunity,
    LoseOpportunity,
    MoveOpportunity,
    NewOpportunity,
    Opportunities,
    OpportunityPage,
    ReopenOpportunity,
    WinOpportunity,
    company_opportunities,
    person_opportunities,
)
from embudo.business.sales.views.public_form import PublicForm, PublicThanks
from embudo.business.sales.views.sources import (
    ChangeSource,
    DefineSource,
    RenewSourceKey,
    SourcePage,
    Sources,
)

__all__ = [
    "AssignLead", "AssignOpportunity", "Board", "ChangeSource", "ConvertLead", "DefineSource", "DisqualifyLead",
    "EditLead", "EditOpportunity", "LeadPage", "Leads", "LoseOpportunity", "MoveOpportunity", "NewLead",
    "NewOpportunity", "Opportunities", "OpportunityPage", "PublicForm", "PublicThanks", "QualifyLead",
    "RenewSourceKey", "ReopenLead", "ReopenOpportunity", "SourcePage", "Sources", "StartLead", "UndoConversion",
    "WinOpportunity", "company_opportunities", "person_opportunities",
]  # fmt: skip
