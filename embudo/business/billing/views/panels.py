from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions, queries
from embudo.business.billing.views.shown import status_badge
from embudo.foundation.ui.pages import Page


class OpportunityInvoices(Page):
    """The panel on an opportunity: its invoices and, once it is won, the button that issues one."""

    permission = permissions.VIEW_INVOICES
    template_name = "billing/panel_opportunity.html"
    title = _("Invoices")

    def get_context(self) -> dict[str, Any]:
        opportunity_id = self.kwargs["opportunity_id"]
        found = queries.invoices_of_opportunity(self.actor, opportunity_id)
        return super().get_context() | {
            "rows": [(row, status_badge(row.status)) for row in found[:20]],
            "issue_url": reverse("billing:opportunity_invoice", args=[opportunity_id])
            if queries.may_invoice(self.actor, opportunity_id)
            else "",
        }


class CompanyInvoices(Page):
    """The panel on a company: what it owes, its credit, its newest invoices."""

    permission = permissions.VIEW_INVOICES
    template_name = "billing/panel_company.html"
    title = _("Invoices")

    def get_context(self) -> dict[str, Any]:
        company_id = self.kwargs["company_id"]
        found = queries.invoices_of_company(self.actor, company_id)
        return super().get_context() | {
            "rows": [(row, status_badge(row.status)) for row in found[:5]],
            "balances": queries.company_balances(self.actor, company_id),
            "issue_url": reverse("billing:company_invoice", args=[company_id])
            if queries.may_invoice_company(self.actor, company_id)
            else "",
        }
