"""
How invoices add up, all in whole numbers.

A line's net is quantity times unit price, rounded once, half away from zero, to the currency's smallest unit. Tax is
computed for each rate on the sum of its lines' nets (as EN 16931 has it) and rounded once, so an invoice never
differs from its tax table by a cent. A line's own share of that tax is the step between two running sums: the
shares of one rate add up to its tax exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import UNIT_PRICE_SCALE, Money, exponent, is_currency, round_half_up

QUANTITY_SCALE = 1_000  # quantities are integers in thousandths
RATE_SCALE = 100  # tax rates are integers in basis points: 2300 = 23 %
NET_TERMS = 14  # days, unless the invoice says otherwise
MAX_TERMS = 365
MAX_LINES = 200
AMOUNT_LIMIT = 9_007_199_254_740_991  # what JSON and spreadsheets hold exactly
AGE_BUCKETS = (30, 60, 90)  # days past due; older is a bucket of its own


class InvoiceKind(TextChoices):
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class Settlement(TextChoices):
    """What is stored. Whether an open invoice is overdue depends on the day, so it is never stored."""

    OPEN = "open", _("Open")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")


class InvoiceStatus(TextChoices):
    OPEN = "open", _("Open")
    PART_PAID = "part_paid", _("Part paid")
    OVERDUE = "overdue", _("Overdue")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    CREDIT_NOTE = "credit_note", _("Credit note")


def status_of(kind: str, settlement: str, *, paid_minor: int, due: date, today: date) -> InvoiceStatus:
    if kind == InvoiceKind.CREDIT_NOTE:
        return InvoiceStatus.CREDIT_NOTE
    if settlement != Settlement.OPEN:
        return InvoiceStatus(settlement)
    if due < today:
        return InvoiceStatus.OVERDUE
    return InvoiceStatus.PART_PAID if paid_minor else InvoiceStatus.OPEN


# --- lines and totals ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineDraft:
    """One line as it was entered: a quantity of at most 3 decimals, a unit price of at most 4, tax in per cent."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    tax_percent: Decimal = Decimal(0)
    product_id: UUID | None = None


@dataclass(frozen=True)
class InvoiceDraft:
    """What an invoice is issued from: a won opportunity or, without one, a company. `is_further` says it is not the first."""

    lines: tuple[LineDraft, ...]
    opportunity_id: UUID | None = None
    company_id: UUID | None = None
    currency: str = ""  # "" = the opportunity's, else the organisation's
    terms_days: int = NET_TERMS
    language: str = ""  # "" = the organisation's
    note: str = ""
    is_further: bool = False
    title: str = ""  # of the opportunity or company, for the form's heading


@dataclass(frozen=True)
class Line:
    """A line in whole numbers: thousandths, ten-thousandths of the currency, basis points, minor units."""

    description: str
    quantity: int
    unit_price: int
    tax_rate: int
    product_id: UUID | None = None
    net_minor: int = 0
    tax_minor: int = 0

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


class Taxed(Protocol):
    """A line as drafted or as stored: what the tax table adds up."""

    @property
    def tax_rate(self) -> int: ...
    @property
    def net_minor(self) -> int: ...
    @property
    def tax_minor(self) -> int: ...


@dataclass(frozen=True)
class RateTotal:
    tax_rate: int
    net_minor: int
    tax_minor: int

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


@dataclass(frozen=True)
class Totals:
    lines: tuple[Line, ...]
    rates: tuple[RateTotal, ...] = field(default=())

    @property
    def net_minor(self) -> int:
        return sum(rate.net_minor for rate in self.rates)

    @property
    def tax_minor(self) -> int:
        return sum(rate.tax_minor for rate in self.rates)

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


def line_net(quantity: int, unit_price: int, currency: str) -> int:
    """2.5 hours at 19.99 EUR: 2500 x 199900 gives 4998 cents (49.975 rounds up)."""
    exact = Decimal(quantity) * unit_price / (QUANTITY_SCALE * UNIT_PRICE_SCALE)
    return round_half_up(exact.scaleb(exponent(currency)))


