from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.billing.models import Invoice, InvoiceLine
from embudo.business.billing.rules import QUANTITY_SCALE, RATE_SCALE, rate_totals
from embudo.kernel.money import UNIT_PRICE_SCALE, Money, exponent
from embudo.kernel.typesetting import typeset

TEMPLATE = Path(__file__).resolve().parent.parent / "typst" / "invoice.typ"


def rendered(invoice: Invoice) -> bytes:
    """The invoice as a tagged PDF (PDF/UA-1) in its own language, made by a child process."""
    with translation.override(invoice.language):
        data = printed(invoice, list(invoice.lines.order_by("position")))
    return typeset(TEMPLATE, data)


def printed(invoice: Invoice, lines: list[InvoiceLine]) -> dict[str, Any]:
    """Every text of the page, ready to set, in the language that is active now."""
    write = _Writing(invoice)
    heading = gettext("Credit note") if invoice.is_credit_note else gettext("Invoice")
    return {
        "lang": invoice.language,
        "paper": "a4",
        "title": f"{heading} {invoice.number}",
        "heading": f"{heading} {invoice.number}",
        "subheading": write.subheading(),
        "number": invoice.number,
        "seller": _address(_seller_lines(invoice.seller, write.country)),
        "buyer": _address(_buyer_lines(invoice.buyer, write.country)),
        "labels": {
            "from": gettext("From"),
            "to": gettext("To"),
            "facts": gettext("Details"),
            "note": gettext("Note"),
            "payment": gettext("How to pay"),
        },
        "facts": write.facts(),
        "columns": [
            gettext("No."),
            gettext("Description"),
            gettext("Quantity"),
            gettext("Unit price"),
            gettext("Tax"),
            gettext("Net"),
        ],
        "lines": [write.line(line) for line in lines],
        "tax_columns": [gettext("Tax rate"), gettext("Net"), gettext("Tax"), gettext("Total")],
        "taxes": [
            [write.rate(row.tax_rate), *map(write.amount, (row.net_minor, row.tax_minor, row.gross_minor))]
            for row in rate_totals(lines)
        ],
        "total": write.total(),
        "note": invoice.note,
        "payment": write.payment(),
        "footer": " · ".join(_clean([invoice.seller.get("name", ""), invoice.seller.get("tax_id", "")])),
        "page_of": gettext("Page {page} of {pages}"),
    }


class _Writing:
    """Numbers and dates of one invoice as its language writes them."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice, self.locale = invoice, invoice.language.replace("-", "_")

    def amount(self, minor: int) -> str:
        """Without the currency, which the total names."""
        places = exponent(self.invoice.currency)
        pattern = f"#,##0.{'0' * places}" if places else "#,##0"
        return format_decimal(Money(minor, self.invoice.currency).major, format=pattern, locale=self.locale)

    def money(self, minor: int) -> str:
        return Money(minor, self.invoice.currency).text(self.locale)

    def day(self, day: date) -> str:
        return format_date(day, format="medium", locale=self.locale)

    def rate(self, tax_rate: int) -> str:
        share = Decimal(tax_rate) / (100 * RATE_SCALE)
        pattern = Locale.parse(self.locale).percent_formats[None].pattern
        return format_percent(share, format=pattern.replace("0", "0.##", 1), locale=self.locale)

    def line(self, line: InvoiceLine) -> list[str]:
        places = exponent(self.invoice.currency)
        price = Decimal(line.unit_price) / UNIT_PRICE_SCALE
        pattern = f"#,##0.{'0' * places}{'#' * (4 - places)}" if places else "#,##0.####"
        return [
            str(line.position),
            line.description,
            format_decimal(Decimal(line.quantity) / QUANTITY_SCALE, format="#,##0.###", locale=self.locale),
            format_decimal(price, format=pattern, locale=self.locale),
            self.rate(line.tax_rate),
            self.amount(line.net_minor),
        ]

    def country(self, code: str) -> str:
        return str(Locale.parse(self.locale).territories.get(code.upper(), code))

    def subheading(self) -> str:
        if not self.invoice.is_credit_note:
            return ""
        words = gettext("Takes back invoice %(number)s in full. Reason: %(reason)s")
        return words % {"number": self.invoice.corrects.number, "reason": self.invoice.reason}  # type: ignore[union-attr]

    def facts(self) -> list[list[str]]:
        facts = [[gettext("Issued"), self.day(self.invoice.issued)]]
        if not self.invoice.is_credit_note:
            terms = gettext("%(days)s days net") % {"days": self.invoice.terms_days}
            facts += [[gettext("Due"), self.day(self.invoice.due)], [gettext("Terms"), terms]]
        return [*facts, [gettext("Currency"), self.invoice.currency]]

    def total(self) -> list[str]:
        name = gettext("Total credited") if self.invoice.is_credit_note else gettext("Total to pay")
        return [name, self.money(abs(self.invoice.gross_minor))]

    def payment(self) -> list[list[str]]:
        if self.invoice.is_credit_note:
            return []
        rows = [
            [gettext("Bank account"), self.invoice.seller.get("bank_account", "")],
            [gettext("Amount"), self.money(self.invoice.gross_minor)],
            [gettext("Pay by"), self.day(self.invoice.due)],
            [gettext("Reference"), self.invoice.number],
        ]
        return [row for row in rows if row[1]]


def _clean(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _address(lines: list[str]) -> list[str]:
    return lines or ["—"]


def _tax_line(tax_id: str) -> str:
    return gettext("Tax number %(number)s") % {"number": tax_id} if tax_id else ""


def _seller_lines(seller: dict[str, str], country: Callable[[str], str]) -> list[str]:
    address = seller.get("address", "").splitlines()
    return _clean(
        [
            seller.get("name", ""),
            *address,
            country(seller.get("country", "")),
            _tax_line(seller.get("tax_id", "")),
        ]
    )


def _buyer_lines(buyer: dict[str, str], country: Callable[[str], str]) -> list[str]:
    def joined(*names: str) -> str:
        return " ".join(_clean(buyer.get(name, "") for name in names))

    rows = (
        joined("name"),
        joined("street", "number"),
        joined("postcode", "town"),
        joined("region"),
        country(joined("country")),
    )
    return _clean([*rows, _tax_line(buyer.get("tax_id", ""))])
