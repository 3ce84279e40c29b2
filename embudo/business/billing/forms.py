from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.billing.rules import MAX_LINES, MAX_TERMS, NET_TERMS, RATE_SCALE, InvoiceDraft, LineDraft
from embudo.business.directory import queries as directory
from embudo.business.supply import queries as supply
from embudo.business.supply.models import Product
from embudo.foundation.ui.forms import Form, LookupField, MoneyField, NumberField, PaperDateField
from embudo.foundation.ui.forms.base import finish_field
from embudo.kernel.money import UNIT_PRICE_SCALE

PARTS = ("product", "description", "quantity", "unit_price", "tax_percent")
BLANK_LINES = 2  # beside those that are filled in
PRODUCTS = 200  # offered in a line's list


def line_field(number: int, part: str) -> str:
    return f"line-{number}-{part}"


class IssueInvoiceForm(Form):
    """
    An invoice with as many lines as `rows` says; lines left empty are not counted. `draft` stands in the cleaned data,
    `used` says which row each of its lines came from.
    """

    company = LookupField(label=_("Company"), label_of=lambda company: company.name, required=False)
    terms_days = forms.IntegerField(
        label=_("Days to pay"),
        min_value=0,
        max_value=MAX_TERMS,
        initial=NET_TERMS,
        help_text=_("Counted from today."),
    )
    currency = forms.CharField(
        label=_("Currency"), max_length=3, help_text=_("Three letters, for example EUR.")
    )
    language = forms.ChoiceField(label=_("Language of the invoice"), choices=settings.LANGUAGES)
    note = forms.CharField(
        label=_("Note on the invoice"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_further = forms.BooleanField(label=_("This is a further invoice for the opportunity"), required=False)

    def __init__(self, *args: Any, source: InvoiceDraft, has_invoice: bool, **kwargs: Any) -> None:
        self.source, self.has_invoice = source, has_invoice
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        if self.source.company_id is not None:
            del self.fields["company"]
        else:
            self._offer_companies()
        if not self.has_invoice:
            del self.fields["is_further"]
        self.products = list(supply.products_on_sale(self.actor)[:PRODUCTS])
        self.rows = self._row_count()
        for number in range(self.rows):
            for part, field in self._line_fields(number).items():
                self.fields[line_field(number, part)] = field
                finish_field(part, field)

    def _offer_companies(self) -> None:
        field = self.fields["company"]
        assert isinstance(field, LookupField)  # noqa: S101 - declared above
        field.required = True
        field.offer(
            search_url=reverse("directory:company_options"),
            fetch=lambda value: directory.company(self.actor, UUID(value)),
            label_of=lambda company: company.name,
            options=lambda: [(found[0], found[1]) for found in directory.company_options(self.actor)],
        )

    def _row_count(self) -> int:
        typed = self.data.get("rows", "") if self.is_bound else self.initial.get("rows", "")
        asked = int(typed) if str(typed).isdecimal() and len(str(typed)) < 5 else 0
        return min(MAX_LINES, max(1, asked or len(self.source.lines) + BLANK_LINES))

    def _line_fields(self, number: int) -> Mapping[str, forms.Field]:
        at = {"n": number + 1}
        choices = [("", "—"), *((str(product.pk), product.name) for product in self.products)]
        fields: dict[str, forms.Field] = {
            "product": forms.ChoiceField(
                label=_("Product, line %(n)d") % at, choices=choices, required=False
            ),
            "description": forms.CharField(
                label=_("Description, line %(n)d") % at, max_length=300, required=False
            ),
            "quantity": NumberField(label=_("Quantity, line %(n)d") % at, required=False),
            "unit_price": NumberField(label=_("Unit price, line %(n)d") % at, required=False),
            "tax_percent": NumberField(label=_("Tax in per cent, line %(n)d") % at, required=False),
        }
        return fields

    def head_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if not name.startswith("line-")]

    def line_rows(self) -> list[dict[str, Any]]:
        return [
            {part: self[line_field(number, part)] for part in PARTS} | {"number": number + 1}
            for number in range(self.rows)
        ]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        by_id = {str(product.pk): product for product in self.products}
        used, lines = [], []
        for number in range(self.rows):
            typed = {part: cleaned.pop(line_field(number, part), None) for part in PARTS}
            if not any(value not in (None, "") for value in typed.values()):
                continue
            used.append(number)
            lines.append(line_draft(typed, by_id.get(typed["product"] or "")))
        company = cleaned.get("company")
        return {
            "used": used,
            "draft": InvoiceDraft(
                lines=tuple(lines),
                opportunity_id=self.source.opportunity_id,
                company_id=company.pk if company else self.source.company_id,
                currency=cleaned.get("currency", ""),
                terms_days=cleaned.get("terms_days") or 0,
                language=cleaned.get("language", ""),
                note=cleaned.get("note", ""),
                is_further=cleaned.get("is_further", False),
            ),
        }


def line_draft(typed: Mapping[str, Any], product: Product | None) -> LineDraft:
    """What a row says; what it leaves out comes from its product. A price nobody gave is not a number, and refused."""
    price, tax = typed["unit_price"], typed["tax_percent"]
    if product is not None:
        price = Decimal(product.price_minor) / UNIT_PRICE_SCALE if price is None else price
        tax = Decimal(product.tax_rate) / RATE_SCALE if tax is None else tax
    return LineDraft(
        description=typed["description"] or (product.name if product else ""),
        quantity=Decimal(1) if typed["quantity"] is None else typed["quantity"],
        unit_price=Decimal("NaN") if price is None else price,
        tax_percent=Decimal(0) if tax is None else tax,
        product_id=product.pk if product else None,
    )


def initial_lines(lines: Sequence[LineDraft]) -> dict[str, Any]:
    """A draft's lines as the form's initial values."""
    initial: dict[str, Any] = {}
    for number, line in enumerate(lines):
        values = (line.product_id, line.description, line.quantity, line.unit_price, line.tax_percent)
        initial |= {line_field(number, part): value for part, value in zip(PARTS, values, strict=True)}
    return initial


class EnterPaymentForm(Form):
    amount = MoneyField(label=_("Amount"))
    paid_on = PaperDateField(label=_("Day the money arrived"), past=True)
    reference = forms.CharField(
        label=_("Reference"), max_length=140, required=False, help_text=_("What the bank statement says.")
    )

    def prepare(self) -> None:
        field = self.fields["amount"]
        assert isinstance(field, MoneyField)  # noqa: S101 - declared above
        field.currency = self.record.currency
        field.label = _("Amount in %(currency)s") % {"currency": self.record.currency}


class ReversePaymentForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("For example: the direct debit was returned.")
    )


class CorrectInvoiceForm(Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It stands on the credit note."))
