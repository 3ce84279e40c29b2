"""What billing tells a quota, and what its invoices spend of it."""

from datetime import timedelta

import pytest

from embudo.business.quota import commands
from embudo.business.quota.models import Account, Arrears
from embudo.business.quota.tests.builders import a_company, an_account, fresh
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("billing")


def an_account_for_invoices(limit: int = 100_00) -> Account:
    return an_account(limit, customer=a_company(), counts_invoices=True)


def test_report_arrears_keeps_what_is_owed_and_tells_it_when_it_changes() -> None:
    account = an_account(100_00)
    assert account.company is not None
    commands.report_arrears(SYSTEM, account.company, debt=commands.Debt())
    assert not Arrears.objects.exists()
    due = clock.today() - timedelta(days=3)
    debt = commands.Debt((account.money(20_00), account.money(5_00), Money(9_00, "PLN")), due)
    for _time in range(2):
        commands.report_arrears(SYSTEM, account.company, debt=debt)
    kept = Arrears.objects.get()
    assert (kept.open_minor, kept.oldest_due) == (25_00, due)
    assert LogEntry.objects.filter(name="quota.ArrearsTold").count() == 1


def test_spend_on_invoice_holds_and_captures_in_one_and_once_for_a_key() -> None:
    account = an_account_for_invoices()
    assert account.company is not None
    commands.spend_on_invoice(SYSTEM, account.company, amount=account.money(30_00), key="invoice:1")
    with pytest.raises(Refused):
        commands.spend_on_invoice(SYSTEM, account.company, amount=account.money(30_00), key="invoice:1")
    assert (fresh(account).consumed_minor, fresh(account).held_minor) == (30_00, 0)


def test_spend_on_invoice_is_refused_as_a_till_is() -> None:
    account = an_account_for_invoices(10_00)
    assert account.company is not None
    with pytest.raises(Refused) as fault:
        commands.spend_on_invoice(SYSTEM, account.company, amount=account.money(30_00), key="invoice:1")
    assert fault.value.code == "quota.limit"
    assert fault.value.facts["available_minor"] == 10_00


def test_spend_on_invoice_leaves_a_policy_alone_that_counts_none() -> None:
    account = an_account(100_00)
    assert account.company is not None
    assert (
        commands.spend_on_invoice(SYSTEM, account.company, amount=account.money(1_00), key="invoice:1") == []
    )


def test_give_back_invoice_refunds_it_once() -> None:
    account = an_account_for_invoices()
    assert account.company is not None
    commands.spend_on_invoice(SYSTEM, account.company, amount=account.money(30_00), key="invoice:1")
    for _time in range(2):
        commands.give_back_invoice(SYSTEM, account.company, key="invoice:1")
    commands.give_back_invoice(SYSTEM, account.company, key="invoice:2")
    assert fresh(account).consumed_minor == 0
