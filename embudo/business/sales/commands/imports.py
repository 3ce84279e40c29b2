from collections.abc import Mapping, Sequence
from typing import Any

from embudo.business.sales.commands.enquiries import found_by
from embudo.business.sales.events import LeadChanged, LeadCreated
from embudo.business.sales.models import Lead
from embudo.business.sales.permissions import EDIT_LEAD, SUBMIT_LEAD
from embudo.business.sales.rules.enquiries import Enquiry
from embudo.business.sales.rules.leads import check_open
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.importing import Plan, write_rows
from embudo.kernel.kind import ImportResult, ImportRow

TYPED = ("name", "company_name", "job_title", "email", "phone", "message", "country")


@command(SUBMIT_LEAD)
def import_leads(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Creates and changes leads from the checked rows of a file; new ones belong to the owner named, else to the actor, and
    nobody is told. Rows about closed leads, and others' leads, fail by themselves.
    """

    def build(values: Mapping[str, Any]) -> Lead:
        enquiry = Enquiry(**{name: values.get(name) or "" for name in TYPED})
        owner_id = values.get("owner") or actor.id
        return Lead(**enquiry.values(), owner_id=owner_id, **found_by(enquiry))

    plan = Plan(
        Lead,
        EDIT_LEAD,
        build,
        _revised,
        made=lambda lead: LeadCreated(lead.pk, None),
        changed=lambda lead: LeadChanged(lead.pk),
    )
    return write_rows(actor, rows, plan).results


def _revised(lead: Lead, values: Mapping[str, Any]) -> dict[str, Any]:
    """The owner of a known lead stays: leads are handed over by assigning them."""
    check_open(lead.status)
    said = {name: value for name, value in values.items() if name in TYPED}
    if not said:
        return {}
    enquiry = Enquiry(**{name: said.get(name, getattr(lead, name)) for name in TYPED})
    return {**said, **found_by(enquiry)}
