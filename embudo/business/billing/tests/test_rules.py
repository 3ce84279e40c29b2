from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from embudo.business.billing import rules
from embudo.business.billing.rules import (
    Balance,
    InvoiceDraft,
    InvoiceKind,
    InvoiceStatus,
    Line,
    LineDraft,
    RateTotal,
    Settlement,
)
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money

TODAY = date(2026, 11, 22)


def a_line(quantity: int = 1000, price: int = 100_0000, rate: int = 2300) -> Line:
    return Line("Licence", quantity, price, rate)


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        (1000, 550_0000, "EUR", 55000),  # 1 x 550.00
        (2500, 19_9900, "EUR", 4998),  # 2.5 x 19.99 = 49.975 -> 49.98
        (3000, 3333, "EUR", 100),  # 3 x 0.3333 = 0.9999 -> 1.00
        (1000, 50, "EUR", 1),  # 0.005 -> 0.01: half away from zero
        (-1000, 50, "EUR", -1),  # and the same below zero
        (1000, 49, "EUR", 0),  # 0.0049 -> 0.00
        (1500, 333_0000, "JPY", 500),  # 499.5 yen -> 500, a currency without decimals
        (1000, 12345, "KWD", 1235),  # 1.2345 -> 1.235, one with three
    ],
)
def test_line_net_rounds_half_up_once(quantity: int, price: int, currency: str, net: int) -> None:
    assert rules.line_net(quantity, price, currency) == net


def test_totals_compute_tax_on_the_sum_of_a_rate() -> None:
    # Three lines of 0.33 net at 23 %: line by line 0.08 + 0.08 + 0.08 = 0.24; on their sum 0.99 it is 0.2277 -> 0.23.
    sums = rules.totals([a_line(price=3300)] * 3, "EUR")
    assert (sums.net_minor, sums.tax_minor, sums.gross_minor) == (99, 23, 122)


def test_line_taxes_add_up_to_the_tax_of_their_rate() -> None:
    sums = rules.totals([a_line(price=3300)] * 3, "EUR")
    assert [line.tax_minor for line in sums.lines] == [8, 7, 8]


def test_totals_keep_rates_apart_highest_first() -> None:
    sums = rules.totals([a_line(rate=0), a_line(rate=2300), a_line(2000, 50_0000, 800)], "EUR")
    assert sums.rates == (RateTotal(2300, 10000, 2300), RateTotal(800, 10000, 800), RateTotal(0, 10000, 0))
    assert sums.gross_minor == 33100


def test_rate_totals_of_a_rebate_line_are_lower() -> None:
    sums = rules.totals([a_line(), a_line(price=-10_0000)], "EUR")
    assert sums.rates == (RateTotal(2300, 9000, 2070),)


def test_read_lines_turns_decimals_into_whole_numbers() -> None:
    draft = LineDraft("  Two   days ", Decimal("1.125"), Decimal("19.9999"), Decimal("5.5"))
    assert rules.read_lines([draft]) == [Line("Two days", 1125, 199_999, 550)]


def test_read_lines_names_every_fault() -> None:
    with pytest.raises(Invalid) as caught:
        rules.read_lines(
            [
                LineDraft("A", Decimal(1), Decimal(1)),
                LineDraft(" ", Decimal("0.0001"), Decimal("NaN"), Decimal(101)),
                LineDraft("x" * 301, Decimal(0), Decimal("1e30")),
            ]
        )
    assert sorted(caught.value.errors) == [
        "lines.1.description",
        "lines.1.quantity",
        "lines.1.tax_percent",
        "lines.1.unit_price",
        "lines.2.description",
        "lines.2.quantity",
        "lines.2.unit_price",
    ]


def test_read_lines_refuses_none_and_too_many() -> None:
    for drafts in ([], [LineDraft("A", Decimal(1), Decimal(1))] * 201):
        with pytest.raises(Invalid) as caught:
            rules.read_lines(drafts)
        assert list(caught.value.errors) == ["lines"]


def test_check_totals_refuses_nothing_to_pay_and_the_immeasurable() -> None:
    for line in (a_line(price=0), a_line(price=-1), a_line(10**15, 10**9)):
        with pytest.raises(Invalid):
            rules.check_totals(rules.totals([line], "EUR"))


def test_check_draft_names_currency_terms_and_note() -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_draft(InvoiceDraft(lines=(), terms_days=366, note="x" * 1001), "XQQ")
    assert sorted(caught.value.errors) == ["currency", "note", "terms_days"]


