from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.sales.commands.enquiries import found_by
from embudo.business.sales.events import (
    LeadAssigned,
    LeadChanged,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadStarted,
)
from embudo.business.sales.models import Lead
from embudo.business.sales.permissions import ASSIGN_LEAD, EDIT_LEAD, QUALIFY_LEAD
from embudo.business.sales.rules.enquiries import checked_enquiry
from embudo.business.sales.rules.leads import (
    DisqualifyReason,
    LeadStatus,
    check_open,
    check_qualifiable,
    check_reason,
    check_reopenable,
    check_startable,
)
from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import lock

TYPED = ("name", "company_name", "job_title", "email", "phone", "message")


@command(EDIT_LEAD)
def edit_lead(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    lead: Lead,
    *,
    name: str | None = None,
    company_name: str | None = None,
    job_title: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    country: str | None = None,
    message: str | None = None,
    custom: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Lead:
    """Changes what is given. Refuses a closed lead, a stale version and (Invalid) what submit_lead refuses."""
    lead = lock(lead, version=version)
    check_open(lead.status)
    given = {
        "name": name, "company_name": company_name, "job_title": job_title, "email": email, "phone": phone,
        "message": message,
    }  # fmt: skip
    typed: dict[str, Any] = {key: getattr(lead, key) if text is None else text for key, text in given.items()}
    home = lead.country if country is None else country
    enquiry = checked_enquiry(country=home, **typed)
    kept = replace(enquiry, country=home.strip().upper())
    more = custom_values(actor, Lead, custom, record=lead)
    update(lead, **kept.values(), **found_by(kept), custom=more)
    publish(LeadChanged(lead.id), lead)
    return lead


@command(ASSIGN_LEAD)
def assign_lead(actor: Actor, lead: Lead, *, owner: User) -> Lead:
    """Gives the lead to a colleague, who is told. Refuses a closed lead and a colleague who may not sign in."""
    lead = lock(lead)
    check_open(lead.status)
    check_active(owner)
    if lead.owner_id != owner.pk:
        update(lead, owner=owner)
        publish(LeadAssigned(lead.id, owner.pk, actor.id), lead)
    return lead


def check_active(owner: User) -> None:
    if not owner.is_active:
        raise Invalid({"owner": [_("Choose a colleague who may sign in.")]})


@command(QUALIFY_LEAD)
def start_lead(actor: Actor, lead: Lead) -> Lead:
    """Notes that work on the lead has begun. Refuses a lead that is not new."""
    lead = lock(lead)
    check_startable(lead.status)
    update(lead, status=LeadStatus.WORKING, started=clock.now())
    publish(LeadStarted(lead.id), lead)
    return lead


@command(QUALIFY_LEAD)
def qualify_lead(actor: Actor, lead: Lead) -> Lead:
    """Marks the lead as worth an opportunity. Refuses a closed or qualified one."""
    lead = lock(lead)
    check_qualifiable(lead.status)
    now = clock.now()
    update(lead, status=LeadStatus.QUALIFIED, qualified=now, started=lead.started or now)
    publish(LeadQualified(lead.id), lead)
    return lead


@command(QUALIFY_LEAD)
def disqualify_lead(actor: Actor, lead: Lead, *, reason: str, note: str = "") -> Lead:
    """Closes the lead with a reason from the list. Refuses a closed one, and (Invalid) "other" without a note."""
    lead = lock(lead)
    check_open(lead.status)
    tidy = check_reason(reason, note, DisqualifyReason)
    update(lead, status=LeadStatus.DISQUALIFIED, reason=reason, reason_note=tidy, closed=clock.now())
    publish(LeadDisqualified(lead.id, reason), lead)
    return lead


@command(QUALIFY_LEAD)
def reopen_lead(actor: Actor, lead: Lead) -> Lead:
    """Takes a disqualified or qualified lead back into work. Refuses an open and a converted one."""
    lead = lock(lead)
    check_reopenable(lead.status)
    now = clock.now()
    update(
        lead, status=LeadStatus.WORKING, started=lead.started or now, qualified=None, closed=None, reason="",
        reason_note="",
    )  # fmt: skip
    publish(LeadReopened(lead.id), lead)
    return lead
