from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid
from embudo.kernel.money import UNIT_PRICE_SCALE, is_currency

RATE_SCALE = 100  # tax rates are integers in basis points: 2300 = 23 %
PRICE_LIMIT = 9_007_199_254_740_991  # what JSON and spreadsheets hold exactly


def checked_text(field: str, text: str, longest: int, missing: Any) -> str:
    """The text without stray spaces. Refuses (Invalid) an empty or too long one."""
    tidy = " ".join(text.replace("\0", "").split())
    if not tidy:
        raise Invalid({field: [missing]})
    if len(tidy) > longest:
        raise Invalid({field: [_("Shorten this to %(n)d characters.") % {"n": longest}]})
    return tidy


def checked_price(price: int) -> int:
    if not 0 <= price <= PRICE_LIMIT:
        raise Invalid({"price_minor": [_("Enter a price of zero or more.")]})
    return price


def checked_currency(code: str) -> str:
    if not is_currency(code):
        raise Invalid({"currency": [_("Enter a currency code of three letters, such as EUR.")]})
    return code


def checked_rate(rate: int) -> int:
    if not 0 <= rate <= 100 * RATE_SCALE:
        raise Invalid({"tax_rate": [_("Enter a tax rate from 0 to 100 per cent.")]})
    return rate


def scaled(value: Decimal, scale: int) -> int:
    """A decimal as whole parts of 1/scale; ValueError when it has more places than that."""
    try:
        whole = value * scale
        if whole != whole.to_integral_value():
            raise ValueError(value)
        return int(whole)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(value) from error


def price_text(price: int) -> str:
    """ "12.50" of 125000: at least two places, at most four."""
    whole, part = divmod(price, UNIT_PRICE_SCALE)
    places = f"{part:04}".rstrip("0")
    return f"{whole}.{places:0<2}"


def rate_text(rate: int) -> str:
    """ "23 %", "5.5 %"."""
    return f"{Decimal(rate) / RATE_SCALE:f} %"
