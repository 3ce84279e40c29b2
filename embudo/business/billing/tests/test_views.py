from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.billing import commands
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.tests.builders import (
    a_company,
    a_payment,
    a_won_opportunity,
    an_invoice,
    an_opportunity,
    ann,
    carl,
    days_later,
)
from embudo.business.supply.commands import define_product
from embudo.foundation.access.tests.builders import a_client, bob, cat, tester
from embudo.kernel import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Client:
    return a_client(ann())


@pytest.fixture
def collector() -> Client:
    return a_client(carl())


def a_form(**values: Any) -> dict[str, Any]:
    return {
        "terms_days": "14",
        "currency": "EUR",
        "language": "en",
        "rows": "2",
        "line-0-description": "Licence",
        "line-0-quantity": "1.5",
        "line-0-unit_price": "100",
        "line-0-tax_percent": "23",
    } | values


def test_list_shows_open_invoices_first(seller: Client) -> None:
    invoice = an_invoice()
    a_payment(an_invoice())
    page = seller.get("/invoices/").content.decode()
    assert invoice.number in page
    assert "€123.00" in page
    assert "1 invoice" in page


@pytest.mark.parametrize(("tab", "found"), [("open", 2), ("overdue", 1), ("paid", 1), ("all", 3)])
def test_list_tabs_narrow_by_state(seller: Client, tab: str, found: int) -> None:
    an_invoice(terms_days=0)
    an_invoice()
    a_payment(an_invoice())
    with clock.at(days_later(5)):
        response = seller.get("/invoices/", {"tab": tab})
    assert response.content.decode().count('<th role="rowheader"') == found


def test_list_finds_by_number_and_customer(seller: Client) -> None:
    wanted = an_invoice(company_id=a_company(name="Wanted GmbH").pk)
    an_invoice()
    for words in ("wanted", wanted.number):
        page = seller.get("/invoices/", {"q": words}).content.decode()
        assert page.count('<th role="rowheader"') == 1


@pytest.mark.parametrize("sort", ["number", "-gross_minor", "open_minor", "due", "buyer_name", "-issued"])
def test_list_sorts(seller: Client, sort: str) -> None:
    an_invoice()
    an_invoice()
    assert seller.get("/invoices/", {"sort": sort, "tab": "all"}).status_code == 200


@pytest.mark.parametrize("address", ["/invoices/?tab=all", "/payments/"])
def test_lists_take_the_same_queries_for_one_row_and_three(
    collector: Client, address: str, django_assert_max_num_queries: Any
) -> None:
    a_payment(an_invoice())
    collector.get(address)
    with django_assert_max_num_queries(12) as one:
        collector.get(address)
    for _number in range(2):
        a_payment(an_invoice())
    with django_assert_max_num_queries(12) as three:
        collector.get(address)
    assert len(one) == len(three)


def test_record_page_shows_lines_totals_and_payments(
    collector: Client, django_assert_max_num_queries: Any
) -> None:
    invoice = an_invoice()
    a_payment(invoice, 2300)
    collector.get(f"/invoices/{invoice.pk}/")
    with django_assert_max_num_queries(12):
        page = collector.get(f"/invoices/{invoice.pk}/").content.decode()
    for said in (invoice.number, "Licence", "23 %", "€100.00", "€23.00", "Part paid", "Carl Cash", "Reverse"):
        assert said in page


def test_record_page_of_a_stranger_s_invoice_is_missing() -> None:
    invoice = an_invoice()
    assert a_client(bob()).get(f"/invoices/{invoice.pk}/").status_code == 404
    assert a_client(bob()).get(f"/invoices/{invoice.pk}/pdf/").status_code == 404
    assert a_client(cat()).get(f"/invoices/{invoice.pk}/").status_code == 403


def test_record_page_escapes_what_people_typed(seller: Client) -> None:
    invoice = an_invoice(company_id=a_company(name="<script>x</script>").pk, note="<img src=x>")
    page = seller.get(f"/invoices/{invoice.pk}/").content.decode()
    assert "<script>x" not in page
    assert "<img src=x" not in page


