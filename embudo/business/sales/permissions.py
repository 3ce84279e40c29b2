from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission, Scope

SALES = ("manager", "seller")
FOR_ALL = {"manager": Scope.ALL, "seller": Scope.ALL}

VIEW_LEADS = Permission("sales.view_lead", _("See leads"), roles=SALES)
SUBMIT_LEAD = Permission("sales.submit_lead", _("Enter leads"), roles=SALES, scopes=FOR_ALL)
EDIT_LEAD = Permission("sales.edit_lead", _("Edit leads"), roles=SALES)
DELETE_LEAD = Permission("sales.delete_lead", _("Delete leads"), roles=SALES)
ASSIGN_LEAD = Permission("sales.assign_lead", _("Assign leads"), roles=SALES)
QUALIFY_LEAD = Permission("sales.qualify_lead", _("Work, qualify and disqualify leads"), roles=SALES)
CONVERT_LEAD = Permission("sales.convert_lead", _("Convert leads and undo a conversion"), roles=SALES)

VIEW_OPPORTUNITIES = Permission("sales.view_opportunity", _("See opportunities"), roles=SALES)
OPEN_OPPORTUNITY = Permission("sales.open_opportunity", _("Open opportunities"), roles=SALES, scopes=FOR_ALL)
EDIT_OPPORTUNITY = Permission("sales.edit_opportunity", _("Edit opportunities"), roles=SALES)
DELETE_OPPORTUNITY = Permission("sales.delete_opportunity", _("Delete opportunities"), roles=SALES)
ASSIGN_OPPORTUNITY = Permission("sales.assign_opportunity", _("Assign opportunities"), roles=SALES)
MOVE_OPPORTUNITY = Permission(
    "sales.move_opportunity", _("Move, win, lose and reopen opportunities"), roles=SALES
)

VIEW_PIPELINES = Permission(
    "sales.view_pipeline", _("See pipelines and their stages"), roles=SALES, scoped=False
)
MANAGE_PIPELINES = Permission("sales.manage_pipelines", _("Define pipelines"), scoped=False)
VIEW_SOURCES = Permission("sales.view_source", _("See where leads come from"), roles=SALES, scoped=False)
MANAGE_SOURCES = Permission(
    "sales.manage_sources", _("Define lead forms and keys"), roles=("manager",), scoped=False
)
