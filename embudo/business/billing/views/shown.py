from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from embudo.business.billing import rules
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import (
    QUANTITY_SCALE,
    RATE_SCALE,
    InvoiceStatus,
    status_of,
)
from embudo.foundation.ui import atoms
from embudo.kernel import clock
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


def payment_badge(payment: Payment) -> Any:
    if payment.is_reversal:
        return atoms.badge("bad", "undo-2", gettext("Reversal"))
    if hasattr(payment, "reversal"):
        return atoms.badge("plain", "ban", gettext("Reversed"))
    return atoms.badge("ok", "circle-check", gettext("Received"))


def title_of(record: Invoice) -> str:
    words = gettext("Credit note %(number)s") if record.is_credit_note else gettext("Invoice %(number)s")
    return words % {"number": record.number}


def buyer_lines(record: Invoice) -> list[str]:
    """The customer's address as it was when the invoice was issued."""
    groups = (("street", "number"), ("postcode", "town"), ("region",), ("country",), ("tax_id",))
    lines = (" ".join(filter(None, (record.buyer.get(name, "") for name in group))) for group in groups)
    return list(filter(None, lines))


def line_shown(line: Any, currency: str) -> dict[str, Any]:
    price = Decimal(line.unit_price) / UNIT_PRICE_SCALE
    places = exponent(currency)
    is_fine = line.unit_price * 10**places % UNIT_PRICE_SCALE
    return {
        "position": line.position,
        "description": line.description,
        "quantity": atoms.number(_short(Decimal(line.quantity) / QUANTITY_SCALE)),
        "price": atoms.number(price.normalize())
        if is_fine
        else atoms.money(Money.of(_places(price, places), currency)),
        "tax": percent(line.tax_rate),
        "net": Money(line.net_minor, currency),
    }


def _places(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places))


def tax_shown(total: rules.RateTotal, currency: str) -> dict[str, Any]:
    sums = {name: Money(getattr(total, f"{name}_minor"), currency) for name in ("net", "tax", "gross")}
    return sums | {"rate": percent(total.tax_rate)}
