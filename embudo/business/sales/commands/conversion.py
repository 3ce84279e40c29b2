from datetime import date
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company, Person
from embudo.business.sales import queries
from embudo.business.sales.commands.opportunities import open_opportunity
from embudo.business.sales.events import ConversionUndone, LeadConverted
from embudo.business.sales.models import Lead, Opportunity, Stage
from embudo.business.sales.permissions import CONVERT_LEAD
from embudo.business.sales.rules.leads import LeadStatus, check_convertible, check_undoable, split_name
from embudo.business.supply.models import Product
from embudo.kernel import clock
from embudo.kernel.act import attempt, current_act
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock
from embudo.kernel.undoing import Undone, undo_changes


@command(CONVERT_LEAD)
def convert_lead(  # noqa: PLR0913 - one keyword a choice
    actor: Actor,
    lead: Lead,
    *,
    title: str,
    value: Money,
    stage: Stage | None = None,
    closes: date | None = None,
    product: Product | None = None,
    company: Company | None = None,
    company_name: str = "",
    person: Person | None = None,
    first_name: str = "",
    last_name: str = "",
    has_person: bool = True,
) -> Opportunity:
    """
    Makes an opportunity of a qualified lead, with the company and person chosen or, without them, new ones; on chosen
    ones it fills only what is empty. Refuses a lead that is not qualified or already converted.
    """
    lead = lock(lead)
    check_convertible(lead.status)
    reach: dict[str, Any] = (
        {} if has_person else {"email": lead.email, "phone": lead.phone}
    )  # else they are the person's
    company = _company(actor, lead, company, company_name, reach)
    person = _person(actor, lead, person, company, (first_name, last_name)) if has_person else None
    opportunity = open_opportunity.inner(
        actor, title=title, value=value, company=company, person=person, stage=stage, closes=closes, product=product,
        owner=lead.owner, lead=lead,
    )  # fmt: skip
    update(
        lead, status=LeadStatus.CONVERTED, closed=clock.now(), company=company, person=person,
        conversion=current_act().id,
    )  # fmt: skip
    converted = LeadConverted(lead.id, opportunity.id, company.id, person.id if person else None)
    publish(converted, lead, opportunity, company, *([person] if person else []))
    return opportunity


def _company(actor: Actor, lead: Lead, chosen: Company | None, name: str, told: dict[str, Any]) -> Company:
    """A lead without a company is a customer in their own name: the company is called like the person."""
    if chosen is not None:
        return directory.fill_company.inner(actor, chosen, **told) if told else chosen
    called = name.strip() or lead.company_name or lead.name
    return directory.register_company.inner(
        actor, name=called, owner=lead.owner, country=lead.country, **told
    )


def _person(
    actor: Actor, lead: Lead, chosen: Person | None, company: Company, names: tuple[str, str]
) -> Person:
    known: dict[str, Any] = {"email": lead.email, "phone": lead.phone, "job_title": lead.job_title}
    if chosen is not None:
        person = directory.fill_person.inner(actor, chosen, **known)
        if person.company_id is None:
            directory.link_person_to_company.inner(actor, person, company=company, role=lead.job_title)
        return person
    first, last = names if names[1].strip() else split_name(lead.name)
    return directory.register_person.inner(
        actor, first_name=first, last_name=last, company=company, owner=lead.owner, **known
    )


@command(CONVERT_LEAD)
def undo_conversion(actor: Actor, lead: Lead) -> Undone:
    """
    Takes a conversion back within 30 days: the lead is qualified again, what the conversion made or filled in is as
    before; what somebody changed since is left, and counted. Refuses once the opportunity has moved on.
    """
    lead = lock(lead)
    check_undoable(lead.closed if lead.status == LeadStatus.CONVERTED else None, clock.now())
    opportunity = Opportunity.objects.filter(lead=lead).first()
    if opportunity is None:
        raise Refused(
            "sales.opportunity_deleted",
            _("Its opportunity was deleted. Restore that from the recycle bin first."),
        )
    if lead.conversion is None or queries.has_moved_on(opportunity):
        raise Refused(
            "sales.opportunity_moved_on",
            _("The opportunity was worked on since. Close it as lost instead of undoing the conversion."),
        )
    undone = _undone(lead)
    publish(ConversionUndone(lead.id, opportunity.id, len(undone.left)), lead)
    return undone


def _undone(lead: Lead) -> Undone:
    """Refuses when something else already refers to what would be removed; then all stays as it is."""
    try:
        with attempt():
            undone = undo_changes(lead.conversion)  # type: ignore[arg-type]
    except ProtectedError as error:
        raise Refused(
            "sales.conversion_in_use",
            _("Other records already refer to the company, person or opportunity, so nothing was undone."),
        ) from error
    return undone
