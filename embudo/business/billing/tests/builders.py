from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from embudo.business.billing import commands
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import InvoiceDraft, LineDraft
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Opportunity, Pipeline
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor, ann, tester
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money


def carl() -> Actor:
    """The collector."""
    known = User.objects.filter(email="carl@example.com").first()
    return an_actor(known or a_user(roles=("collector",), name="Carl Cash", email="carl@example.com"))


def a_company(actor: Actor | None = None, name: str = "Acme Ltd", **values: Any) -> Company:
    return directory.register_company(actor or ann(), name=name, **values)


def an_opportunity(actor: Actor | None = None, value: int = 55000, **values: Any) -> Opportunity:
    if not Pipeline.objects.exists():
        sales.define_default_pipeline(tester())
    actor = actor or ann()
    company = values.pop("company", None) or a_company(actor)
    title = values.pop("title", "Licences for Acme")
    return sales.open_opportunity(actor, title=title, value=Money(value, "EUR"), company=company, **values)


def a_won_opportunity(actor: Actor | None = None, **values: Any) -> Opportunity:
    actor = actor or ann()
    return sales.win_opportunity(actor, an_opportunity(actor, **values))


def a_line(
    price: str = "100", tax: str = "23", quantity: str = "1", description: str = "Licence"
) -> LineDraft:
    return LineDraft(description, Decimal(quantity), Decimal(price), Decimal(tax))


def an_invoice(actor: Actor | None = None, *, lines: tuple[LineDraft, ...] = (), **values: Any) -> Invoice:
    """123.00 EUR to Acme from Ann, due in 14 days, unless told otherwise."""
    actor = actor or ann()
    if "opportunity_id" not in values and "company_id" not in values:
        values["company_id"] = a_company(actor).pk
    return commands.issue_invoice(actor, draft=InvoiceDraft(lines=lines or (a_line(),), **values))


def days_later(days: int) -> datetime:
    """For `with clock.at(days_later(15)):`."""
    return clock.now() + timedelta(days=days)


def a_payment(
    invoice: Invoice, minor: int = 12300, *, actor: Actor | None = None, on: date | None = None
) -> Payment:
    amount = Money(minor, invoice.currency)
    return commands.enter_payment(actor or carl(), invoice, amount=amount, paid_on=on or clock.today())
