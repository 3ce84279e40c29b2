from collections.abc import Mapping, Sequence
from decimal import Decimal
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
from embudo.kernel.editing import amount, change_rows, checked_edits
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.fold import fold
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow
from embudo.kernel.money import UNIT_PRICE_SCALE, Money
from embudo.kernel.record import lock

FIELDS = (
    ImportField("name", _("name"), is_required=True),
    ImportField("code", _("code"), is_required=True, is_unique=True),
    ImportField("series", _("series")),
    ImportField("price", _("unit price"), "money", is_required=True),
    ImportField("tax_rate", _("tax rate, per cent"), "number", is_required=True),
    ImportField("is_active", _("on sale"), "yes_no"),
)


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


@command(MANAGE_PRODUCTS)
def change_products(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many products; a code that another product has fails by itself."""

    def revise(product: Product, values: Mapping[str, Any]) -> dict[str, Any]:
        said = dict(values)
        if said.get("code", product.code) != product.code:
            _check_code_is_free(said["code"])
        if "price" in said:
            said |= _priced(product, said.pop("price"))
        whole = {key: said.get(key, getattr(product, key)) for key in ("name", "code", "series")}
        return {**said, "search": _search_text(whole)}

    return change_rows(
        actor, rows, model=Product, change=MANAGE_PRODUCTS, revise=revise,
        changed=lambda product: ProductChanged(product.pk),
    ).results  # fmt: skip


def _priced(product: Product, price: Money | Decimal) -> dict[str, Any]:
    """A price that names no currency is in the product's own."""
    number, currency = (
        (price.major, price.currency) if isinstance(price, Money) else (price, product.currency)
    )
    try:
        return {
            "price_minor": rules.checked_price(rules.scaled(number, UNIT_PRICE_SCALE)),
            "currency": currency,
        }
    except ValueError:
        raise Invalid({"price": [_("Enter a price with at most four decimal places.")]}) from None


def product_fields(actor: Actor) -> tuple[ImportField, ...]:
    return FIELDS if actor.may(MANAGE_PRODUCTS) else ()


def checked_product_edits(
    actor: Actor, rows: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any] | Invalid]:
    return checked_edits(Product, product_fields(actor), [(row, {}) for row in rows], _checked_edit)


def _checked_edit(_row: Mapping[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    kept = _checked(**{name: str(said[name]) for name in ("name", "code", "series") if name in said})
    if "price" in said:
        kept["price"] = amount(said["price"], "price")
    if "tax_rate" in said:
        kept["tax_rate"] = _rate(said["tax_rate"])
    if "is_active" in said:
        kept["is_active"] = bool(said["is_active"])
    return kept


def _rate(value: Any) -> int:
    """Per cent as they are typed, in basis points."""
    number = amount(value, "tax_rate")
    try:
        return rules.checked_rate(rules.scaled(number, rules.RATE_SCALE))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Invalid({"tax_rate": [_("Enter a tax rate from 0 to 100 per cent.")]}) from None


PRODUCT_EDITING = Editing(
    permission=MANAGE_PRODUCTS,
    fields=product_fields,
    check=checked_product_edits,
    write=lambda actor, rows: change_products(actor, rows=rows),
)


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
