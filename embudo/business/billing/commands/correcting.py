from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions, rules
from embudo.business.billing.commands.gating import give_quota_back, tell_debt
from embudo.business.billing.commands.settling import follow_tasks, settle
from embudo.business.billing.commands.writing import required_text, write_invoice
from embudo.business.billing.events import (
    InvoiceCorrected,
)
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import InvoiceKind, Line, Settlement, Totals
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@command(permissions.CORRECT_INVOICE)
def correct_invoice(actor: Actor, invoice: Invoice, *, reason: str) -> Invoice:
    """
    Takes the whole invoice back by a credit note with a number of its own; what was paid becomes the customer's credit.
    Refuses a credit note, and an invoice that has one.
    """
    reason = required_text(reason, "reason", _("Enter the reason; it stands on the credit note."))
    invoice = lock(invoice)
    if invoice.opportunity is not None:
        lock(invoice.opportunity)  # before the quota, in the order in which invoices are issued
    rules.check_correctable(invoice.kind, invoice.settlement)
    note = write_invoice(_credit_note(invoice, reason), _negated(invoice))
    settle(invoice, is_credited=True)
    follow_tasks(actor, invoice)
    publish(InvoiceCorrected(invoice.pk, invoice.number, note.pk, note.number), invoice, note)
    give_quota_back(actor, invoice, note)
    tell_debt(actor, invoice)
    return note


def _credit_note(invoice: Invoice, reason: str) -> Invoice:
    kept = (
        "owner_id",
        "company_id",
        "opportunity_id",
        "currency",
        "language",
        "seller",
        "buyer",
        "buyer_name",
    )
    return Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        corrects=invoice,
        reason=reason,
        due=clock.today(),
        terms_days=0,
        settlement=Settlement.CREDITED,
        **{name: getattr(invoice, name) for name in kept},
    )


def _negated(invoice: Invoice) -> Totals:
    """The lines with negative quantities and the very sums that were asked for, so nothing is rounded a second time."""
    lines = [
        Line(
            line.description,
            -line.quantity,
            line.unit_price,
            line.tax_rate,
            line.product_id,
            -line.net_minor,
            -line.tax_minor,
        )
        for line in invoice.lines.order_by("position")
    ]
    return Totals(tuple(lines), rules.rate_totals(lines))