def tax_on(net_minor: int, tax_rate: int) -> int:
    return round_half_up(Decimal(net_minor) * tax_rate / (100 * RATE_SCALE))


def totals(lines: Sequence[Line], currency: str) -> Totals:
    """Nets, taxes and sums of an invoice (see the top of this page). The order of lines does not change the sums."""
    running: dict[int, int] = {}
    done = []
    for line in lines:
        net = line_net(line.quantity, line.unit_price, currency)
        before = running.get(line.tax_rate, 0)
        running[line.tax_rate] = before + net
        share = tax_on(before + net, line.tax_rate) - tax_on(before, line.tax_rate)
        done.append(
            Line(line.description, line.quantity, line.unit_price, line.tax_rate, line.product_id, net, share)
        )
    return Totals(tuple(done), rate_totals(done))


def rate_totals(lines: Iterable[Taxed]) -> tuple[RateTotal, ...]:
    """One row for each tax rate, the highest first."""
    sums: dict[int, tuple[int, int]] = {}
    for line in lines:
        net, tax = sums.get(line.tax_rate, (0, 0))
        sums[line.tax_rate] = (net + line.net_minor, tax + line.tax_minor)
    return tuple(RateTotal(rate, *sums[rate]) for rate in sorted(sums, reverse=True))


def _scaled(value: Decimal, scale: int) -> int | None:
    """The value in whole steps of 1/scale; None when it has finer decimals or no sensible size."""
    if not value.is_finite() or abs(value) > AMOUNT_LIMIT // scale:
        return None
    steps = value * scale
    return int(steps) if steps == steps.to_integral_value() else None


def read_lines(drafts: Sequence[LineDraft]) -> list[Line]:
    """The lines in whole numbers; Invalid names each fault as "lines.2.quantity" (counted from 0)."""
    faults: dict[str, list[object]] = {}
    if not drafts:
        faults["lines"] = [_("Add at least one line.")]
    if len(drafts) > MAX_LINES:
        faults["lines"] = [_("An invoice has at most 200 lines. Issue a second one for the rest.")]
    read = [_read_line(draft, f"lines.{number}", faults) for number, draft in enumerate(drafts[:MAX_LINES])]
    if faults:
        raise Invalid(faults)
    return read


def _read_line(draft: LineDraft, at: str, faults: dict[str, list[object]]) -> Line:
    description = " ".join(draft.description.split())
    quantity = _scaled(draft.quantity, QUANTITY_SCALE)
    price = _scaled(draft.unit_price, UNIT_PRICE_SCALE)
    rate = _scaled(draft.tax_percent, RATE_SCALE)
    if not description or "\0" in description:
        faults[f"{at}.description"] = [_("Enter what is invoiced.")]
    elif len(description) > 300:
        faults[f"{at}.description"] = [_("Shorten the description to 300 characters.")]
    if quantity is None or quantity == 0:
        faults[f"{at}.quantity"] = [_("Enter a quantity other than zero, with at most 3 decimals.")]
    if price is None:
        faults[f"{at}.unit_price"] = [_("Enter a unit price with at most 4 decimals.")]
    if rate is None or not 0 <= rate <= 100 * RATE_SCALE:
        faults[f"{at}.tax_percent"] = [_("Enter a tax rate between 0 and 100 per cent.")]
    return Line(description, quantity or 0, price or 0, rate or 0, draft.product_id)


def check_totals(sums: Totals) -> None:
    """An invoice asks for money, and for no more than every system can hold."""
    if sums.gross_minor <= 0:
        raise Invalid(
            {"lines": [_("The total must be above zero. To give money back, issue a credit note.")]}
        )
    if max(sums.gross_minor, *(abs(line.net_minor) for line in sums.lines)) > AMOUNT_LIMIT:
        raise Invalid({"lines": [_("The total is too large. Lower the quantity or the price.")]})


