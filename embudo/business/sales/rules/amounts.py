"""Amounts of money as people write them in the files of four countries."""

import re
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid
from embudo.kernel.money import is_currency

SIGNS = {"€": "EUR", "zł": "PLN", "$": "USD", "£": "GBP"}
MARK = re.compile(r"[A-Za-z]{3}|zł|[€$£]")
GROUPED = re.compile(r"\d{1,3}(?:(?:\.\d{3})+|(?:,\d{3})+|(?:'\d{3})+)")
PLAIN = re.compile(r"\d{1,18}(?:\.\d{1,6})?", re.ASCII)


def currency_of(text: str) -> str:
    """The code that a cell means. Refuses (Invalid) what is none."""
    code = SIGNS.get(text.strip().lower(), text.strip().upper())
    if not is_currency(code):
        raise Invalid({"currency": [_("Enter a currency code of three letters, such as EUR.")]})
    return code


def amount_of(text: str) -> tuple[Decimal, str]:
    """
    The number and the currency that stands beside it, "" without one: "1 200,50 zł", "EUR 1,200.50", "1200.5". Three digits
    behind a lone sign are thousands, for no deal is about tenths of cents. Refuses (Invalid) what is no amount.
    """
    tight = "".join(text.split())[:40]
    mark = MARK.search(tight)
    number = tight.replace(mark[0], "", 1) if mark else tight
    if GROUPED.fullmatch(number) and not number.startswith("0"):
        number = re.sub(r"\D", "", number)
    elif "," in number and "." in number:
        number = number.replace("," if number.rindex(".") > number.rindex(",") else ".", "")
    number = number.replace(",", ".").replace("'", "")
    if not PLAIN.fullmatch(number):
        raise Invalid({"value": [_("Enter an amount, such as 1200.50.")]})
    return Decimal(number), currency_of(mark[0]) if mark else ""
