from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from embudo.business.billing import commands, queries
from embudo.business.billing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries, Payment
from embudo.business.billing.rules import InvoiceDraft, InvoiceStatus, Settlement
from embudo.business.billing.tests.builders import (
    a_company,
    a_line,
    a_payment,
    a_user,
    a_won_opportunity,
    an_actor,
    an_invoice,
    an_opportunity,
    ann,
    carl,
    days_later,
)
from embudo.foundation.access.tests.builders import bob, cat, tester, user_of
from embudo.foundation.activity.models import Task
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db


def events(name: str) -> list[dict[str, Any]]:
    return list(
        LogEntry.objects.filter(name=f"billing.{name}").order_by("seq").values_list("data", flat=True)
    )


def fresh(invoice: Invoice) -> Invoice:
    return Invoice.objects.get(pk=invoice.pk)


def open_tasks(invoice: Invoice) -> list[tuple[str, int | None]]:
    found = Task.objects.filter(about_id=invoice.pk, done_at=None).order_by("key")
    return [((task.key or "").partition(":")[0], task.amount_minor) for task in found]


# --- issuing ---------------------------------------------------------------------------------------------------------


def test_issue_invoice_from_a_won_opportunity() -> None:
    won = a_won_opportunity()
    with clock.at(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        invoice = commands.issue_invoice(
            ann(),
            draft=InvoiceDraft(lines=(a_line("550", "23", "2"), a_line("10", "8")), opportunity_id=won.pk),
        )
    assert (invoice.number, invoice.issued, invoice.due) == (
        "2026/000001",
        date(2026, 11, 22),
        date(2026, 12, 6),
    )
    assert (invoice.net_minor, invoice.tax_minor, invoice.gross_minor) == (111000, 25380, 136380)
    assert (invoice.open_minor, invoice.settlement) == (136380, Settlement.OPEN)
    assert (invoice.owner_id, invoice.company_id, invoice.currency) == (ann().id, won.company_id, "EUR")
    assert events("InvoiceIssued")[0]["gross_minor"] == 136380


def test_issue_invoice_keeps_buyer_and_seller_as_they_were() -> None:
    company = a_company(name="Acme Ltd", town="Kraków", tax_id="PL5842751979")
    invoice = an_invoice(company_id=company.pk)
    assert (invoice.buyer["name"], invoice.buyer["town"], invoice.buyer["tax_id"]) == (
        "Acme Ltd",
        "Kraków",
        "PL5842751979",
    )
    assert invoice.seller["name"] == "Embudo"


def test_issue_invoice_numbers_follow_each_other_and_begin_anew_each_year() -> None:
    with clock.at(datetime(2026, 12, 31, 12, tzinfo=UTC)):
        first, second = an_invoice(), an_invoice()
    with clock.at(datetime(2027, 1, 1, 12, tzinfo=UTC)):
        third = an_invoice()
    assert [one.number for one in (first, second, third)] == ["2026/000001", "2026/000002", "2027/000001"]


def issue_and_fail() -> None:
    with transaction.atomic():
        an_invoice()
        raise ZeroDivisionError


def test_issue_invoice_rolled_back_leaves_no_gap() -> None:
    an_invoice()
    with pytest.raises(ZeroDivisionError):
        issue_and_fail()
    assert an_invoice().number.endswith("/000002")
    assert NumberSeries.objects.get().last == 2


def test_issue_invoice_refuses_an_open_opportunity() -> None:
    with pytest.raises(Refused) as caught:
        an_invoice(opportunity_id=an_opportunity().pk)
    assert caught.value.code == "billing.opportunity_not_won"
    assert not Invoice.objects.exists()


def test_issue_invoice_refuses_a_second_one_unless_it_is_a_further() -> None:
    won = a_won_opportunity()
    an_invoice(opportunity_id=won.pk)
    with pytest.raises(Refused) as caught:
        an_invoice(opportunity_id=won.pk)
    assert caught.value.code == "billing.already_invoiced"
    assert an_invoice(opportunity_id=won.pk, is_further=True).number.endswith("/000002")


def test_issue_invoice_again_after_the_first_was_credited() -> None:
    won = a_won_opportunity()
    commands.correct_invoice(carl(), an_invoice(opportunity_id=won.pk), reason="Wrong price")
    assert an_invoice(opportunity_id=won.pk).number.endswith("/000002")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"lines": ()}, "lines"),
        ({"lines": (a_line("0"),)}, "lines"),
        ({"lines": (a_line(description=""),)}, "lines.0.description"),
        ({"terms_days": -1}, "terms_days"),
        ({"currency": "XXQ"}, "currency"),
    ],
)
def test_issue_invoice_names_what_is_wrong(values: dict[str, Any], field: str) -> None:
    draft = InvoiceDraft(**({"lines": (a_line(),), "company_id": a_company().pk} | values))
    with pytest.raises(Invalid) as caught:
        commands.issue_invoice(ann(), draft=draft)
    assert list(caught.value.errors) == [field]
    assert not NumberSeries.objects.exists()


