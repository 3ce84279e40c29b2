from typing import Any

import pytest
from django.test import Client

from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.tests.builders import (
    a_company,
    a_payment,
    a_won_opportunity,
    an_invoice,
    ann,
    carl,
)
from embudo.foundation.access.commands import create_token
from embudo.foundation.access.tests.builders import bob, cat
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def as_(actor: Actor) -> dict[str, Any]:
    _token, secret = create_token.inner(actor, name="test")
    return {"content_type": "application/json", "headers": {"Authorization": f"Bearer {secret}"}}


def get_as(actor: Actor) -> dict[str, Any]:
    return {"headers": as_(actor)["headers"]}


LINE = {"description": "Licence", "quantity": "2.5", "unit_price": "19.99", "tax_percent": "23"}


def test_api_issues_an_invoice(client: Client) -> None:
    won = a_won_opportunity()
    response = client.post("/api/v1/invoices", {"opportunity_id": str(won.pk), "lines": [LINE]}, **as_(ann()))
    assert response.status_code == 201, response.json()
    body = response.json()
    assert body["net"] == {"amount_minor": 4998, "currency": "EUR"}
    assert (body["gross"]["amount_minor"], body["status"]) == (6148, "open")
    assert response["Location"].endswith(body["id"])


def test_api_issues_once_for_one_idempotency_key(client: Client) -> None:
    company = a_company()
    given = as_(ann())
    given["headers"]["Idempotency-Key"] = "once"
    sent = {"company_id": str(company.pk), "lines": [LINE]}
    first, second = (client.post("/api/v1/invoices", sent, **given) for _time in range(2))
    assert first.json()["number"] == second.json()["number"]
    assert Invoice.objects.count() == 1


def test_api_names_the_line_that_is_wrong(client: Client) -> None:
    company = a_company()
    sent = {"company_id": str(company.pk), "lines": [LINE, LINE | {"quantity": "0"}]}
    response = client.post("/api/v1/invoices", sent, **as_(ann()))
    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["lines.1.quantity"]


def test_api_refuses_a_second_invoice_with_its_code(client: Client) -> None:
    won = a_won_opportunity()
    an_invoice(opportunity_id=won.pk)
    response = client.post("/api/v1/invoices", {"opportunity_id": str(won.pk), "lines": [LINE]}, **as_(ann()))
    assert (response.status_code, response.json()["code"]) == (409, "billing.already_invoiced")


def test_api_lists_and_filters_invoices(client: Client) -> None:
    an_invoice()
    a_payment(an_invoice())
    assert len(client.get("/api/v1/invoices", **get_as(ann())).json()["items"]) == 2
    assert len(client.get("/api/v1/invoices?status=paid", **get_as(ann())).json()["items"]) == 1
    assert client.get("/api/v1/invoices", **get_as(bob())).json()["items"] == []
    assert client.get("/api/v1/invoices", **get_as(cat())).status_code == 403


def test_api_reads_an_invoice_with_lines_and_taxes(client: Client) -> None:
    invoice = an_invoice()
    body = client.get(f"/api/v1/invoices/{invoice.pk}", **get_as(ann())).json()
    assert body["lines"][0]["unit_price"] == "100"
    assert body["taxes"] == [
        {"tax_percent": "23", "net_minor": 10000, "tax_minor": 2300, "gross_minor": 12300}
    ]
    assert client.get(f"/api/v1/invoices/{invoice.pk}", **get_as(bob())).status_code == 404


def test_api_gives_the_document(client: Client) -> None:
    invoice = an_invoice()
    response = client.get(f"/api/v1/invoices/{invoice.pk}/pdf", **get_as(ann()))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")


def test_api_corrects_an_invoice(client: Client) -> None:
    invoice = an_invoice()
    address = f"/api/v1/invoices/{invoice.pk}/correct"
    response = client.post(address, {"reason": "Cancelled"}, **as_(carl()))
    assert (response.status_code, response.json()["kind"], response.json()["corrects_id"]) == (
        201,
        "credit_note",
        str(invoice.pk),
    )
    assert client.post(address, {"reason": "Again"}, **as_(carl())).status_code == 409


def test_api_enters_and_reverses_a_payment(client: Client) -> None:
    invoice = an_invoice()
    sent = {
        "invoice_id": str(invoice.pk),
        "amount": {"amount_minor": 12300, "currency": "EUR"},
        "reference": "R1",
    }
    response = client.post("/api/v1/payments", sent, **as_(carl()))
    assert response.status_code == 201, response.json()
    address = f"/api/v1/payments/{response.json()['id']}/reverse"
    assert (
        client.post(address, {"reason": "Returned"}, **as_(carl())).json()["amount"]["amount_minor"] == -12300
    )
    assert (
        client.post(address, {"reason": "Returned"}, **as_(carl())).json()["code"]
        == "billing.payment_reversed"
    )
    items = client.get(f"/api/v1/payments?invoice={invoice.pk}", **get_as(carl())).json()["items"]
    assert sum(item["amount"]["amount_minor"] for item in items) == 0


def test_api_payment_needs_the_grant(client: Client) -> None:
    invoice = an_invoice()
    sent = {"invoice_id": str(invoice.pk), "amount": {"amount_minor": 1, "currency": "EUR"}}
    assert client.post("/api/v1/payments", sent, **as_(ann())).status_code == 403
    assert not Payment.objects.exists()
