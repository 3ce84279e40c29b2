from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Min, Q, QuerySet, Sum

from embudo.business.billing.models import Invoice, InvoiceLine, InvoicePdf, Payment
from embudo.business.billing.permissions import ISSUE_INVOICE
from embudo.business.billing.rules import (
    RATE_SCALE,
    InvoiceDraft,
    InvoiceKind,
    InvoiceStatus,
    LineDraft,
    Settlement,
)
from embudo.business.directory import queries as directory
from embudo.business.sales import queries as sales
from embudo.business.sales.rules.pipelines import StageKind
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.money import UNIT_PRICE_SCALE, Money


def invoices(
    actor: Actor,
    *,
    status: str = "",
    company: UUID | None = None,
    opportunity: UUID | None = None,
    q: str = "",
) -> QuerySet[Invoice]:
    """Invoices and credit notes; narrowed to a status, a company, an opportunity, some words."""
    found = Invoice.objects.visible_to(actor)
    if status == InvoiceStatus.OVERDUE:
        found = found.overdue()
    elif status:
        found = found.filter(settlement=status, kind=InvoiceKind.INVOICE)
    if company:
        found = found.filter(company=company)
    if opportunity:
        found = found.filter(opportunity=opportunity)
    return searched(found, q).select_related("owner")


def searched(found: QuerySet[Invoice], words: str) -> QuerySet[Invoice]:
    """By number (its end is enough: "123") or the customer's name, every word."""
    for word in words.split():
        found = found.filter(Q(number__icontains=word) | Q(buyer_name__icontains=word))
    return found


def invoice(actor: Actor, invoice_id: UUID) -> Invoice:
    """One invoice; NotFound outside the actor's sight."""
    return Invoice.objects.select_related(
        "owner", "company", "opportunity", "collector", "corrects", "credit_note"
    ).one(actor, invoice_id)


def owed(companies: Collection[UUID]) -> list[tuple[UUID, Money, date]]:
    """What each company has to pay in each currency, and since when the oldest of it is due: of every owner's invoices. One query."""
    open_ones = Invoice.objects.open().filter(company__in=companies, kind=InvoiceKind.INVOICE)
    sums = open_ones.order_by().values_list("company", "currency").annotate(Sum("open_minor"), Min("due"))
    return [
        (company, Money(left, currency), due)
        for company, currency, left, due in sums.order_by("company", "currency")
    ]


def invoice_lines(record: Invoice) -> list[InvoiceLine]:
    return list(record.lines.order_by("position"))


def payments(actor: Actor, *, invoice: UUID | None = None) -> QuerySet[Payment]:
    """Payments and reversals of the invoices within the actor's reach; of one invoice when it is named."""
    found = Payment.objects.visible_to(actor).select_related("invoice", "entered_by")
    # fetched apart: in a join SQLite would read the whole table for each row, as nearly none is reversed
    found = found.prefetch_related("reversal")
    return found.filter(invoice=invoice) if invoice else found


def payment(actor: Actor, payment_id: UUID) -> Payment:
    return payments(actor).one(actor, payment_id)  # type: ignore[no-any-return, attr-defined]


def payments_of(actor: Actor, record: Invoice) -> list[Payment]:
    """The invoice's payments, oldest first; none for somebody who may not see payments."""
    return list(payments(actor, invoice=record.pk).order_by("created", "id"))


def invoices_of_opportunity(actor: Actor, opportunity_id: UUID) -> QuerySet[Invoice]:
    return invoices(actor).filter(opportunity=opportunity_id).order_by("-issued", "-id")


def invoices_of_company(actor: Actor, company_id: UUID) -> QuerySet[Invoice]:
    return invoices(actor).filter(company=company_id).order_by("-issued", "-id")


@dataclass(frozen=True)
class CompanyBalance:
    """What a company owes in one currency, how much of it is late, and what it has paid too much."""

    open: Money
    overdue: Money
    credit: Money


def company_balances(actor: Actor, company_id: UUID) -> list[CompanyBalance]:
    """One for each currency with something open or overpaid."""
    late = Q(settlement=Settlement.OPEN, due__lt=clock.today())
    rows = (
        Invoice.objects.visible_to(actor)
        .filter(company=company_id, kind=InvoiceKind.INVOICE)
        .order_by("currency")
        .values("currency")
        .annotate(
            open=Sum("open_minor"),
            late=Sum("open_minor", filter=late, default=0),
            credit=Sum("overpaid_minor"),
        )
    )
    return [
        CompanyBalance(*(Money(row[name], row["currency"]) for name in ("open", "late", "credit")))
        for row in rows
        if row["open"] or row["credit"]
    ]


def stored_pdf(record: Invoice) -> InvoicePdf | None:
    return InvoicePdf.objects.filter(invoice=record).first()


def draft_for(
    actor: Actor, *, opportunity_id: UUID | None = None, company_id: UUID | None = None
) -> InvoiceDraft:
    """What the issue form starts with: the opportunity's product at the opportunity's value, or an empty line."""
    if opportunity_id is None:
        company = directory.company(actor, company_id) if company_id else None
        return (
            InvoiceDraft(lines=(), company_id=company.pk, title=company.name)
            if company
            else InvoiceDraft(lines=())
        )
    found = sales.opportunity(actor, opportunity_id)
    product = found.product
    tax = Decimal(product.tax_rate) / RATE_SCALE if product else Decimal(0)
    price = Money(found.value_minor, found.currency).major if found.value_minor else Decimal(0)
    if product and not price:
        price = Decimal(product.price_minor) / UNIT_PRICE_SCALE
    line = LineDraft(
        product.name if product else found.title, Decimal(1), price, tax, product.pk if product else None
    )
    return InvoiceDraft(
        lines=(line,),
        opportunity_id=found.pk,
        company_id=found.company_id,
        currency=found.currency,
        title=found.title,
    )


def may_invoice(actor: Actor, opportunity_id: UUID) -> bool:
    """Whether the actor may issue an invoice for this opportunity as it stands."""
    if not actor.may(ISSUE_INVOICE):
        return False
    found = sales.opportunity(actor, opportunity_id)
    return found.state == StageKind.WON and found.is_within(actor, ISSUE_INVOICE)


def may_invoice_company(actor: Actor, company_id: UUID) -> bool:
    return actor.may(ISSUE_INVOICE) and directory.company(actor, company_id).is_within(actor, ISSUE_INVOICE)


def to_announce() -> QuerySet[Invoice]:
    """Past due, not paid, not yet announced; oldest first. For the clock's reaction, which sees everything."""
    return (
        Invoice.objects.all()
        .overdue()
        .filter(overdue_since=None, open_minor__gt=0)
        .order_by("due", "id")
        .select_related("owner", "collector")
    )
