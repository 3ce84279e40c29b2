"""Leads and opportunities whose values are set outside their own form: in a list, or many at once."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.sales.commands.enquiries import found_by
from embudo.business.sales.events import LeadAssigned, LeadChanged, OpportunityAssigned, OpportunityChanged
from embudo.business.sales.models import Lead, Opportunity
from embudo.business.sales.permissions import (
    ASSIGN_LEAD,
    ASSIGN_OPPORTUNITY,
    EDIT_LEAD,
    EDIT_OPPORTUNITY,
)
from embudo.business.sales.rules import pipelines as rules
from embudo.business.sales.rules.enquiries import Enquiry, checked_enquiry
from embudo.business.sales.rules.imports import LEAD_FIELDS
from embudo.business.sales.rules.leads import check_open
from embudo.foundation.access.queries import checked_owner, organisation
from embudo.foundation.attributes.queries import custom_values, editing_fields, parted_rows
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.editing import amount, change_rows, checked_edits, day, written_by
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow
from embudo.kernel.money import Money
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record

Row = Mapping[str, Any]
TYPED = ("name", "company_name", "job_title", "email", "phone", "message", "country")
OWNER = ImportField("owner", _("owner"), "user", is_required=True)
OPPORTUNITY_FIELDS = (
    ImportField("title", _("title"), is_required=True),
    ImportField("value", _("value"), "money", is_required=True),
    ImportField("closes", _("expected close"), "date"),
)


@command(EDIT_LEAD)
def change_leads(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many leads; closed ones, and those that the actor may not change, fail by themselves."""

    def revise(lead: Lead, values: Row) -> dict[str, Any]:
        check_open(lead.status)
        said = {name: value for name, value in values.items() if name in TYPED}
        enquiry = Enquiry(**{name: said.get(name, getattr(lead, name)) for name in TYPED})
        return {**said, **(found_by(enquiry) if said else {}), **_custom(actor, lead, values)}

    return change_rows(
        actor, rows, model=Lead, change=EDIT_LEAD, revise=revise, changed=lambda lead: LeadChanged(lead.pk)
    ).results


@command(ASSIGN_LEAD)
def assign_leads(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Gives many leads to colleagues, who are told; closed ones, and those not the actor's to assign, fail by themselves."""

    def revise(lead: Lead, values: Row) -> dict[str, Any]:
        check_open(lead.status)
        return {"owner_id": values["owner"]}

    return change_rows(
        actor, rows, model=Lead, change=ASSIGN_LEAD, revise=revise,
        changed=lambda lead: LeadAssigned(lead.pk, lead.owner_id, actor.id),
    ).results  # fmt: skip


@command(EDIT_OPPORTUNITY)
def change_opportunities(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many opportunities; closed ones, and those not the actor's to change, fail by themselves."""

    def revise(found: Opportunity, values: Row) -> dict[str, Any]:
        rules.check_closable(found.state)
        said = {name: values[name] for name in ("title", "closes") if name in values}
        if "title" in said:
            said |= found.derived(title=said["title"])
        money = _value(found, values["value"]) if "value" in values else {}
        return {**said, **money, **_custom(actor, found, values)}

    return change_rows(
        actor, rows, model=Opportunity, change=EDIT_OPPORTUNITY, revise=revise,
        changed=lambda found: OpportunityChanged(found.pk),
    ).results  # fmt: skip


@command(ASSIGN_OPPORTUNITY)
def assign_opportunities(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Gives many opportunities to colleagues, who are told; those not the actor's to assign fail by themselves."""
    return change_rows(
        actor, rows, model=Opportunity, change=ASSIGN_OPPORTUNITY,
        revise=lambda _found, values: {"owner_id": values["owner"]},
        changed=lambda found: OpportunityAssigned(found.pk, found.owner_id, actor.id),
    ).results  # fmt: skip


def _custom(actor: Actor, record: Any, values: Row) -> dict[str, Any]:
    more = values.get("custom")
    return {"custom": custom_values(actor, type(record), more, record=record)} if more else {}


def _value(found: Opportunity, said: Money | Decimal) -> dict[str, Any]:
    """An amount that names no currency is in the opportunity's own."""
    try:
        money = said if isinstance(said, Money) else Money.of(said, found.currency)
    except ValueError:
        raise Invalid({"value": [_("Enter an amount, such as 1200.50.")]}) from None
    checked = rules.checked_value(money)
    return {"value_minor": checked.minor, "currency": checked.currency}


def lead_fields(actor: Actor) -> tuple[ImportField, ...]:
    plain = tuple(one for one in LEAD_FIELDS if one.name in TYPED)
    return _fields(actor, plain, Lead, EDIT_LEAD, ASSIGN_LEAD)


def opportunity_fields(actor: Actor) -> tuple[ImportField, ...]:
    return _fields(actor, OPPORTUNITY_FIELDS, Opportunity, EDIT_OPPORTUNITY, ASSIGN_OPPORTUNITY)


def _fields(
    actor: Actor, plain: tuple[ImportField, ...], model: type[Record], change: Permission, assign: Permission
) -> tuple[ImportField, ...]:
    values = (*plain, *editing_fields(actor, model.kind_name())) if actor.may(change) else ()
    return (*values, OWNER) if actor.may(assign) else values


def checked_lead_edits(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    """Numbers without their country's code are of the lead's own country."""
    home = organisation().country
    ids = [row["id"] for row in rows if row.get("id")]
    seen = Lead.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "country")
    countries = {str(pk): country for pk, country in seen if country}
    owners: dict[Any, UUID] = {}

    def check(row: Row, said: dict[str, Any]) -> dict[str, Any]:
        country = said.get("country") or countries.get(str(row.get("id"))) or home
        named: dict[str, Any] = {
            "name": "-",
            **{name: str(said[name]) for name in TYPED if name in said and name != "country"},
        }
        enquiry = checked_enquiry(country=str(country), **named)
        return {name: getattr(enquiry, name) for name in TYPED if name in said} | _owner(said, owners)

    return _checked(actor, rows, Lead, lead_fields(actor), check)


def checked_opportunity_edits(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    owners: dict[Any, UUID] = {}

    def check(_row: Row, said: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        if "title" in said:
            kept["title"] = rules.checked_title(str(said["title"]))
        if "value" in said:
            kept["value"] = amount(said["value"], "value")
        if "closes" in said:
            kept["closes"] = day(said["closes"], "closes")
        return kept | _owner(said, owners)

    return _checked(actor, rows, Opportunity, opportunity_fields(actor), check)


def _owner(said: Row, owners: dict[Any, UUID]) -> dict[str, Any]:
    return {"owner": checked_owner(said["owner"], owners)} if "owner" in said else {}


def _checked(
    actor: Actor,
    rows: Sequence[Row],
    model: type[Record],
    fields: Sequence[ImportField],
    check: Callable[[Row, dict[str, Any]], Row],
) -> list[Row | Invalid]:
    parted = parted_rows(actor, model.kind_name(), rows, country=organisation().country, empties=True)
    return checked_edits(model, fields, parted, check)


LEAD_EDITING = Editing(
    permission=EDIT_LEAD,
    fields=lead_fields,
    check=checked_lead_edits,
    write=written_by(change_leads, owner=assign_leads),
    owner_permission=ASSIGN_LEAD,
)
OPPORTUNITY_EDITING = Editing(
    permission=EDIT_OPPORTUNITY,
    fields=opportunity_fields,
    check=checked_opportunity_edits,
    write=written_by(change_opportunities, owner=assign_opportunities),
    owner_permission=ASSIGN_OPPORTUNITY,
)