def test_issue_invoice_without_a_customer_is_invalid() -> None:
    with pytest.raises(Invalid) as caught:
        commands.issue_invoice(ann(), draft=InvoiceDraft(lines=(a_line(),)))
    assert list(caught.value.errors) == ["company_id"]


def test_issue_invoice_refuses_unknown_products() -> None:
    line = a_line()
    with pytest.raises(Invalid):
        an_invoice(lines=(type(line)(line.description, line.quantity, line.unit_price, Decimal(0), uuid4()),))


def test_issue_invoice_is_for_one_s_own_opportunities() -> None:
    won = a_won_opportunity()
    draft = InvoiceDraft(lines=(a_line(),), opportunity_id=won.pk)
    for actor, error in ((bob(), NotFound), (cat(), Forbidden), (carl(), Forbidden)):
        with pytest.raises(error):
            commands.issue_invoice(actor, draft=draft)


def test_invoices_are_seen_by_their_owner_collectors_and_those_above() -> None:
    boss = a_user(roles=("manager",), name="Mona Lead")
    seller = a_user(name="Sam Seller", manager=boss)
    invoice = an_invoice(an_actor(seller))
    assert queries.invoice(an_actor(boss), invoice.pk) == invoice
    assert queries.invoice(carl(), invoice.pk) == invoice
    for actor in (bob(), cat()):
        with pytest.raises(NotFound):
            queries.invoice(actor, invoice.pk)


# --- never changed afterwards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field", ["number", "gross_minor", "due", "issued", "buyer_name", "currency", "note"]
)
def test_invoice_refuses_to_change_what_the_customer_has_seen(field: str) -> None:
    invoice = an_invoice()
    other = {"due": date(2020, 1, 1), "issued": date(2020, 1, 1), "gross_minor": 1}.get(field, "X")
    with pytest.raises(DatabaseError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**{field: other})


def test_invoice_lines_payments_and_documents_cannot_be_removed_or_changed() -> None:
    invoice = an_invoice()
    a_payment(invoice)
    commands.pdf_of(invoice)
    for model, values in (
        (InvoiceLine, {"description": "X"}),
        (Payment, {"amount_minor": 1}),
        (InvoicePdf, {"sha256": "x"}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**values)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk)._raw_delete("default")


def test_invoice_may_change_its_owner() -> None:
    invoice = an_invoice()
    Invoice.objects.filter(pk=invoice.pk).update(owner=user_of(bob()))
    assert fresh(invoice).owner_id == bob().id


@pytest.mark.parametrize("values", [{"paid_minor": 5}, {"open_minor": 5}, {"settlement": "paid"}])
def test_invoice_balance_has_to_add_up(values: dict[str, Any]) -> None:
    invoice = an_invoice()
    with pytest.raises(DatabaseError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**values)


# --- credit notes ----------------------------------------------------------------------------------------------------


def test_correct_invoice_takes_it_back_by_a_note_of_another_series() -> None:
    invoice = an_invoice(lines=(a_line("0.33"), a_line("0.33"), a_line("0.33")))
    note = commands.correct_invoice(carl(), invoice, reason="Wrong customer")
    assert note.number.startswith("CN-")
    assert (note.gross_minor, note.net_minor, note.tax_minor) == (-122, -99, -23)
    assert [line.quantity for line in queries.invoice_lines(note)] == [-1000, -1000, -1000]
    assert (fresh(invoice).status, fresh(invoice).open_minor) == (InvoiceStatus.CREDITED, 0)
    assert (note.status, note.buyer, note.reason) == (
        InvoiceStatus.CREDIT_NOTE,
        invoice.buyer,
        "Wrong customer",
    )
    assert events("InvoiceCorrected")[0]["credit_note_number"] == note.number


def test_correct_invoice_turns_what_was_paid_into_credit() -> None:
    invoice = an_invoice()
    a_payment(invoice, 2300)
    commands.correct_invoice(carl(), invoice, reason="Cancelled")
    assert (fresh(invoice).overpaid_minor, fresh(invoice).open_minor) == (2300, 0)
    assert queries.company_balances(carl(), invoice.company_id)[0].credit == Money(2300, "EUR")


