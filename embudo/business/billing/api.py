from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from embudo.business.billing import commands, permissions, queries
from embudo.business.billing.rules import (
    MAX_LINES,
    MAX_TERMS,
    NET_TERMS,
    QUANTITY_SCALE,
    RATE_SCALE,
    InvoiceDraft,
    InvoiceKind,
    InvoiceStatus,
    LineDraft,
    rate_totals,
)
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, MoneyIn, MoneyOut, Out, Page
from embudo.kernel import clock
from embudo.kernel.money import UNIT_PRICE_SCALE

router = Router(tags=["Invoices and payments"])

Quantity = Annotated[Decimal, Field(max_digits=15, decimal_places=3, examples=["2.5"])]
UnitPrice = Annotated[Decimal, Field(max_digits=16, decimal_places=4, examples=["19.99"])]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2, examples=["23"])]
Reason = Annotated[str, Field(min_length=1, max_length=300)]


class InvoiceLineIn(In):
    description: str = Field(min_length=1, max_length=300)
    quantity: Quantity = Decimal(1)
    unit_price: UnitPrice = Field(description="Net, in the invoice's currency.")
    tax_percent: Percent = Decimal(0)
    product_id: UUID | None = None

    def draft(self) -> LineDraft:
        return LineDraft(self.description, self.quantity, self.unit_price, self.tax_percent, self.product_id)


class InvoiceIn(In):
    """From a won opportunity, or for a company."""

    opportunity_id: UUID | None = None
    company_id: UUID | None = Field(None, description="Not needed when the opportunity has a company.")
    lines: list[InvoiceLineIn] = Field(min_length=1, max_length=MAX_LINES)
    currency: Literal[""] | Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(
        "", description="Empty: the opportunity's, else the organisation's."
    )
    terms_days: int = Field(NET_TERMS, ge=0, le=MAX_TERMS)
    language: Literal["", "en", "fr", "es", "pl"] = ""
    note: str = Field("", max_length=1000)
    is_further: bool = Field(
        default=False, description="The opportunity has an invoice already, and this is one more."
    )

    def draft(self) -> InvoiceDraft:
        values = self.model_dump(exclude={"lines"})
        return InvoiceDraft(lines=tuple(line.draft() for line in self.lines), **values)


class InvoiceLineOut(Out):
    position: int
    description: str
    product_id: UUID | None
    quantity: str
    unit_price: str
    tax_percent: str
    net_minor: int
    tax_minor: int
    gross_minor: int


class TaxOut(Out):
    tax_percent: str
    net_minor: int
    tax_minor: int
    gross_minor: int


class InvoiceOut(Out):
    id: UUID
    kind: InvoiceKind
    number: str
    status: InvoiceStatus
    company_id: UUID
    buyer_name: str
    opportunity_id: UUID | None
    owner_id: UUID | None
    corrects_id: UUID | None
    issued: date
    due: date
    terms_days: int
    days_overdue: int
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut
    paid: MoneyOut
    to_pay: MoneyOut
    overpaid: MoneyOut
    created: datetime
    version: int


class InvoiceWholeOut(InvoiceOut):
    """With its lines and its tax table."""

    lines: list[InvoiceLineOut]
    taxes: list[TaxOut]
    note: str
    reason: str
    language: str


class InvoiceFilters(Filters):
    sort: Literal["-issued", "issued", "due", "-due", "-created"] = "-issued"
    status: Literal["", "open", "overdue", "paid", "credited"] = ""
    company: UUID | None = None
    opportunity: UUID | None = None
    q: str = Field("", max_length=100, description="Number or customer.")


class CorrectIn(In):
    reason: Reason


class PaymentIn(In):
    invoice_id: UUID
    amount: MoneyIn
    paid_on: date | None = Field(None, description="The day the money arrived; today when left out.")
    reference: str = Field("", max_length=140)


class ReverseIn(In):
    reason: Reason


class PaymentOut(Out):
    id: UUID
    invoice_id: UUID
    amount: MoneyOut
    paid_on: date
    reference: str
    reverses_id: UUID | None
    reason: str
    entered_by_id: UUID | None
    created: datetime
    version: int


class PaymentFilters(Filters):
    sort: Literal["-paid_on", "paid_on", "-created"] = "-paid_on"
    invoice: UUID | None = None


