from itertools import count
from typing import Any

from embudo.business.supply.commands import define_product
from embudo.business.supply.models import Product
from embudo.foundation.access.tests.builders import tester, with_roles

_numbers = count(1)


def a_product(name: str = "GTX Pro", **values: Any) -> Product:
    with_roles()
    given = {"code": f"P-{next(_numbers)}", "currency": "EUR"} | values
    return define_product(tester(), name=name, **given)
