from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.billing import commands, queries
from embudo.business.billing.forms import (
    CorrectInvoiceForm,
    EnterPaymentForm,
    ReversePaymentForm,
)
from embudo.business.billing.models import Invoice
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import CommandPage
from embudo.kernel import clock


class EnterPayment(CommandPage):
    query = queries.invoice
    command = commands.enter_payment
    form_class = EnterPaymentForm
    title = _("Enter a payment")
    submit_label = _("Enter the payment")
    nav = "billing:invoices"

    def initial(self, record: Any) -> dict[str, Any]:
        return {"amount": record.to_pay if record.open_minor else None, "paid_on": clock.today()}

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("billing:invoice", args=[record.pk])

    def success_message(self, result: Any) -> str:
        left: Invoice = result.invoice
        if left.overpaid_minor:
            words = gettext(
                "Payment entered. The customer has paid %(amount)s too much; it is kept as credit."
            )
            return words % {"amount": atoms.money(left.overpaid)}
        if left.open_minor:
            return gettext("Payment entered. %(amount)s is left to pay.") % {
                "amount": atoms.money(left.to_pay)
            }
        return gettext("Payment entered. The invoice is paid.")


class ReversePayment(CommandPage):
    query = queries.payment
    command = commands.reverse_payment
    form_class = ReversePaymentForm
    title = _("Reverse the payment")
    submit_label = _("Reverse the payment")
    intro = _(
        "The payment stays in the list, with a second entry that takes it back. What it had paid is open again."
    )
    is_danger = True
    nav = "billing:invoices"

    def initial(self, record: Any) -> dict[str, Any]:
        return {}

    def get_cancel_url(self) -> str:
        return reverse("billing:invoice", args=[self.record.invoice_id])

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("billing:invoice", args=[record.invoice_id])

    def success_message(self, result: Any) -> str:
        return gettext("The payment of %(amount)s was reversed.") % {"amount": atoms.money(-result.amount)}


class CorrectInvoice(CommandPage):
    query = queries.invoice
    command = commands.correct_invoice
    form_class = CorrectInvoiceForm
    title = _("Issue a credit note")
    submit_label = _("Issue the credit note")
    intro = _(
        "A credit note takes the whole invoice back, for good. What was paid becomes the customer's credit. "
        "Then issue a new invoice, if one is needed."
    )
    is_danger = True
    nav = "billing:invoices"

    def initial(self, record: Any) -> dict[str, Any]:
        return {}

    def success_message(self, result: Any) -> str:
        return gettext("Credit note %(number)s was issued.") % {"number": result.number}