def test_pdf_is_downloaded_the_same_twice(seller: Client) -> None:
    invoice = an_invoice()
    first, second = (seller.get(f"/invoices/{invoice.pk}/pdf/") for _time in range(2))
    assert first["Content-Type"] == "application/pdf"
    assert first["Content-Disposition"] == f'attachment; filename="{invoice.number.replace("/", "-")}.pdf"'
    assert first.content == second.content


def test_issue_page_starts_with_the_opportunity_s_product_and_value(seller: Client) -> None:
    product = define_product(tester(), name="GTX Pro", code="GTXP", price_minor=4821_0000, tax_rate=2300)
    won = a_won_opportunity(product=product, value=480000)
    page = seller.get(f"/opportunities/{won.pk}/invoice/").content.decode()
    assert 'value="GTX Pro"' in page
    assert 'value="4800"' in page
    assert 'value="23"' in page


def test_issue_page_issues_and_goes_to_the_invoice(seller: Client) -> None:
    won = a_won_opportunity()
    response = seller.post(f"/opportunities/{won.pk}/invoice/", a_form())
    invoice = Invoice.objects.get()
    assert response.headers["Location"] == f"/invoices/{invoice.pk}/"
    assert (invoice.opportunity_id, invoice.net_minor, invoice.gross_minor) == (won.pk, 15000, 18450)


def test_issue_page_takes_from_the_product_what_a_line_leaves_out(seller: Client) -> None:
    product = define_product(tester(), name="GTX Pro", code="GTXP", price_minor=4821_0000, tax_rate=800)
    company = a_company()
    lines = {
        "line-0-description": "",
        "line-0-unit_price": "",
        "line-0-tax_percent": "",
        "line-0-product": str(product.pk),
    }
    seller.post(f"/companies/{company.pk}/invoice/", a_form(**lines))
    line = Invoice.objects.get().lines.get()
    assert (line.description, line.unit_price, line.tax_rate, line.product_id) == (
        "GTX Pro",
        4821_0000,
        800,
        product.pk,
    )


def test_issue_page_reads_numbers_as_the_language_writes_them() -> None:
    client = a_client(ann())
    company = a_company()
    client.post(
        f"/companies/{company.pk}/invoice/",
        a_form(**{"line-0-unit_price": "1 234,5"}),
        headers={"Accept-Language": "pl"},
    )
    values = Invoice.objects.values_list("net_minor", flat=True)
    assert list(values) in ([185175], [])  # the person's own language decides, whatever the browser says


def test_issue_page_gives_more_lines_and_takes_one_away_keeping_what_was_typed(seller: Client) -> None:
    company = a_company()
    address = f"/companies/{company.pk}/invoice/"
    more = seller.post(address, a_form(more="1")).content.decode()
    assert 'name="rows" value="5"' in more
    assert 'value="Licence"' in more
    fewer = seller.post(address, a_form(**{"line-1-description": "Second", "remove": "1"})).content.decode()
    assert 'name="rows" value="1"' in fewer
    assert 'value="Second"' in fewer
    assert 'value="Licence"' not in fewer
    assert not Invoice.objects.exists()


def test_issue_page_names_the_line_that_is_wrong(seller: Client) -> None:
    company = a_company()
    values = a_form(
        **{"line-0-description": "", "line-0-quantity": "", "line-0-unit_price": "", "line-0-tax_percent": ""}
    )
    values |= {"line-1-description": "Second"}
    response = seller.post(f"/companies/{company.pk}/invoice/", values)
    assert response.status_code == 422
    assert "Enter a unit price with at most 4 decimals." in response.content.decode()
    assert 'href="#id_line-1-unit_price"' in response.content.decode()


@pytest.mark.parametrize("text", ["x", "1e999", "9" * 24, "1.23456", "\0"])
def test_issue_page_refuses_bad_numbers(seller: Client, text: str) -> None:
    company = a_company()
    response = seller.post(f"/companies/{company.pk}/invoice/", a_form(**{"line-0-unit_price": text}))
    assert response.status_code == 422
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("rows", ["", "-1", "x", "99999999", "²"])
def test_issue_page_survives_a_made_up_number_of_rows(seller: Client, rows: str) -> None:
    company = a_company()
    for extra in ({}, {"more": "1"}, {"remove": rows}):
        assert seller.post(f"/companies/{company.pk}/invoice/", a_form(rows=rows, **extra)).status_code in (
            200,
            302,
            422,
        )


