from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.sales import commands, permissions, queries
from embudo.business.sales.commands.editing import LEAD_EDITING, OPPORTUNITY_EDITING
from embudo.business.sales.commands.recycled import LEAD_RECYCLING, OPPORTUNITY_RECYCLING
from embudo.business.sales.models import Lead, LeadSource, Opportunity, Pipeline
from embudo.business.sales.queries.import_opportunities import (
    checked_opportunities,
    opportunities_by_key,
    opportunity_key,
)
from embudo.business.sales.queries.imports import checked_leads, lead_key, leads_by_key
from embudo.business.sales.rules.imports import (
    LEAD_FIELDS,
    LEAD_KEYS,
    OPPORTUNITY_FIELDS,
    OPPORTUNITY_KEYS,
)
from embudo.business.sales.rules.leads import DisqualifyReason
from embudo.business.sales.rules.pipelines import LostReason
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.queries import by_unique_attributes, import_fields
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, register_menu, register_panel
from embudo.kernel.kind import Importing, RecordKind, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def lead_url(lead_id: UUID) -> str:
    return reverse("sales:lead", args=[lead_id])


def opportunity_url(opportunity_id: UUID) -> str:
    return reverse("sales:opportunity", args=[opportunity_id])


def source_url(source_id: UUID) -> str:
    return reverse("sales:source", args=[source_id])


def board_url(pipeline_id: UUID) -> str:
    return f"{reverse('sales:board')}?pipeline={pipeline_id}"


def lead_search(lead: Lead) -> SearchText:
    words = tuple(filter(None, (lead.name, lead.company_name, lead.email, lead.phone)))
    return SearchText(lead.name, " · ".join(filter(None, (lead.company_name, lead.email))), words)


def opportunity_search(found: Opportunity) -> SearchText:
    house = found.company.name if found.company else ""
    return SearchText(found.title, house, tuple(filter(None, (found.title, house))))


LEADS_FROM_FILES = Importing(
    permission=permissions.SUBMIT_LEAD,
    fields=lambda actor: (*LEAD_FIELDS, *import_fields(actor, Lead.kind_name())),
    keys=LEAD_KEYS,
    check=checked_leads,
    key_of=lead_key,
    find=leads_by_key,
    write=lambda actor, rows: commands.import_leads(actor, rows=rows),
)
OPPORTUNITIES_FROM_FILES = Importing(
    permission=permissions.OPEN_OPPORTUNITY,
    fields=lambda actor: (*OPPORTUNITY_FIELDS, *import_fields(actor, Opportunity.kind_name())),
    keys=OPPORTUNITY_KEYS,
    check=checked_opportunities,
    key_of=opportunity_key,
    find=opportunities_by_key,
    write=lambda actor, rows: commands.import_opportunities(actor, rows=rows),
)


def register() -> None:
    register_kinds()
    register_places()
    register_wording()
    register_helps()
    register_notification_kind(
        NotificationKind(
            "sales.lead_assigned",
            _("A lead is given to me"),
            mails_allowed=lambda: organisation().is_mailing_assignments,
        )
    )
    register_notification_kind(
        NotificationKind("sales.opportunity_assigned", _("An opportunity is given to me"), is_mailed=False)
    )


def register_kinds() -> None:
    register_kind(
        RecordKind(
            Lead, _("lead"), _("leads"), "inbox",
            title=lambda lead: lead.name, url=lead_url, fetch=queries.lead, search=lead_search,
            importing=by_unique_attributes(LEADS_FROM_FILES, Lead), editing=LEAD_EDITING, recycling=LEAD_RECYCLING,
        )
    )  # fmt: skip
    register_kind(
        RecordKind(
            Opportunity, _("opportunity"), _("opportunities"), "handshake",
            title=lambda found: found.title, url=opportunity_url, fetch=queries.opportunity,
            search=opportunity_search, search_with=("company",), editing=OPPORTUNITY_EDITING,
            recycling=OPPORTUNITY_RECYCLING,
            importing=by_unique_attributes(OPPORTUNITIES_FROM_FILES, Opportunity),
        )
    )  # fmt: skip
    register_kind(
        RecordKind(
            LeadSource, _("lead source"), _("lead sources"), "webhook",
            title=lambda source: source.name, url=source_url, fetch=queries.lead_source,
        )
    )  # fmt: skip
    register_kind(
        RecordKind(
            Pipeline, _("pipeline"), _("pipelines"), "kanban",
            title=str, url=board_url, fetch=queries.pipeline,
        )
    )  # fmt: skip


