from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.billing import permissions, queries
from embudo.business.billing.models import Invoice, InvoiceLine
from embudo.business.billing.views import title_of
from embudo.foundation.activity.rules import register_task_title
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.atoms import money
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, register_menu, register_panel
from embudo.kernel.kind import RecordKind, SearchText, register_kind, register_lasting
from embudo.kernel.wording import register_event_text

LASTING = _("Invoices are kept as the law asks, and so is what they name.")
CLOSES = _("This task closes by itself when the invoice is paid.")


def invoice_url(invoice_id: UUID) -> str:
    return reverse("billing:invoice", args=[invoice_id])


def invoice_search(invoice: Invoice) -> SearchText:
    return SearchText(invoice.number, invoice.buyer_name, (invoice.number, invoice.buyer_name))


def with_amount(text: Any) -> Any:
    """Puts the event's amount and what is left into the words."""

    def words(data: Mapping[str, Any]) -> str:
        currency = data["currency"]
        amounts = {
            name: money((data[f"{name}_minor"], currency))
            for name in ("amount", "open")
            if f"{name}_minor" in data
        }
        return str(text) % (amounts | {"number": data["number"]})

    return words


def overdue_words(data: Mapping[str, Any]) -> str:
    words = gettext("found invoice %(number)s overdue: %(open)s to pay")
    return words % {"number": data["number"], "open": money((data["open_minor"], data["currency"]))}


def corrected_words(data: Mapping[str, Any]) -> str:
    words = gettext("took invoice %(number)s back by credit note %(note)s")
    return words % {"number": data["number"], "note": data["credit_note_number"]}


def numbered(text: Any) -> Any:
    return lambda data: str(text) % {"number": data["number"]}


def register() -> None:
    register_kind(
        RecordKind(
            model=Invoice,
            label=_("invoice"),
            plural=_("invoices"),
            icon="receipt",
            title=title_of,
            url=invoice_url,
            fetch=queries.invoice,
            search=invoice_search,
        )
    )
    for model in (Invoice, InvoiceLine):
        register_lasting(model, _("invoices"), LASTING)
    register_menu(MenuEntry(_("Invoices"), "billing:invoices", "receipt", permissions.VIEW_INVOICES, 60))
    register_menu(MenuEntry(_("Payments"), "billing:payments", "banknote", permissions.VIEW_PAYMENTS, 61))
    register_panels()
    register_words()
    register_notification_kind(
        NotificationKind("billing.overdue", _("Invoices become overdue"), is_mailed=False)
    )
    register_notification_kind(NotificationKind("billing.paid", _("An invoice is paid"), is_mailed=False))
    for page in ("invoices", "invoice", "invoice_new", "opportunity_invoice", "company_invoice", "payments"):
        register_help(f"billing:{page}", _("Invoices and payments"), "billing/help.html")


def register_panels() -> None:
    for kind, name in (("sales.opportunity", "opportunity_panel"), ("directory.company", "company_panel")):
        register_panel(
            Panel(kind, "main", _("Invoices"), panel_url(name), permissions.VIEW_INVOICES, order=5)
        )


def panel_url(name: str) -> Any:
    return lambda record_id: reverse(f"billing:{name}", args=[record_id])


def register_words() -> None:
    register_task_title("billing.sales", _("Ask %(customer)s about invoice %(number)s"), CLOSES)
    register_task_title("billing.collect", _("Collect invoice %(number)s from %(customer)s"), CLOSES)
    register_event_text(
        "billing.InvoiceIssued", numbered(_("issued invoice %(number)s")), "receipt", "accent"
    )
    register_event_text("billing.InvoiceCorrected", corrected_words, "undo-2")
    register_event_text("billing.InvoiceOverdue", overdue_words, "alarm-clock", "bad")
    register_event_text(
        "billing.InvoicePaid", numbered(_("saw invoice %(number)s paid")), "circle-check", "ok"
    )
    entered = with_amount(_("entered a payment of %(amount)s; %(open)s left to pay"))
    register_event_text("billing.PaymentEntered", entered, "banknote", "ok")
    reversed_ = with_amount(_("reversed a payment of %(amount)s; %(open)s left to pay"))
    register_event_text("billing.PaymentReversed", reversed_, "undo-2", "bad")
    register_event_text(
        "billing.InvoicePdfStored", _("kept the invoice's document"), "file-check", is_told=False
    )
