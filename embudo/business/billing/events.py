from dataclasses import dataclass
from datetime import date
from uuid import UUID

from embudo.kernel.event import Event


@dataclass(frozen=True)
class InvoiceIssued(Event):
    invoice_id: UUID
    number: str
    company_id: UUID
    opportunity_id: UUID | None
    gross_minor: int
    currency: str
    due: date


@dataclass(frozen=True)
class InvoiceCorrected(Event):
    """A credit note took the whole invoice back."""

    invoice_id: UUID
    number: str
    credit_note_id: UUID
    credit_note_number: str


@dataclass(frozen=True)
class InvoiceOverdue(Event):
    """Once for each invoice, when its due day has passed and something is left to pay."""

    invoice_id: UUID
    number: str
    owner_id: UUID | None
    collector_id: UUID | None
    open_minor: int
    currency: str
    due: date


@dataclass(frozen=True)
class InvoicePaid(Event):
    """Nothing is left to pay. Comes again when a reversal had uncovered the invoice in between."""

    invoice_id: UUID
    number: str
    gross_minor: int
    overpaid_minor: int
    currency: str


@dataclass(frozen=True)
class PaymentEntered(Event):
    payment_id: UUID
    invoice_id: UUID
    number: str
    amount_minor: int
    open_minor: int
    currency: str


@dataclass(frozen=True)
class PaymentReversed(Event):
    payment_id: UUID
    reversal_id: UUID
    invoice_id: UUID
    number: str
    amount_minor: int
    open_minor: int
    currency: str


@dataclass(frozen=True)
class InvoicePdfStored(Event):
    invoice_id: UUID
    sha256: str