def _text(value: int, scale: int) -> str:
    exact = Decimal(value) / scale
    return f"{exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize():f}"


def _sums(row: Any) -> dict[str, Any]:
    sums = {name: getattr(row, name) for name in ("net_minor", "tax_minor", "gross_minor")}
    return sums | {"tax_percent": _text(row.tax_rate, RATE_SCALE)}


def _whole(invoice: Any) -> Any:
    """Lends the record what the answer shows beside its fields."""
    lines = queries.invoice_lines(invoice)
    shown = InvoiceOut.model_validate(invoice).model_dump()
    return shown | {
        "note": invoice.note,
        "reason": invoice.reason,
        "language": invoice.language,
        "taxes": [_sums(total) for total in rate_totals(lines)],
        "lines": [
            _sums(line)
            | {
                "position": line.position,
                "description": line.description,
                "product_id": line.product_id,
                "quantity": _text(line.quantity, QUANTITY_SCALE),
                "unit_price": _text(line.unit_price, UNIT_PRICE_SCALE),
            }
            for line in lines
        ],
    }


@router.get("/invoices", response=Page[InvoiceOut], summary="List invoices and credit notes")
@operation(permissions.VIEW_INVOICES)
def list_invoices(request: Request, filters: Query[InvoiceFilters]) -> Any:
    return page_of(queries.invoices(request.actor, **filters.chosen()), filters)


@router.get("/invoices/{uuid:invoice_id}", response=InvoiceWholeOut, summary="Read an invoice")
@operation(permissions.VIEW_INVOICES)
def read_invoice(request: Request, invoice_id: UUID) -> Any:
    return _whole(queries.invoice(request.actor, invoice_id))


@router.post("/invoices", response={201: InvoiceOut}, summary="Issue an invoice")
@operation(commands.issue_invoice)
def issue_invoice(request: Request, data: InvoiceIn) -> Any:
    return commands.issue_invoice(request.actor, draft=data.draft())


PDF_FILE = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/invoices/{uuid:invoice_id}/pdf",
    summary="Download the invoice's document",
    openapi_extra={"responses": {200: {"description": "The document", "content": PDF_FILE}}},
)
@operation(permissions.VIEW_INVOICES)
def download_invoice(request: Request, invoice_id: UUID) -> Any:
    pdf = commands.pdf_of(queries.invoice(request.actor, invoice_id))
    return HttpResponse(
        bytes(pdf.content), content_type="application/pdf", headers={"ETag": f'"{pdf.sha256}"'}
    )


@router.post("/invoices/{uuid:invoice_id}/correct", response={201: InvoiceOut}, summary="Issue a credit note")
@operation(commands.correct_invoice)
def correct_invoice(request: Request, invoice_id: UUID, data: CorrectIn) -> Any:
    return commands.correct_invoice(
        request.actor, queries.invoice(request.actor, invoice_id), reason=data.reason
    )


@router.get("/payments", response=Page[PaymentOut], summary="List payments and reversals")
@operation(permissions.VIEW_PAYMENTS)
def list_payments(request: Request, filters: Query[PaymentFilters]) -> Any:
    return page_of(queries.payments(request.actor, **filters.chosen()), filters)


@router.get("/payments/{uuid:payment_id}", response=PaymentOut, summary="Read a payment")
@operation(permissions.VIEW_PAYMENTS)
def read_payment(request: Request, payment_id: UUID) -> Any:
    return queries.payment(request.actor, payment_id)


@router.post("/payments", response={201: PaymentOut}, summary="Enter a payment")
@operation(commands.enter_payment)
def enter_payment(request: Request, data: PaymentIn) -> Any:
    return commands.enter_payment(
        request.actor,
        queries.invoice(request.actor, data.invoice_id),
        amount=data.amount.money(),
        paid_on=data.paid_on or clock.today(),
        reference=data.reference,
    )


@router.post("/payments/{uuid:payment_id}/reverse", response={201: PaymentOut}, summary="Reverse a payment")
@operation(commands.reverse_payment)
def reverse_payment(request: Request, payment_id: UUID, data: ReverseIn) -> Any:
    return commands.reverse_payment(
        request.actor, queries.payment(request.actor, payment_id), reason=data.reason
    )
