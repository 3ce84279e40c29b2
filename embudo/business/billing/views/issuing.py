from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.billing import commands, queries, rules
from embudo.business.billing.forms import (
    PARTS,
    IssueInvoiceForm,
    initial_lines,
    line_field,
)
from embudo.business.billing.rules import (
    InvoiceDraft,
)
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.errors import Invalid


class IssueInvoice(CommandPage):
    """Works without script: "More lines" and "Remove" send the form and get it back with what was typed."""

    command = commands.issue_invoice
    form_class = IssueInvoiceForm
    template_name = "billing/issue.html"
    title = _("New invoice")
    submit_label = _("Issue the invoice")
    width = ""
    nav = "billing:invoices"
    more_lines: ClassVar[int] = 3

    @property
    def source(self) -> InvoiceDraft:
        if not hasattr(self, "_source"):
            self._source = queries.draft_for(self.actor, **self.kwargs)
        return self._source

    def get_title(self) -> str:
        if not self.source.title:
            return gettext("New invoice")
        return gettext("New invoice: %(title)s") % {"title": self.source.title}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Invoices"), reverse("billing:invoices")),)

    def get_cancel_url(self) -> str:
        return reverse("billing:invoices")

    def get_form(self, data: Any = None, files: Any = None) -> IssueInvoiceForm:
        source = self.source
        given = self.reshaped() if self.is_reshaping else self.first_values(source)
        opportunity = source.opportunity_id
        has_invoice = bool(opportunity and queries.invoices_of_opportunity(self.actor, opportunity).exists())
        return IssueInvoiceForm(data, initial=given, actor=self.actor, source=source, has_invoice=has_invoice)

    def first_values(self, source: InvoiceDraft) -> dict[str, Any]:
        own = organisation()
        return {
            "currency": source.currency or own.currency,
            "language": own.language,
            "terms_days": source.terms_days,
        } | initial_lines(source.lines)

    @property
    def is_reshaping(self) -> bool:
        return bool({"more", "remove"} & set(self.request.POST))

    def reshaped(self) -> dict[str, Any]:
        """What was typed, with more lines or one fewer."""
        typed: dict[str, Any] = self.request.POST.dict()
        text = typed.get("rows", "")
        rows = min(rules.MAX_LINES, int(text) if text.isdecimal() and len(text) < 5 else 1)
        gone = typed.get("remove", "")
        if gone.isdecimal() and len(gone) < 5 and int(gone) <= rows:
            for number in range(int(gone) - 1, rows):
                for part in PARTS:
                    typed[line_field(number, part)] = typed.get(line_field(number + 1, part), "")
            rows = max(1, rows - 1)
        if "more" in typed:
            rows += self.more_lines
        return typed | {"rows": rows}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_reshaping:
            return self.show(self.get_form())
        return super().post(request, *args, **kwargs)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        try:
            return commands.issue_invoice(actor, draft=data["draft"])
        except Invalid as fault:
            raise Invalid(
                {at_row(name, data["used"]): texts for name, texts in fault.errors.items()}
            ) from fault

    def success_message(self, result: Any) -> str:
        return gettext("Invoice %(number)s was issued.") % {"number": result.number}


def at_row(name: str, used: Sequence[int]) -> str:
    """ "lines.1.quantity" (of the draft) as the name of the field that the person filled in."""
    group, _dot, rest = name.partition(".")
    number, _dot, part = rest.partition(".")
    if group != "lines" or not part:
        return {"company_id": "company"}.get(name, name)
    return line_field(used[int(number)], part)
