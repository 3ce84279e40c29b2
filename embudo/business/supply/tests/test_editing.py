from decimal import Decimal
from typing import Any

import pytest

from embudo.business.supply import commands
from embudo.business.supply.commands import PRODUCT_EDITING
from embudo.business.supply.models import Product
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access.tests.builders import ann, tester
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.kind import ImportRow

pytestmark = pytest.mark.django_db


def row(product: Product, **values: Any) -> ImportRow:
    return ImportRow(values, product.pk, empties=True)


def test_change_products_sets_values_in_their_own_scale() -> None:
    product = a_product()
    checked = PRODUCT_EDITING.check(
        tester(), [{"price": "12.5", "tax_rate": "23", "series": "", "is_active": False}]
    )
    assert checked == [{"price": Decimal("12.5"), "tax_rate": 2300, "is_active": False, "series": ""}]
    commands.change_products(tester(), rows=[row(product, **checked[0])])
    product.refresh_from_db()
    assert (product.price_minor, product.tax_rate, product.is_active) == (125_000, 2300, False)


def test_change_products_leaves_a_code_that_another_has() -> None:
    first, second = a_product(), a_product("Other")
    (result,) = commands.change_products(tester(), rows=[row(second, code=first.code)])
    assert result.outcome == "failed"


def test_change_products_needs_the_right() -> None:
    with pytest.raises(Forbidden):
        commands.change_products(ann(), rows=[row(a_product(), name="A")])


@pytest.mark.parametrize(
    "given", [{"price": "much"}, {"tax_rate": "101"}, {"tax_rate": "5 EUR"}, {"name": ""}]
)
def test_check_refuses_what_does_not_fit(given: dict[str, Any]) -> None:
    (fault,) = PRODUCT_EDITING.check(tester(), [given])
    assert isinstance(fault, Invalid)
    assert set(fault.errors) == set(given)
