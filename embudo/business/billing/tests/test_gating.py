from datetime import timedelta
from typing import Any

import pytest
from django.utils import formats

from embudo.business.billing import commands
from embudo.business.billing.models import Invoice
from embudo.business.billing.tests.builders import a_line, a_payment, a_won_opportunity, an_invoice, carl
from embudo.business.quota import commands as quota
from embudo.business.quota.models import Account, Arrears, Hold
from embudo.business.quota.tests.builders import a_company, an_account, fresh, spent
from embudo.foundation.access.tests.builders import cat, tester, with_roles
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.money import Rate
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
EURO: dict[str, Any] = {"currency": "EUR", "counts_invoices": True}


def owed(account: Account) -> tuple[int, Any]:
    return tuple(Arrears.objects.filter(account=account).values_list("open_minor", "oldest_due")[0])  # type: ignore[return-value]


def billed(account: Account, price: str = "100", **values: Any) -> Invoice:
    """With 23 % tax."""
    return an_invoice(tester(), company_id=account.company_id, lines=(a_line(price),), **values)


def standing(account: Account) -> tuple[int, int]:
    found = fresh(account)
    return found.consumed_minor, found.held_minor


# --- what quota is told ------------------------------------------------------------------------------------------------


def test_arrears_follow_what_is_issued_paid_reversed_and_corrected() -> None:
    account = an_account(currency="EUR")
    first = billed(account)
    second = billed(account, "10", terms_days=3)
    assert owed(account) == (135_30, second.due)
    payment = a_payment(second, 12_30)
    assert owed(account) == (123_00, first.due)
    commands.reverse_payment(carl(), payment, reason="returned")
    assert owed(account) == (135_30, second.due)
    commands.correct_invoice(tester(), second, reason="wrong price")
    assert owed(account) == (123_00, first.due)
    a_payment(first, 123_00)
    assert owed(account) == (0, None)


def test_arrears_count_other_currencies_at_the_rate() -> None:
    account = an_account(currency="EUR")
    quota.enter_rate(tester(), currency="USD", into="EUR", rate=Rate("0.5"), valid_from=clock.today())
    billed(account)
    billed(account, currency="USD")
    assert owed(account)[0] == 123_00 + 61_50


def test_announce_overdue_tells_each_company_once() -> None:
    accounts = [an_account(currency="EUR") for _number in range(2)]
    for one in accounts:
        billed(one, terms_days=0)
        billed(one, terms_days=0)
    Arrears.objects.all().delete()
    with clock.at(clock.now() + timedelta(days=2)):
        assert commands.announce_overdue(tester()) == 4
    assert [owed(one)[0] for one in accounts] == [246_00, 246_00]


def test_account_opened_later_hears_of_what_is_owed_already() -> None:
    company = a_company()
    invoice = an_invoice(tester(), company_id=company.pk)
    account = an_account(currency="EUR", customer=company)
    drain()
    assert owed(account) == (123_00, invoice.due)


def test_debts_of_merged_companies_are_those_of_the_survivor() -> None:
    account, other = an_account(currency="EUR"), a_company()
    billed(account)
    an_invoice(tester(), company_id=other.pk)
    Invoice.objects.filter(company=other).update(company=account.company)
    commands.tell_debts(tester(), companies=[account.company_id, other.pk])  # type: ignore[list-item]
    assert owed(account)[0] == 246_00


def test_tell_debts_is_nothing_without_an_account() -> None:
    with_roles()
    invoice = an_invoice(tester())
    assert commands.tell_debts(tester(), companies=[invoice.company_id]) == 0
    with pytest.raises(Forbidden):
        commands.tell_debts(cat(), companies=[invoice.company_id])


# --- what quota is asked -----------------------------------------------------------------------------------------------


def test_issue_invoice_spends_the_quota_that_invoices_count_on() -> None:
    account = an_account(200_00, **EURO)
    invoice = billed(account)
    assert standing(account) == (123_00, 0)
    hold = Hold.objects.get()
    assert (hold.source, hold.note, hold.key) == ("invoice", invoice.number, f"invoice:{invoice.pk}")


