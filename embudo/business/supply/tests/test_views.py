import pytest
from django.urls import reverse

from embudo.business.supply.models import Product
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, cat

pytestmark = pytest.mark.django_db


def test_products_page_shows_price_and_tax() -> None:
    a_product(price_minor=125_000, tax_rate=550)
    page = a_client(ann()).get(reverse("supply:products")).content.decode()
    assert "€12.50" in page
    assert "5.5 %" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_products_page_asks_the_same_number_of_queries(
    rows: int, django_assert_max_num_queries: object
) -> None:
    client = a_client(ann())
    for number in range(rows):
        a_product(name=f"Product {number}")
    client.get(reverse("supply:products"))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("supply:products"))


def test_product_page_shows_the_code() -> None:
    product = a_product(code="G-77")
    assert "G-77" in a_client(ann()).get(reverse("supply:product", args=[product.pk])).content.decode()


def test_new_product_page_keeps_four_decimals() -> None:
    given = {"name": "Screw", "code": "S1", "price_minor": "0.0125", "currency": "eur", "tax_rate": "23"}
    response = a_client(an_admin()).post(reverse("supply:product_new"), given)
    assert response.status_code == 302
    assert Product.objects.values_list("price_minor", "tax_rate", "currency").get() == (125, 2300, "EUR")


def test_new_product_page_keeps_what_was_typed() -> None:
    response = a_client(an_admin()).post(reverse("supply:product_new"), {"name": "", "price_minor": "x"})
    assert response.status_code == 422
    assert 'value="x"' in response.content.decode()
    assert Product.objects.count() == 0


def test_edit_product_page_shows_what_stands() -> None:
    product = a_product(price_minor=125_000)
    page = a_client(an_admin()).get(reverse("supply:product_edit", args=[product.pk])).content.decode()
    assert 'value="12.5"' in page


def test_product_options_finds_by_code() -> None:
    a_product(name="Alpha", code="ZZ-9")
    assert "Alpha" in a_client(ann()).get(reverse("supply:product_options"), {"q": "zz"}).content.decode()


def test_products_page_is_closed_without_a_grant() -> None:
    assert a_client(cat()).get(reverse("supply:products")).status_code == 403
