"""Leads and opportunities whose values are set outside their own form."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from embudo.business.sales import commands
from embudo.business.sales.commands.editing import LEAD_EDITING, OPPORTUNITY_EDITING
from embudo.business.sales.tests.builders import a_lead, a_won_opportunity, an_opportunity
from embudo.foundation.access.tests.builders import ann, bob, user_of
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db


def row(record: Record, **values: Any) -> ImportRow:
    return ImportRow(values, record.pk, empties=True)


def outcomes(results: list[ImportResult]) -> list[str]:
    return [one.outcome for one in results]


def last_event(record: Record) -> str:
    return LogEntry.objects.filter(about_id=record.pk).order_by("-seq").values_list("name", flat=True)[0]


def test_change_leads_sets_values_and_leaves_closed_ones() -> None:
    lead, closed = a_lead(ann()), a_lead(ann(), "disqualified")
    results = commands.change_leads(ann(), rows=[row(lead, name="Eva"), row(closed, name="Eva")])
    lead.refresh_from_db()
    assert (outcomes(results), lead.name, lead.name_key) == (["updated", "failed"], "Eva", "eva")
    assert last_event(lead) == "sales.LeadChanged"


def test_assign_leads_tells_who_gave_them() -> None:
    lead, theirs = a_lead(ann()), a_lead(bob())
    owner = user_of(bob()).pk
    results = commands.assign_leads(ann(), rows=[row(lead, owner=owner), row(theirs, owner=owner)])
    assert (outcomes(results), last_event(lead)) == (["updated", "failed"], "sales.LeadAssigned")


def test_assign_leads_leaves_closed_ones() -> None:
    lead = a_lead(ann(), "disqualified")
    assert outcomes(commands.assign_leads(ann(), rows=[row(lead, owner=user_of(bob()).pk)])) == ["failed"]


def test_change_opportunities_takes_amounts_in_their_own_currency() -> None:
    deal = an_opportunity(ann(), value=Money(100, "JPY"))
    rows = [row(deal, value=Decimal(2500), closes=date(2026, 12, 31), title="Fleet")]
    assert outcomes(commands.change_opportunities(ann(), rows=rows)) == ["updated"]
    deal.refresh_from_db()
    assert (deal.value, deal.closes, deal.search) == (Money(2500, "JPY"), date(2026, 12, 31), "fleet")
    assert last_event(deal) == "sales.OpportunityChanged"


def test_change_opportunities_refuses_parts_that_the_currency_does_not_have() -> None:
    deal = an_opportunity(ann(), value=Money(100, "JPY"))
    assert outcomes(commands.change_opportunities(ann(), rows=[row(deal, value=Decimal("1.5"))])) == [
        "failed"
    ]


def test_change_opportunities_leaves_closed_ones_and_those_of_others() -> None:
    won, theirs = a_won_opportunity(ann()), an_opportunity(bob())
    results = commands.change_opportunities(ann(), rows=[row(won, title="A"), row(theirs, title="A")])
    assert outcomes(results) == ["failed", "failed"]


def test_assign_opportunities_gives_them_to_a_colleague() -> None:
    deal = an_opportunity(ann())
    commands.assign_opportunities(ann(), rows=[row(deal, owner=user_of(bob()).pk)])
    deal.refresh_from_db()
    assert (deal.owner_id, last_event(deal)) == (user_of(bob()).pk, "sales.OpportunityAssigned")


def test_check_of_leads_reads_numbers_by_the_lead_s_country_and_needs_an_owner() -> None:
    lead = a_lead(ann(), country="FR")
    values, fault = LEAD_EDITING.check(
        ann(), [{"id": str(lead.pk), "phone": "145670123"}, {"id": str(lead.pk), "owner": None}]
    )
    assert values == {"phone": "+33145670123"}
    assert isinstance(fault, Invalid)
    assert set(fault.errors) == {"owner"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1 200.50", Decimal("1200.50")), ("99 EUR", Money(9900, "EUR")), ({"amount_minor": 5, "currency": "PLN"}, Money(5, "PLN"))],
)  # fmt: skip
def test_check_of_opportunities_reads_amounts(typed: Any, read: Any) -> None:
    assert OPPORTUNITY_EDITING.check(ann(), [{"value": typed}]) == [{"value": read}]


@pytest.mark.parametrize("typed", ["much", "1e5", "NaN", {"amount_minor": "5"}])
def test_check_of_opportunities_refuses_what_is_no_amount(typed: Any) -> None:
    (fault,) = OPPORTUNITY_EDITING.check(ann(), [{"value": typed}])
    assert isinstance(fault, Invalid)
