from embudo.business.sales.commands.conversion import convert_lead, undo_conversion
from embudo.business.sales.commands.editing import (
    assign_leads,
    assign_opportunities,
    change_leads,
    change_opportunities,
)
from embudo.business.sales.commands.enquiries import submit_lead
from embudo.business.sales.commands.import_opportunities import import_opportunities
from embudo.business.sales.commands.imports import import_leads
from embudo.business.sales.commands.leads import (
    assign_lead,
    disqualify_lead,
    edit_lead,
    qualify_lead,
    reopen_lead,
    start_lead,
)
from embudo.business.sales.commands.opportunities import (
    assign_opportunity,
    edit_opportunity,
    lose_opportunity,
    move_opportunity,
    open_opportunity,
    reopen_opportunity,
    win_opportunity,
)
from embudo.business.sales.commands.pipelines import define_default_pipeline, define_pipeline
from embudo.business.sales.commands.sources import change_source, define_source, renew_source_key

__all__ = [
    "assign_lead",
    "assign_leads",
    "assign_opportunities",
    "assign_opportunity",
    "change_leads",
    "change_opportunities",
    "change_source",
    "convert_lead",
    "define_default_pipeline",
    "define_pipeline",
    "define_source",
    "disqualify_lead",
    "edit_lead",
    "edit_opportunity",
    "import_leads",
    "import_opportunities",
    "lose_opportunity",
    "move_opportunity",
    "open_opportunity",
    "qualify_lead",
    "renew_source_key",
    "reopen_lead",
    "reopen_opportunity",
    "start_lead",
    "submit_lead",
    "undo_conversion",
    "win_opportunity",
]
