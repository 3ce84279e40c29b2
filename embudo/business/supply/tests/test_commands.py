import pytest

from embudo.business.supply import queries
from embudo.business.supply.commands import change_product, define_product
from embudo.business.supply.models import Product
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access.tests.builders import an_admin, ann, cat
from embudo.kernel.errors import Forbidden, Invalid, Stale
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def test_define_product_keeps_price_and_tax() -> None:
    product = define_product(
        an_admin(),
        name=" GTX  Pro ",
        code="G1",
        series="GTX",
        price_minor=45_980_000,
        currency="EUR",
        tax_rate=2300,
    )
    assert (product.name, product.price_minor, product.tax_rate) == ("GTX Pro", 45_980_000, 2300)
    assert LogEntry.objects.filter(name="supply.ProductDefined", about_id=product.pk).count() == 1


def test_define_product_takes_the_name_as_code() -> None:
    assert define_product(an_admin(), name="MG Special", currency="EUR").code == "MG Special"


def test_define_product_names_every_fault() -> None:
    with pytest.raises(Invalid) as refused:
        define_product(an_admin(), name=" ", code="x", price_minor=-1, currency="EURO")
    assert set(refused.value.errors) == {"name", "price_minor", "currency"}


def test_define_product_refuses_a_known_code() -> None:
    a_product(code="G1")
    with pytest.raises(Invalid):
        define_product(an_admin(), name="Other", code="G1", currency="EUR")


def test_define_product_is_not_for_sellers() -> None:
    with pytest.raises(Forbidden):
        define_product(ann(), name="Other", currency="EUR")
    assert Product.objects.count() == 0


def test_change_product_changes_only_what_is_given() -> None:
    product = change_product(an_admin(), a_product(series="GTX"), is_active=False)
    assert (product.is_active, product.series, product.version) == (False, "GTX", 2)


def test_change_product_refuses_a_stale_version() -> None:
    product = a_product()
    change_product(an_admin(), product, name="New")
    with pytest.raises(Stale):
        change_product(an_admin(), product, name="Newer", version=1)


def test_products_are_found_without_accents() -> None:
    a_product(name="Żółty Młynek")
    assert [one.name for one in queries.products(ann()).matching("zolty mlyn")] == ["Żółty Młynek"]


def test_products_are_hidden_without_a_grant() -> None:
    a_product()
    assert queries.products(cat()).count() == 0
