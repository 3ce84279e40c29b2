from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _, ngettext

from embudo.business.billing import permissions, queries
from embudo.business.billing.rules import (
    InvoiceStatus,
    Settlement,
)
from embudo.business.billing.views.shown import due_text, payment_badge, status_badge, status_in
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.parts import Action, Column, Tab


class Invoices(ListPage):
    permission = permissions.VIEW_INVOICES
    title = _("Invoices")
    icon = "receipt"
    query = queries.invoices
    fields = (
        "number", "kind", "buyer_name", "issued", "due", "settlement", "paid_minor", "gross_minor", "open_minor",
        "currency", "owner__name",
    )  # fmt: skip
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("buyer_name", _("Customer"), sort="buyer_name"),
        Column("settlement", _("State"), cell=lambda row: status_badge(status_in(row))),
        Column("issued", _("Issued"), kind="date", sort="issued", descends_first=True),
        Column("due", _("Due"), cell=due_text, sort="due"),
        Column("gross_minor", _("Total"), cell=lambda row: atoms.money((row["gross_minor"], row["currency"])),
               end=True, sort="gross_minor", descends_first=True),
        Column("open_minor", _("To pay"), cell=lambda row: atoms.money((row["open_minor"], row["currency"])),
               end=True, sort="open_minor", descends_first=True),
        Column("owner__name", _("Owner"), kind="person"),
    )  # fmt: skip
    tabs = (
        Tab("open", _("Open"), lambda found, _actor: found.filter(settlement=Settlement.OPEN), counted=True),
        Tab("overdue", _("Overdue"), lambda found, _actor: found.overdue(), counted=True),  # type: ignore[attr-defined]
        Tab("paid", _("Paid"), lambda found, _actor: found.filter(settlement=Settlement.PAID)),
        Tab("all", _("All")),
    )
    search = queries.searched
    search_label = _("Number or customer")
    calendar_by = "due"
    default_sort = "-issued"
    actions = (
        Action(
            _("New invoice"),
            reverse_lazy("billing:invoice_new"),
            "plus",
            permissions.ISSUE_INVOICE,
            primary=True,
        ),
    )
    empty_title = _("No invoices here")
    empty_text = _("Invoices are issued from won opportunities, or for a company.")

    def row_url(self, row: Any) -> str:
        return record_url("billing:invoice", row["pk"])

    def row_tone(self, row: Any) -> str:
        return "bad" if status_in(row) == InvoiceStatus.OVERDUE else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s invoice", "%(n)s invoices", n) % {"n": self.count_shown(n)}


class Payments(ListPage):
    permission = permissions.VIEW_PAYMENTS
    title = _("Payments")
    icon = "banknote"
    query = queries.payments
    columns = (
        Column("invoice.number", _("Invoice"), cell=lambda row: row.invoice.number),
        Column("invoice.buyer_name", _("Customer"), cell=lambda row: row.invoice.buyer_name),
        Column("kind", _("State"), cell=payment_badge),
        Column("paid_on", _("Day"), kind="date", sort="paid_on", descends_first=True),
        Column("amount_minor", _("Amount"), cell=lambda row: atoms.money(row.amount), end=True,
               sort="amount_minor", descends_first=True),
        Column("reference", _("Reference"), cell=lambda row: row.reference or row.reason or "—"),
        Column("entered_by__name", _("Entered by"), kind="person"),
    )  # fmt: skip
    search_fields = ("invoice__number", "invoice__buyer_name", "reference")
    search_label = _("Invoice, customer or reference")
    calendar_by = "paid_on"
    default_sort = "-paid_on"
    empty_title = _("No payments yet")
    empty_text = _("Open an invoice and enter what came in.")

    def row_url(self, row: Any) -> str:
        return record_url("billing:invoice", row.invoice_id)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s payment", "%(n)s payments", n) % {"n": self.count_shown(n)}