def test_issue_invoice_leaves_a_quota_alone_that_counts_no_invoices() -> None:
    account = an_account(1_00, currency="EUR")
    billed(account)
    assert standing(account) == (0, 0)


def test_issue_invoice_refuses_what_the_till_would_be_refused() -> None:
    account = an_account(100_00, **EURO)
    with pytest.raises(Refused) as refused:
        billed(account)
    facts = dict(refused.value.facts)
    assert [one["kind"] for one in facts.pop("offers")] == ["change"]
    assert (refused.value.code, facts) == (
        "quota.limit",
        {"available_minor": 100_00, "currency": "EUR", "period_end": account.period_end.isoformat()},
    )
    for said in ("Too little", "€100.00", formats.date_format(account.period_end), "Ask for a change"):
        assert said in str(refused.value.message)
    assert not Invoice.objects.exists()
    assert standing(account) == (0, 0)
    assert not Hold.objects.exists()
    assert billed(account, "10").number.endswith("/000001")  # no number was lost


@pytest.mark.parametrize(("limit", "code"), [(None, "quota.pending"), (0, "quota.limit")])
def test_issue_invoice_is_refused_with_its_code(limit: int | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        billed(an_account(limit, **EURO))
    assert refused.value.code == code


def test_issue_invoice_is_refused_on_a_held_account() -> None:
    account = an_account(500_00, **EURO)
    quota.block_account(tester(), account, grounds=quota.Grounds("officer", "a look"))  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        billed(account)
    assert refused.value.code == "quota.held"


def test_issue_invoice_counts_another_currency_at_the_rate() -> None:
    account = an_account(100_00, **EURO)
    with pytest.raises(Invalid):
        billed(account, currency="USD")  # no rate, and no way round the quota
    quota.enter_rate(tester(), currency="USD", into="EUR", rate=Rate("0.5"), valid_from=clock.today())
    billed(account, currency="USD")
    assert standing(account) == (61_50, 0)


def test_issue_invoice_that_comes_to_nothing_in_the_quotas_currency_spends_nothing() -> None:
    account = an_account(0, **EURO)
    quota.enter_rate(tester(), currency="USD", into="EUR", rate=Rate("0.004"), valid_from=clock.today())
    assert billed(account, "1", currency="USD").gross.minor == 1_23
    assert standing(account) == (0, 0)
    with pytest.raises(Refused):
        billed(account, "2", currency="USD")


def test_further_invoice_of_the_same_opportunity_counts_too() -> None:
    with_roles()
    won = a_won_opportunity(tester())
    assert won.company is not None
    account = an_account(200_00, customer=won.company, **EURO)
    an_invoice(tester(), opportunity_id=won.pk)
    with pytest.raises(Refused) as refused:
        an_invoice(tester(), opportunity_id=won.pk, is_further=True)
    assert refused.value.code == "quota.limit"
    assert standing(account) == (123_00, 0)


def test_correct_invoice_gives_the_quota_back_once() -> None:
    account = an_account(200_00, **EURO)
    invoice = billed(account)
    commands.correct_invoice(tester(), invoice, reason="wrong price")
    assert standing(account) == (0, 0)
    with pytest.raises(Refused):
        commands.correct_invoice(tester(), Invoice.objects.get(pk=invoice.pk), reason="again")
    assert standing(account) == (0, 0)


def test_corrected_invoice_issued_anew_is_asked_again() -> None:
    account = an_account(200_00, **EURO)
    commands.correct_invoice(tester(), billed(account), reason="wrong price")
    spent(account, 100_00, currency="EUR")
    with pytest.raises(Refused):
        billed(account)
    assert standing(account) == (100_00, 0)


def test_correct_invoice_works_on_an_account_that_is_closed() -> None:
    account = an_account(200_00, **EURO)
    invoice = billed(account)
    quota.close_account(tester(), account, reason="moved away")
    commands.correct_invoice(tester(), invoice, reason="wrong price")
    assert Invoice.objects.get(pk=invoice.pk).settlement == "credited"


def test_paying_gives_no_quota_back() -> None:
    account = an_account(200_00, **EURO)
    a_payment(billed(account))
    assert standing(account) == (123_00, 0)