def test_issue_page_shows_the_refusal(seller: Client) -> None:
    won = an_opportunity()
    response = seller.post(f"/opportunities/{won.pk}/invoice/", a_form())
    assert response.status_code == 422
    assert "Only a won opportunity can be invoiced." in response.content.decode()


def test_issue_page_of_a_stranger_s_opportunity_is_missing() -> None:
    won = a_won_opportunity()
    for send in (a_client(bob()).get, a_client(bob()).post):
        assert send(f"/opportunities/{won.pk}/invoice/").status_code == 404


def test_new_invoice_asks_for_the_company(seller: Client) -> None:
    assert seller.post("/invoices/new/", a_form()).status_code == 422
    company = a_company()
    assert seller.post("/invoices/new/", a_form(company=str(company.pk))).status_code == 302


def test_payment_page_offers_what_is_open_and_enters_it(collector: Client) -> None:
    invoice = an_invoice()
    address = reverse("billing:payment_new", args=[invoice.pk])
    assert 'value="123.00"' in collector.get(address).content.decode()
    response = collector.post(
        address, {"amount": "100", "paid_on": clock.today().isoformat(), "reference": "ACME 1"}
    )
    assert response.headers["Location"] == f"/invoices/{invoice.pk}/"
    assert Payment.objects.get().amount_minor == 10000


def test_payment_page_keeps_what_was_typed_when_it_is_wrong(collector: Client) -> None:
    invoice = an_invoice()
    address = reverse("billing:payment_new", args=[invoice.pk])
    response = collector.post(address, {"amount": "zero", "paid_on": "31 2 2026", "reference": "kept"})
    assert response.status_code == 422
    assert 'value="kept"' in response.content.decode()


def test_reverse_page_reverses(collector: Client) -> None:
    payment = a_payment(an_invoice())
    address = reverse("billing:payment_reverse", args=[payment.pk])
    assert collector.get(address).status_code == 200
    response = collector.post(address, {"reason": "Returned"})
    assert response.headers["Location"] == f"/invoices/{payment.invoice_id}/"
    assert collector.post(address, {"reason": "Again"}).status_code == 422


def test_credit_page_issues_a_credit_note(collector: Client) -> None:
    invoice = an_invoice()
    address = reverse("billing:invoice_correct", args=[invoice.pk])
    assert collector.get(address).status_code == 200
    response = collector.post(address, {"reason": "Wrong price"})
    note = Invoice.objects.get(corrects=invoice)
    assert response.headers["Location"] == f"/invoices/{note.pk}/"
    page = collector.get(f"/invoices/{invoice.pk}/").content.decode()
    assert note.number in page
    assert collector.get(f"/invoices/{note.pk}/").status_code == 200


def test_opportunity_panel_offers_the_invoice_once_it_is_won(seller: Client) -> None:
    opened, won = an_opportunity(), a_won_opportunity()
    assert "Issue invoice" not in seller.get(f"/opportunities/{opened.pk}/invoices/").content.decode()
    assert "Issue invoice" in seller.get(f"/opportunities/{won.pk}/invoices/").content.decode()


def test_company_panel_shows_what_is_owed(collector: Client) -> None:
    company = a_company()
    an_invoice(company_id=company.pk, terms_days=0)
    a_payment(an_invoice(company_id=company.pk), 12400)
    with clock.at(days_later(3)):
        page = collector.get(f"/companies/{company.pk}/invoices/").content.decode()
    assert "€123.00" in page
    assert "€1.00" in page


def test_payments_list_shows_reversals(collector: Client) -> None:
    payment = a_payment(an_invoice())
    commands.reverse_payment(carl(), payment, reason="Returned")
    page = collector.get("/payments/").content.decode()
    for said in ("Reversed", "Reversal", "-€123.00", "Returned"):
        assert said in page
