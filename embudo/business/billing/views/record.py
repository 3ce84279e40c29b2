from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import commands, permissions, queries, rules
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import (
    InvoiceStatus,
    Settlement,
)
from embudo.business.billing.views.shown import (
    buyer_lines,
    days_late,
    line_shown,
    payment_badge,
    status_badge,
    tax_shown,
    title_of,
)
from embudo.business.sales.permissions import VIEW_OPPORTUNITIES
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import RecordPage
from embudo.foundation.ui.parts import Action, Crumb


class InvoicePage(RecordPage):
    permission = permissions.VIEW_INVOICES
    query = queries.invoice
    template_name = "billing/invoice.html"
    nav = "billing:invoices"

    def get_title(self) -> str:
        return title_of(self.record)

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Invoices"), reverse("billing:invoices")),)

    def get_actions(self) -> Sequence[Action]:
        here = [self.record.pk]
        pdf = Action(_("Download PDF"), reverse("billing:invoice_pdf", args=here), "download")
        if self.record.is_credit_note:
            return (pdf,)
        pay = Action(
            _("Enter payment"), reverse("billing:payment_new", args=here), "banknote", permissions.ENTER_PAYMENT,
            primary=self.record.settlement == Settlement.OPEN, dialog=True,
        )  # fmt: skip
        correct = Action(
            _("Credit note"), reverse("billing:invoice_correct", args=here), "undo-2", permissions.CORRECT_INVOICE,
            dialog=True,
        )  # fmt: skip
        return (pay, pdf) if self.record.settlement == Settlement.CREDITED else (pay, pdf, correct)

    def get_context(self) -> dict[str, Any]:
        record: Invoice = self.record
        lines = queries.invoice_lines(record)
        return super().get_context() | {
            "status": status_badge(record.status),
            "late": days_late(record.due) if record.status == InvoiceStatus.OVERDUE else "",
            "lines": [line_shown(line, record.currency) for line in lines],
            "taxes": [tax_shown(total, record.currency) for total in rules.rate_totals(lines)],
            "payments": self.payments_shown(),
            "credit_note": getattr(record, "credit_note", None),
            "buyer": buyer_lines(record),
            "opportunity": record.opportunity if self.may_see_opportunity() else None,
        }

    def may_see_opportunity(self) -> bool:
        found = self.record.opportunity
        return found is not None and self.actor.may(VIEW_OPPORTUNITIES) and found.is_visible_to(self.actor)

    def payments_shown(self) -> list[dict[str, Any]]:
        may_reverse = self.actor.may(permissions.REVERSE_PAYMENT)
        return [
            {
                "payment": one,
                "badge": payment_badge(one),
                "may_reverse": may_reverse and not one.is_reversal and not hasattr(one, "reversal"),
            }
            for one in queries.payments_of(self.actor, self.record)
        ]


@guarded(permissions.VIEW_INVOICES)
def invoice_pdf(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """The kept document: the same bytes at every download."""
    record = queries.invoice(actor_of(request), invoice_id)
    return pdf_response(record)


def pdf_response(record: Invoice) -> HttpResponse:
    pdf = commands.pdf_of(record)
    name = record.number.replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "ETag": f'"{pdf.sha256}"'}
    return HttpResponse(bytes(pdf.content), content_type="application/pdf", headers=headers)