def check_draft(draft: InvoiceDraft, currency: str) -> None:
    faults: dict[str, list[object]] = {}
    if not is_currency(currency):
        faults["currency"] = [_("Choose a currency by its three letters, for example EUR.")]
    if not 0 <= draft.terms_days <= MAX_TERMS:
        faults["terms_days"] = [_("Enter the days to pay: 0 to 365.")]
    if len(draft.note) > 1000 or "\0" in draft.note:
        faults["note"] = [_("Shorten the note to 1000 characters.")]
    if faults:
        raise Invalid(faults)


def due_day(issued: date, terms_days: int) -> date:
    return issued + timedelta(days=terms_days)


def number_text(kind: str, year: int, count: int) -> str:
    """ "2026/000123"; credit notes have a series of their own, "CN-2026/000004"."""
    prefix = "CN-" if kind == InvoiceKind.CREDIT_NOTE else ""
    return f"{prefix}{year}/{count:06}"


# --- what may be invoiced, corrected, paid ---------------------------------------------------------------------------


def check_invoiceable(*, is_won: bool, has_invoice: bool, is_further: bool) -> None:
    if not is_won:
        raise Refused(
            "billing.opportunity_not_won", _("Only a won opportunity can be invoiced. Win it first.")
        )
    if has_invoice and not is_further:
        raise Refused(
            "billing.already_invoiced",
            _(
                "This opportunity has an invoice already. Say that this is a further one, or correct the first."
            ),
        )


def check_correctable(kind: str, settlement: str) -> None:
    if kind == InvoiceKind.CREDIT_NOTE:
        raise Refused(
            "billing.credit_note_final", _("A credit note cannot be corrected. Issue a new invoice instead.")
        )
    if settlement == Settlement.CREDITED:
        raise Refused("billing.already_credited", _("A credit note has already taken this invoice back."))


def check_payment(kind: str, currency: str, amount: Money, paid_on: date, today: date) -> None:
    if kind == InvoiceKind.CREDIT_NOTE:
        raise Refused(
            "billing.credit_note_not_payable", _("Nobody pays a credit note. Enter it on an invoice.")
        )
    faults: dict[str, list[object]] = {}
    if amount.currency != currency:
        faults["amount"] = [_("Enter the amount in the invoice's currency.")]
    elif amount.minor <= 0:
        faults["amount"] = [_("Enter an amount above zero.")]
    elif amount.minor > AMOUNT_LIMIT:
        faults["amount"] = [_("Enter a smaller amount.")]
    if paid_on > today:
        faults["paid_on"] = [_("Enter the day the money arrived: today or earlier.")]
    elif paid_on.year < 2000:
        faults["paid_on"] = [_("Enter the day the money arrived, with its full year.")]
    if faults:
        raise Invalid(faults)


def check_reversible(*, is_reversal: bool, is_reversed: bool) -> None:
    if is_reversal:
        raise Refused(
            "billing.reversal_final", _("A reversal cannot be reversed. Enter a new payment instead.")
        )
    if is_reversed:
        raise Refused("billing.payment_reversed", _("This payment has been reversed already."))


@dataclass(frozen=True)
class Balance:
    settlement: Settlement
    open_minor: int  # still to pay
    overpaid_minor: int  # the customer's credit


def balance(gross_minor: int, paid_minor: int, *, is_credited: bool) -> Balance:
    """Where an invoice stands. What was paid beyond its claim (all of it once credited) is the customer's credit."""
    claim = 0 if is_credited else gross_minor
    left = max(0, claim - paid_minor)
    alive = Settlement.OPEN if left else Settlement.PAID
    return Balance(Settlement.CREDITED if is_credited else alive, left, max(0, paid_minor - claim))


def sales_task_key(invoice_id: UUID) -> str:
    return f"billing.sales:{invoice_id}"


def collect_task_key(invoice_id: UUID) -> str:
    return f"billing.collect:{invoice_id}"