def register_places() -> None:
    view_leads, view_deals = permissions.VIEW_LEADS, permissions.VIEW_OPPORTUNITIES
    register_menu(
        MenuEntry(_("Leads"), "sales:leads", "inbox", view_leads, 20, badge=queries.new_leads_count)
    )
    register_menu(MenuEntry(_("Opportunities"), "sales:opportunities", "handshake", view_deals, 25))
    register_menu(MenuEntry(_("Pipeline"), "sales:board", "kanban", view_deals, 30))
    register_menu(
        MenuEntry(
            _("Lead sources"), "sales:sources", "webhook", permissions.MANAGE_SOURCES, 900, _("Settings")
        )
    )
    for kind, name in (("directory.company", "company"), ("directory.person", "person")):
        address = f"sales:{name}_opportunities"
        register_panel(
            Panel(
                kind,
                "main",
                _("Opportunities"),
                lambda record_id, at=address: reverse(at, args=[record_id]),
                view_deals,
                20,
                statements=1,
            )
        )


def _lost_words(data: Mapping[str, Any]) -> Any:
    reasons = dict(LostReason.choices)
    return _("lost the opportunity: %(reason)s") % {"reason": reasons.get(data.get("reason", ""), "")}


def _disqualified_words(data: Mapping[str, Any]) -> Any:
    reasons = dict(DisqualifyReason.choices)
    return _("disqualified the lead: %(reason)s") % {"reason": reasons.get(data.get("reason", ""), "")}


def register_wording() -> None:
    for name, text, icon, tone in (
        ("LeadCreated", _("sent the enquiry"), "inbox", "info"),
        ("LeadAssigned", _("gave the lead to an owner"), "user-check", ""),
        ("LeadChanged", _("changed the lead"), "pencil", ""),
        ("LeadStarted", _("began to work on the lead"), "play", ""),
        ("LeadQualified", _("qualified the lead"), "badge-check", "ok"),
        ("LeadDisqualified", _disqualified_words, "ban", "bad"),
        ("LeadReopened", _("took the lead back into work"), "rotate-ccw", ""),
        ("LeadConverted", _("converted the lead"), "arrow-right", "accent"),
        ("ConversionUndone", _("undid the conversion"), "undo-2", ""),
        ("OpportunityOpened", _("opened the opportunity"), "plus", "info"),
        ("OpportunityChanged", _("changed the opportunity"), "pencil", ""),
        ("OpportunityAssigned", _("gave the opportunity to an owner"), "user-check", ""),
        ("OpportunityMoved", _("moved the opportunity to another stage"), "move-horizontal", "accent"),
        ("OpportunityWon", _("won the opportunity"), "trophy", "ok"),
        ("OpportunityLost", _lost_words, "thumbs-down", "bad"),
        ("OpportunityReopened", _("reopened the opportunity"), "rotate-ccw", ""),
        ("SourceDefined", _("made the lead source"), "plus", ""),
        ("SourceChanged", _("changed the lead source"), "pencil", ""),
        ("PipelineDefined", _("defined the pipeline"), "kanban", ""),
    ):
        register_event_text(f"sales.{name}", text, icon, tone)


def register_helps() -> None:
    for page in ("leads", "lead", "lead_new", "lead_convert"):
        register_help(f"sales:{page}", _("Leads"), "sales/help/leads.html")
    for page in ("opportunities", "opportunity", "opportunity_new"):
        register_help(f"sales:{page}", _("Opportunities"), "sales/help/opportunities.html")
    register_help("sales:board", _("Pipeline"), "sales/help/board.html")
    for page in ("sources", "source", "source_new"):
        register_help(f"sales:{page}", _("Lead sources"), "sales/help/sources.html")
