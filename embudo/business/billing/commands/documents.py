import hashlib
from uuid import UUID

from django.db import IntegrityError

from embudo.business.billing import permissions
from embudo.business.billing.events import (
    InvoicePdfStored,
)
from embudo.business.billing.models import Invoice, InvoicePdf
from embudo.business.billing.queries.invoices import stored_pdf
from embudo.business.billing.queries.pdf import rendered
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish


@command(permissions.VIEW_INVOICES)
def store_pdf(actor: Actor, invoice: Invoice, *, content: bytes) -> InvoicePdf:
    """Keeps the invoice's document for good. Whoever comes second gets what is kept; refuses nothing."""
    try:
        with attempt():
            pdf = create(
                InvoicePdf(invoice=invoice, content=content, sha256=hashlib.sha256(content).hexdigest())
            )
    except IntegrityError:
        return InvoicePdf.objects.get(invoice=invoice)
    publish(InvoicePdfStored(invoice.pk, pdf.sha256), invoice)
    return pdf


def pdf_of(invoice: Invoice) -> InvoicePdf:
    """The kept document; made now, outside of any transaction, when the job has not made it yet."""
    kept = stored_pdf(invoice)
    return kept or store_pdf.inner(system_actor("invoice file"), invoice, content=rendered(invoice))


def pdf_by_id(invoice_id: UUID) -> InvoicePdf | None:
    """For the job."""
    invoice = Invoice.objects.select_related("corrects").filter(pk=invoice_id).first()
    return pdf_of(invoice) if invoice else None
