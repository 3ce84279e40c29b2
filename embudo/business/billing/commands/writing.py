from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import rules
from embudo.business.billing.models import Invoice, InvoiceLine, NumberSeries
from embudo.business.billing.rules import Line, Totals
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.change import create, create_all, update
from embudo.kernel.errors import Invalid


def write_invoice(invoice: Invoice, sums: Totals) -> Invoice:
    """Inserts the invoice with its number, sums and lines."""
    invoice.issued = clock.today()
    invoice.number = _next_number(invoice.kind, invoice.issued.year)
    invoice.net_minor, invoice.tax_minor, invoice.gross_minor = (
        sums.net_minor,
        sums.tax_minor,
        sums.gross_minor,
    )
    invoice.open_minor = 0 if invoice.is_credit_note else sums.gross_minor
    create(invoice)
    create_all([_line(invoice, position, line) for position, line in enumerate(sums.lines, 1)])
    return invoice


def _line(invoice: Invoice, position: int, line: Line) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
    )


def _next_number(kind: str, year: int) -> str:
    """Holds the series' row until the transaction ends: numbers have no gap, whatever is rolled back."""
    series = _locked_series(kind, year)
    if series is None:
        try:
            with attempt():
                create(NumberSeries(kind=kind, year=year))
        except IntegrityError:  # somebody else began the year at this very moment
            pass
        series = _locked_series(kind, year)
    assert series is not None  # noqa: S101 - the unique constraint says so
    update(series, last=series.last + 1)
    return rules.number_text(kind, year, series.last)


def _locked_series(kind: str, year: int) -> NumberSeries | None:
    return NumberSeries.objects.select_for_update().filter(kind=kind, year=year).first()


def required_text(text: str, field: str, message: Any) -> str:
    if not text.strip():
        raise Invalid({field: [message]})
    return short_text(text, field, 300)


def short_text(text: str, field: str, limit: int) -> str:
    text = " ".join(text.split())
    if len(text) > limit or "\0" in text:
        raise Invalid({field: [_("Shorten this to %(limit)s characters.") % {"limit": limit}]})
    return text
