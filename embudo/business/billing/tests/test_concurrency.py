"""What only several people at once can show; on SQLite against a file, where each thread has a connection of its own."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from embudo.business.billing import commands
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import InvoiceDraft
from embudo.business.billing.tests.builders import (
    a_company,
    a_line,
    a_payment,
    a_won_opportunity,
    an_invoice,
    ann,
    carl,
    days_later,
)
from embudo.business.quota.models import Account, Arrears
from embudo.business.quota.tests.builders import an_account
from embudo.business.quota.tests.racing import before
from embudo.foundation.access.tests.builders import tester, with_roles
from embudo.foundation.activity.models import Task
from embudo.foundation.duplicates.commands import merge_records
from embudo.kernel import clock
from embudo.kernel.errors import NotFound, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 8

Together = Callable[..., list[Any]]


def kinds(results: Sequence[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


class Undone(Exception):
    pass


def test_numbers_have_no_gap_however_many_issue_and_fail_at_once(together: Together) -> None:
    actor, company = ann(), a_company()
    draft = InvoiceDraft(lines=(a_line(),), company_id=company.pk)

    def issue(number: int) -> str:
        with transaction.atomic():
            invoice = commands.issue_invoice(actor, draft=draft)
            if number % 3 == 0:
                raise Undone
        return invoice.number

    results = together(*[lambda n=n: issue(n) for n in range(3 * PEOPLE)])
    numbers = sorted(result for result in results if isinstance(result, str))
    assert kinds(results) == ["Undone"] * PEOPLE + ["str"] * 2 * PEOPLE
    assert [int(number.partition("/")[2]) for number in numbers] == list(range(1, 2 * PEOPLE + 1))


def test_payments_entered_at_once_sum_up_and_pay_it_once(together: Together) -> None:
    actor, invoice = carl(), an_invoice()
    first = a_payment(invoice, 300)
    with clock.at(days_later(15)):
        commands.announce_overdue(tester())

    def pay() -> None:
        commands.enter_payment(actor, invoice, amount=Money(2000, "EUR"), paid_on=clock.today())

    def reverse() -> None:
        commands.reverse_payment(actor, first, reason="Returned")

    def look() -> tuple[int, int, int, int, int]:
        paid = Invoice.objects.get(pk=invoice.pk)
        total = Payment.objects.filter(invoice=invoice).aggregate(sum=Sum("amount_minor"))["sum"]
        told = LogEntry.objects.filter(name="billing.InvoicePaid").count()
        return paid.paid_minor, total, paid.open_minor, told, Task.objects.filter(done_at=None).count()

    assert kinds(together(*[pay] * PEOPLE, reverse)) == ["NoneType"] * (PEOPLE + 1)
    [(paid_minor, total, left, told, tasks)] = together(look)
    assert (paid_minor, total, left, tasks) == (16000, 16000, 0, 0)
    assert told in (1, 2)  # two when the reversal uncovered it just after it was paid


def test_payment_is_reversed_once_however_many_try(together: Together) -> None:
    actor, payment = carl(), a_payment(an_invoice())
    results = together(*[lambda: commands.reverse_payment(actor, payment, reason="Returned")] * PEOPLE)
    assert kinds(results) == ["Payment"] + ["Refused"] * (PEOPLE - 1)
    assert {result.code for result in results if isinstance(result, Refused)} == {"billing.payment_reversed"}


def test_opportunity_is_invoiced_once_however_often_one_clicks(together: Together) -> None:
    actor, won = ann(), a_won_opportunity()
    draft = InvoiceDraft(lines=(a_line(),), opportunity_id=won.pk)
    results = together(*[lambda: commands.issue_invoice(actor, draft=draft)] * PEOPLE)
    assert kinds(results) == ["Invoice"] + ["Refused"] * (PEOPLE - 1)


def test_invoices_become_overdue_once_however_many_workers_look(together: Together) -> None:
    for _number in range(6):
        an_invoice()
    moment = days_later(15)

    def announce() -> int:
        with clock.at(moment):
            return commands.announce_overdue(tester(), limit=2)

    def look() -> int:
        return LogEntry.objects.filter(name="billing.InvoiceOverdue").count()

    assert sum(together(*[announce] * PEOPLE)) == 6
    assert together(look) == [6]


def test_invoices_at_once_do_not_overspend_a_quota(together: Together) -> None:
    account = an_account(500_00, currency="EUR", counts_invoices=True)
    draft = InvoiceDraft(lines=(a_line(),), company_id=account.company_id)
    results = together(*[lambda: commands.issue_invoice(tester(), draft=draft)] * PEOPLE)
    assert kinds(results) == ["Invoice"] * 4 + ["Refused"] * (PEOPLE - 4)
    [found] = together(lambda: Account.objects.get(pk=account.pk))
    assert (found.consumed_minor, found.held_minor) == (492_00, 0)


def test_payments_at_once_leave_what_a_company_owes_right(together: Together) -> None:
    account = an_account(currency="EUR")
    invoices = [an_invoice(tester(), company_id=account.company_id) for _number in range(PEOPLE)]
    actor = carl()
    together(*[lambda one=one: a_payment(one, 23_00, actor=actor) for one in invoices])
    [found] = together(lambda: Arrears.objects.get(account=account))
    assert found.open_minor == PEOPLE * 100_00


def test_corrections_at_once_give_a_quota_back_once(together: Together) -> None:
    account = an_account(500_00, currency="EUR", counts_invoices=True)
    invoice = an_invoice(tester(), company_id=account.company_id)
    results = together(*[lambda: commands.correct_invoice(tester(), invoice, reason="wrong")] * PEOPLE)
    assert kinds(results) == ["Invoice"] + ["Refused"] * (PEOPLE - 1)
    [found] = together(lambda: Account.objects.get(pk=account.pk))
    assert found.consumed_minor == 0


def test_copies_of_an_invoice_and_its_correction_at_once_do_not_overspend_a_quota(together: Together) -> None:
    with_roles()
    actor, won = tester(), a_won_opportunity(tester())
    account = an_account(300_00, customer=won.company, currency="EUR", counts_invoices=True)
    first = an_invoice(actor, opportunity_id=won.pk)
    copy = InvoiceDraft(lines=(a_line(),), opportunity_id=won.pk, is_further=True)
    copies = [lambda: commands.issue_invoice(actor, draft=copy)] * PEOPLE
    results = together(*copies, lambda: commands.correct_invoice(actor, first, reason="wrong"))
    issued = kinds(results).count("Invoice") - 1  # the correction is one as well
    assert (type(results[-1]).__name__, issued in {1, 2}) == ("Invoice", True)
    [found] = together(lambda: Account.objects.get(pk=account.pk))
    assert found.consumed_minor == 123_00 * issued


def test_invoice_that_waits_for_a_merge_of_its_company_does_not_pass_by_the_quota(together: Together) -> None:
    kept, gone, actor = a_company(), a_company(), tester()
    an_account(100_00, customer=gone, currency="EUR", counts_invoices=True)
    draft = InvoiceDraft(lines=(a_line(),), company_id=gone.pk)
    jobs = before(
        lambda: merge_records(actor, kind="directory.company", survivor_id=kept.pk, merged_ids=(gone.pk,)).pk,
        lambda: commands.issue_invoice(actor, draft=draft),
    )
    assert isinstance(together(*jobs)[1], NotFound | IntegrityError)  # there is no such company any more
    assert together(Invoice.objects.count) == [0]
