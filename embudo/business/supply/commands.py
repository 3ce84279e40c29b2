from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.supply import rules
from embudo.business.supply.events import ProductChanged, ProductDefined
from embudo.business.supply.models import Product
from embudo.business.supply.permissions import MANAGE_PRODUCTS
from embudo.foundation.access.queries import organisation
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.fold import fold
from embudo.kernel.record import lock


@command(MANAGE_PRODUCTS)
def define_product(
    actor: Actor,
    *,
    name: str,
    code: str = "",
    series: str = "",
    price_minor: int = 0,
    currency: str = "",
    tax_rate: int = 0,
) -> Product:
    """
    Adds a product; without a code its name is the code. Prices in 1/10 000, tax in basis points. Refuses (Invalid) a
    code that another product has.
    """
    values = _checked(
        name=name,
        code=code or name[:64],
        series=series,
        price_minor=price_minor,
        currency=currency or organisation().currency,
        tax_rate=tax_rate,
    )
    _check_code_is_free(values["code"])
    product = create(Product(**values, search=_search_text(values)))
    publish(ProductDefined(product.id), product)
    return product


@command(MANAGE_PRODUCTS)
def change_product(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    product: Product,
    *,
    name: str | None = None,
    code: str | None = None,
    series: str | None = None,
    price_minor: int | None = None,
    currency: str | None = None,
    tax_rate: int | None = None,
    is_active: bool | None = None,
    version: int | None = None,
) -> Product:
    """Changes what is given. Refuses (Invalid) a code that another product has, and a stale version."""
    product = lock(product, version=version)
    given = {
        "name": name, "code": code, "series": series, "price_minor": price_minor, "currency": currency,
        "tax_rate": tax_rate,
    }  # fmt: skip
    values = _checked(**{key: value for key, value in given.items() if value is not None})
    if values.get("code", product.code) != product.code:
        _check_code_is_free(values["code"])
    if is_active is not None:
        values["is_active"] = is_active
    whole = {key: values.get(key, getattr(product, key)) for key in ("name", "code", "series")}
    update(product, **values, search=_search_text(whole))
    publish(ProductChanged(product.id), product)
    return product


def _checked(**given: Any) -> dict[str, Any]:
    """The values as they are stored. Refuses (Invalid) with every fault at once."""
    checks = {
        "name": lambda text: rules.checked_text("name", text, 200, _("Enter the product's name.")),
        "code": lambda text: rules.checked_text(
            "code", text, 64, _("Enter a code, such as an article number.")
        ),
        "series": lambda text: " ".join(text.split())[:80],
        "price_minor": rules.checked_price,
        "currency": rules.checked_currency,
        "tax_rate": rules.checked_rate,
    }
    values, faults = {}, {}
    for key, value in given.items():
        try:
            values[key] = checks[key](value)  # type: ignore[operator]
        except Invalid as fault:
            faults.update(fault.errors)
    if faults:
        raise Invalid(faults)
    return values


def _check_code_is_free(code: str) -> None:
    if Product.objects.filter(code=code).exists():
        raise Invalid({"code": [_("Another product has this code. Enter a code of its own.")]})


def _search_text(values: dict[str, Any]) -> str:
    return fold(f"{values['name']} {values['code']} {values['series']}")[:360]
