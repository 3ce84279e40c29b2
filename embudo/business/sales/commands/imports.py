from collections.abc import Mapping, Sequence
from typing import Any

from embudo.business.sales.commands.enquiries import found_by
from embudo.business.sales.events import LeadChanged, LeadCreated
from embudo.business.sales.models import Lead
from embudo.business.sales.permissions import EDIT_LEAD, SUBMIT_LEAD
from embudo.business.sales.rules.enquiries import Enquiry
from embudo.business.sales.rules.leads import check_open
from embudo.foundation.attributes.queries import custom_values, default_values
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.importing import Plan, write_rows
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.prepared import made

TYPED = ("name", "company_name", "job_title", "email", "phone", "message", "country")


@command(SUBMIT_LEAD)
def import_leads(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Creates and changes leads from the checked rows of a file; new ones belong to the owner named, else to the actor, and
    nobody is told. Rows about closed leads, and others' leads, fail by themselves.
    """
    usual = default_values(Lead)

    def build(values: Mapping[str, Any]) -> Lead:
        enquiry = Enquiry(**{name: values.get(name) or "" for name in TYPED})
        owner_id = values.get("owner") or actor.id
        more = values.get("custom")
        custom = custom_values(actor, Lead, more, has_no_files=True) if more else dict(usual)
        said = {**enquiry.values(), **found_by(enquiry), "owner_id": owner_id, "custom": custom}
        return made(Lead, said)

    plan = Plan(
        Lead,
        EDIT_LEAD,
        build,
        lambda lead, values: _revised(actor, lead, values),
        made=lambda lead: LeadCreated(lead.pk, None),
        changed=lambda lead: LeadChanged(lead.pk),
    )
    return write_rows(actor, rows, plan).results


def _revised(actor: Actor, lead: Lead, values: Mapping[str, Any]) -> dict[str, Any]:
    """The owner of a known lead stays: leads are handed over by assigning them. What says nothing new touches no closed one."""
    said = {name: value for name, value in values.items() if name in TYPED}
    if more := values.get("custom"):
        custom = custom_values(actor, Lead, more, record=lead)
        said |= {"custom": custom} if custom != lead.custom else {}
    if not said:
        return {}
    check_open(lead.status)
    enquiry = Enquiry(**{name: said.get(name, getattr(lead, name)) for name in TYPED})
    return {**said, **found_by(enquiry)}