def test_due_day_is_net_fourteen() -> None:
    assert rules.due_day(TODAY, rules.NET_TERMS) == date(2026, 12, 6)


def test_number_text_has_a_series_for_each_kind() -> None:
    assert rules.number_text(InvoiceKind.INVOICE, 2026, 123) == "2026/000123"
    assert rules.number_text(InvoiceKind.CREDIT_NOTE, 2026, 4) == "CN-2026/000004"


@pytest.mark.parametrize(
    ("kind", "settlement", "paid", "due", "status"),
    [
        ("invoice", "open", 0, TODAY, InvoiceStatus.OPEN),
        ("invoice", "open", 1, TODAY, InvoiceStatus.PART_PAID),
        ("invoice", "open", 1, date(2026, 11, 21), InvoiceStatus.OVERDUE),
        ("invoice", "paid", 100, date(2026, 1, 1), InvoiceStatus.PAID),
        ("invoice", "credited", 0, date(2026, 1, 1), InvoiceStatus.CREDITED),
        ("credit_note", "credited", 0, date(2026, 1, 1), InvoiceStatus.CREDIT_NOTE),
    ],
)
def test_status_of_follows_balance_and_day(
    kind: str, settlement: str, paid: int, due: date, status: InvoiceStatus
) -> None:
    assert rules.status_of(kind, settlement, paid_minor=paid, due=due, today=TODAY) == status


@pytest.mark.parametrize(
    ("gross", "paid", "credited", "expected"),
    [
        (100, 0, False, Balance(Settlement.OPEN, 100, 0)),
        (100, 40, False, Balance(Settlement.OPEN, 60, 0)),
        (100, 100, False, Balance(Settlement.PAID, 0, 0)),
        (100, 130, False, Balance(Settlement.PAID, 0, 30)),
        (100, 40, True, Balance(Settlement.CREDITED, 0, 40)),
    ],
)
def test_balance_splits_what_is_open_and_overpaid(
    *, gross: int, paid: int, credited: bool, expected: Balance
) -> None:
    assert rules.balance(gross, paid, is_credited=credited) == expected


@pytest.mark.parametrize(
    ("is_won", "has_invoice", "is_further", "code"),
    [(False, False, False, "billing.opportunity_not_won"), (True, True, False, "billing.already_invoiced")],
)
def test_check_invoiceable_refuses(*, is_won: bool, has_invoice: bool, is_further: bool, code: str) -> None:
    with pytest.raises(Refused) as caught:
        rules.check_invoiceable(is_won=is_won, has_invoice=has_invoice, is_further=is_further)
    assert caught.value.code == code


def test_check_invoiceable_allows_a_further_invoice() -> None:
    rules.check_invoiceable(is_won=True, has_invoice=True, is_further=True)


def test_check_correctable_refuses_credit_notes_and_credited_invoices() -> None:
    for kind, settlement, code in (
        ("credit_note", "credited", "billing.credit_note_final"),
        ("invoice", "credited", "billing.already_credited"),
    ):
        with pytest.raises(Refused) as caught:
            rules.check_correctable(kind, settlement)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("amount", "day", "fields"),
    [
        (Money(0, "EUR"), TODAY, ["amount"]),
        (Money(-5, "EUR"), TODAY, ["amount"]),
        (Money(5, "USD"), TODAY, ["amount"]),
        (Money(10**16, "EUR"), TODAY, ["amount"]),
        (Money(5, "EUR"), date(2026, 11, 23), ["paid_on"]),
        (Money(5, "EUR"), date(26, 11, 22), ["paid_on"]),
    ],
)
def test_check_payment_names_the_fault(amount: Money, day: date, fields: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_payment(InvoiceKind.INVOICE, "EUR", amount, day, TODAY)
    assert list(caught.value.errors) == fields


def test_check_payment_refuses_credit_notes() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_payment(InvoiceKind.CREDIT_NOTE, "EUR", Money(1, "EUR"), TODAY, TODAY)
    assert caught.value.code == "billing.credit_note_not_payable"


def test_check_reversible_refuses_twice_and_reversals() -> None:
    for is_reversal, is_reversed, code in (
        (True, False, "billing.reversal_final"),
        (False, True, "billing.payment_reversed"),
    ):
        with pytest.raises(Refused) as caught:
            rules.check_reversible(is_reversal=is_reversal, is_reversed=is_reversed)
        assert caught.value.code == code


def test_task_keys_belong_to_one_invoice() -> None:
    one = uuid4()
    assert rules.sales_task_key(one) == f"billing.sales:{one}"
    assert rules.collect_task_key(one) == f"billing.collect:{one}"
