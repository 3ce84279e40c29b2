from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import commands, permissions, queries, rules
from embudo.business.billing.forms import (
    PARTS,
    CorrectInvoiceForm,
    EnterPaymentForm,
    IssueInvoiceForm,
    ReversePaymentForm,
    initial_lines,
    line_field,
)
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import (
    QUANTITY_SCALE,
    RATE_SCALE,
    InvoiceDraft,
    InvoiceStatus,
    Settlement,
    status_of,
)
from embudo.business.sales.permissions import VIEW_OPPORTUNITIES
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import CommandPage, ListPage, Page, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Tab
from embudo.kernel import clock
from embudo.kernel.errors import Invalid
from embudo.kernel.money import UNIT_PRICE_SCALE, Money, exponent

LOOKS = {
    InvoiceStatus.OPEN: ("info", "clock"),
    InvoiceStatus.PART_PAID: ("warn", "coins"),
    InvoiceStatus.OVERDUE: ("bad", "alarm-clock"),
    InvoiceStatus.PAID: ("ok", "circle-check"),
    InvoiceStatus.CREDITED: ("plain", "undo-2"),
    InvoiceStatus.CREDIT_NOTE: ("plain", "receipt"),
}


def status_badge(status: InvoiceStatus) -> Any:
    tone, icon = LOOKS[status]
    return atoms.badge(tone, icon, status.label)


def status_in(row: Mapping[str, Any]) -> InvoiceStatus:
    return status_of(
        row["kind"], row["settlement"], paid_minor=row["paid_minor"], due=row["due"], today=clock.today()
    )


def days_late(due: date) -> str:
    days = (clock.today() - due).days
    return ngettext("%(n)s day late", "%(n)s days late", days) % {"n": atoms.number(days)}


def due_text(row: Mapping[str, Any]) -> str:
    """The due day; of an overdue invoice also how late it is."""
    day = atoms.day_text(row["due"])
    return f"{day} · {days_late(row['due'])}" if status_in(row) == InvoiceStatus.OVERDUE else day


def percent(rate: int) -> str:
    share = Decimal(rate) / RATE_SCALE
    return gettext("%(rate)s %%") % {"rate": atoms.number(_short(share))}


def _short(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


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
    default_sort = "-issued"
    actions = (
        Action(_("New invoice"), reverse_lazy("billing:invoice_new"), "plus", permissions.ISSUE_INVOICE, primary=True),
    )
    empty_title = _("No invoices here")
    empty_text = _("Invoices are issued from won opportunities, or for a company.")

    def row_url(self, row: Any) -> str:
        return reverse("billing:invoice", args=[row["pk"]])

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
        Column("kind", _("State"), cell=lambda row: payment_badge(row)),
        Column("paid_on", _("Day"), kind="date", sort="paid_on", descends_first=True),
        Column("amount_minor", _("Amount"), cell=lambda row: atoms.money(row.amount), end=True,
               sort="amount_minor", descends_first=True),
        Column("reference", _("Reference"), cell=lambda row: row.reference or row.reason or "—"),
        Column("entered_by__name", _("Entered by"), kind="person"),
    )  # fmt: skip
    search_fields = ("invoice__number", "invoice__buyer_name", "reference")
    search_label = _("Invoice, customer or reference")
    default_sort = "-paid_on"
    empty_title = _("No payments yet")
    empty_text = _("Open an invoice and enter what came in.")

    def row_url(self, row: Any) -> str:
        return reverse("billing:invoice", args=[row.invoice_id])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s payment", "%(n)s payments", n) % {"n": self.count_shown(n)}


def payment_badge(payment: Payment) -> Any:
    if payment.is_reversal:
        return atoms.badge("bad", "undo-2", gettext("Reversal"))
    if hasattr(payment, "reversal"):
        return atoms.badge("plain", "ban", gettext("Reversed"))
    return atoms.badge("ok", "circle-check", gettext("Received"))


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
            "lines": [_line_shown(line, record.currency) for line in lines],
            "taxes": [_tax_shown(total, record.currency) for total in rules.rate_totals(lines)],
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


def title_of(record: Invoice) -> str:
    words = gettext("Credit note %(number)s") if record.is_credit_note else gettext("Invoice %(number)s")
    return words % {"number": record.number}


def buyer_lines(record: Invoice) -> list[str]:
    """The customer's address as it was when the invoice was issued."""
    buyer = record.buyer
    town = f"{buyer.get('postcode', '')} {buyer.get('town', '')}".strip()
    return [line for line in (buyer.get("street", ""), town, buyer.get("country", ""), buyer.get("tax_id", "")) if line]


def _line_shown(line: Any, currency: str) -> dict[str, Any]:
    price = Decimal(line.unit_price) / UNIT_PRICE_SCALE
    places = exponent(currency)
    is_fine = line.unit_price * 10**places % UNIT_PRICE_SCALE
    return {
        "position": line.position,
        "description": line.description,
        "quantity": atoms.number(_short(Decimal(line.quantity) / QUANTITY_SCALE)),
        "price": atoms.number(price.normalize()) if is_fine else atoms.money(Money.of(_places(price, places), currency)),
        "tax": percent(line.tax_rate),
        "net": Money(line.net_minor, currency),
        "gross": Money(line.gross_minor, currency),
    }


def _places(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))


def _tax_shown(total: rules.RateTotal, currency: str) -> dict[str, Any]:
    sums = {name: Money(getattr(total, f"{name}_minor"), currency) for name in ("net", "tax", "gross")}
    return sums | {"rate": percent(total.tax_rate)}


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

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Invoices"), reverse("billing:invoices")),)

    def get_cancel_url(self) -> str:
        return reverse("billing:invoices")

    def get_form(self, data: Any = None, files: Any = None) -> BaseForm:
        source = self.source
        given = self.reshaped() if self.is_reshaping else self.first_values(source)
        opportunity = source.opportunity_id
        has_invoice = bool(opportunity and queries.invoices_of_opportunity(self.actor, opportunity).exists())
        return self.form_class(data, initial=given, actor=self.actor, source=source, has_invoice=has_invoice)  # type: ignore[call-arg]

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
        rows = min(rules.MAX_LINES, int(text) if text.isdecimal() and len(text) < 5 else 1)  # noqa: PLR2004
        gone = typed.get("remove", "")
        if gone.isdecimal() and len(gone) < 5 and int(gone) <= rows:  # noqa: PLR2004
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
            raise Invalid({at_row(name, data["used"]): texts for name, texts in fault.errors.items()}) from fault

    def success_message(self, result: Any) -> str:
        return gettext("Invoice %(number)s was issued.") % {"number": result.number}


def at_row(name: str, used: Sequence[int]) -> str:
    """ "lines.1.quantity" (of the draft) as the name of the field that the person filled in."""
    group, _dot, rest = name.partition(".")
    number, _dot, part = rest.partition(".")
    if group != "lines" or not part:
        return {"company_id": "company"}.get(name, name)
    return line_field(used[int(number)], part)


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
            words = gettext("Payment entered. The customer has paid %(amount)s too much; it is kept as credit.")
            return words % {"amount": atoms.money(left.overpaid)}
        if left.open_minor:
            return gettext("Payment entered. %(amount)s is left to pay.") % {"amount": atoms.money(left.to_pay)}
        return gettext("Payment entered. The invoice is paid.")


class ReversePayment(CommandPage):
    query = queries.payment
    command = commands.reverse_payment
    form_class = ReversePaymentForm
    title = _("Reverse the payment")
    submit_label = _("Reverse the payment")
    intro = _("The payment stays in the list, with a second entry that takes it back. What it had paid is open again.")
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
