from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.sales.events import LeadAssigned, OpportunityAssigned
from embudo.business.sales.models import Lead, Opportunity
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.foundation.notify.rules.news import MailBody
from embudo.kernel.actor import system_actor
from embudo.kernel.event import on


@on(LeadAssigned)
def tell_lead_owner(event: LeadAssigned, entry: Any) -> None:
    """Whoever is given a lead learns it, by mail with the facts unless that is switched off; never by their own act."""
    actor = system_actor("lead assigned")
    lead = Lead.objects.visible_to(actor).filter(pk=event.lead_id).select_related("source").first()
    owner = _told(event.owner_id, event.by_id)
    if lead is None or owner is None or lead.owner_id != owner.pk:
        return
    with translation.override(owner.language):
        title = gettext("New lead: %(name)s") % {"name": lead.name}
    tell_user(
        actor,
        user=owner,
        kind="sales.lead_assigned",
        title=title,
        body=lead.company_name,
        url=reverse("sales:lead", args=[lead.pk]),
        key=f"sales.lead_assigned:{entry.pk}",
        mail=MailBody("sales/lead_assigned", {"lead": lead, "source": lead.source}),
    )


@on(OpportunityAssigned)
def tell_opportunity_owner(event: OpportunityAssigned, entry: Any) -> None:
    """Whoever is given an opportunity by a colleague learns it."""
    actor = system_actor("opportunity assigned")
    found = (
        Opportunity.objects.visible_to(actor)
        .filter(pk=event.opportunity_id)
        .select_related("company")
        .first()
    )
    owner = _told(event.owner_id, event.by_id)
    if found is None or owner is None or found.owner_id != owner.pk:
        return
    with translation.override(owner.language):
        title = gettext("Opportunity given to you: %(title)s") % {"title": found.title}
    tell_user(
        actor,
        user=owner,
        kind="sales.opportunity_assigned",
        title=title,
        body=found.company.name if found.company else "",
        url=reverse("sales:opportunity", args=[found.pk]),
        key=f"sales.opportunity_assigned:{entry.pk}",
    )


def _told(owner_id: UUID, by_id: UUID | None) -> User | None:
    """The owner, unless they gave it to themselves or may no longer sign in."""
    if owner_id == by_id:
        return None
    return User.objects.filter(pk=owner_id, is_active=True).first()  # type: ignore[no-any-return]