def test_correct_invoice_closes_its_tasks() -> None:
    invoice = an_invoice()
    with clock.at(days_later(15)):
        commands.announce_overdue(tester())
        commands.correct_invoice(carl(), invoice, reason="Cancelled")
    assert open_tasks(invoice) == []


def test_correct_invoice_twice_and_a_note_are_refused() -> None:
    invoice = an_invoice()
    note = commands.correct_invoice(carl(), invoice, reason="Cancelled")
    for record, code in ((invoice, "billing.already_credited"), (note, "billing.credit_note_final")):
        with pytest.raises(Refused) as caught:
            commands.correct_invoice(carl(), record, reason="Again")
        assert caught.value.code == code


def test_correct_invoice_wants_a_reason_and_the_grant() -> None:
    invoice = an_invoice()
    with pytest.raises(Invalid):
        commands.correct_invoice(carl(), invoice, reason="  ")
    with pytest.raises(Forbidden):
        commands.correct_invoice(ann(), invoice, reason="Mine")


# --- payments --------------------------------------------------------------------------------------------------------


def test_enter_payment_in_parts_until_it_is_paid() -> None:
    invoice = an_invoice()
    a_payment(invoice, 10000)
    assert (fresh(invoice).status, fresh(invoice).open_minor) == (InvoiceStatus.PART_PAID, 2300)
    assert events("InvoicePaid") == []
    a_payment(invoice, 2300)
    assert (fresh(invoice).status, fresh(invoice).open_minor) == (InvoiceStatus.PAID, 0)
    assert fresh(invoice).settled_on == clock.today()
    assert len(events("InvoicePaid")) == 1


def test_enter_payment_of_too_much_is_the_customer_s_credit() -> None:
    invoice = an_invoice()
    a_payment(invoice, 15000)
    assert (fresh(invoice).overpaid_minor, fresh(invoice).open_minor) == (2700, 0)
    a_payment(invoice, 100)
    assert fresh(invoice).overpaid_minor == 2800
    assert len(events("InvoicePaid")) == 1


@pytest.mark.parametrize(
    ("minor", "currency", "field"), [(0, "EUR", "amount"), (-1, "EUR", "amount"), (1, "USD", "amount")]
)
def test_enter_payment_names_what_is_wrong(minor: int, currency: str, field: str) -> None:
    invoice = an_invoice()
    with pytest.raises(Invalid) as caught:
        commands.enter_payment(carl(), invoice, amount=Money(minor, currency), paid_on=clock.today())
    assert list(caught.value.errors) == [field]


def test_enter_payment_refuses_credit_notes_and_those_without_the_grant() -> None:
    invoice = an_invoice()
    note = commands.correct_invoice(carl(), invoice, reason="Cancelled")
    with pytest.raises(Refused):
        a_payment(note, 100)
    with pytest.raises(Forbidden):
        a_payment(invoice, 100, actor=ann())
    with pytest.raises(Forbidden):
        a_payment(invoice, 100, actor=cat())


def test_reverse_payment_uncovers_the_invoice() -> None:
    invoice = an_invoice()
    payment = a_payment(invoice)
    reversal = commands.reverse_payment(carl(), payment, reason="Direct debit returned")
    assert (reversal.amount_minor, reversal.reverses_id) == (-12300, payment.pk)
    assert (fresh(invoice).status, fresh(invoice).open_minor, fresh(invoice).settled_on) == (
        InvoiceStatus.OPEN,
        12300,
        None,
    )
    assert events("PaymentReversed")[0]["open_minor"] == 12300


def test_reverse_payment_twice_and_a_reversal_are_refused() -> None:
    payment = a_payment(an_invoice())
    reversal = commands.reverse_payment(carl(), payment, reason="Returned")
    for record, code in ((payment, "billing.payment_reversed"), (reversal, "billing.reversal_final")):
        with pytest.raises(Refused) as caught:
            commands.reverse_payment(carl(), record, reason="Again")
        assert caught.value.code == code


def test_reverse_payment_wants_a_reason_and_the_grant() -> None:
    payment = a_payment(an_invoice())
    with pytest.raises(Invalid):
        commands.reverse_payment(carl(), payment, reason="")
    with pytest.raises(Forbidden):
        commands.reverse_payment(ann(), payment, reason="Mine")


def test_payments_always_sum_to_what_the_invoice_says() -> None:
    invoice = an_invoice()
    first = a_payment(invoice, 5000)
    a_payment(invoice, 9000)
    commands.reverse_payment(carl(), first, reason="Returned")
    total = Payment.objects.filter(invoice=invoice).aggregate(sum=Sum("amount_minor"))["sum"]
    assert total == fresh(invoice).paid_minor == 9000
