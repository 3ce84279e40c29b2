from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Self

from babel.core import get_global
from babel.numbers import NumberFormatError, format_currency, parse_decimal

Rate = Decimal
UNIT_PRICE_SCALE = 10_000  # unit prices are integers in 1/10 000 of the currency's major unit


@cache
def exponent(currency: str) -> int:
    """How many decimal places a currency has (ISO 4217): EUR 2, JPY 0, KWD 3."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


@cache
def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount: `minor` counts the currency's smallest unit (cents for EUR), `currency` is an ISO 4217 code."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError("Money counts whole minor units")

    def _same(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, factor: Decimal | int) -> "Money":
        """Rounded half away from zero to the minor unit, as invoices do."""
        return Money(round_half_up(Decimal(self.minor) * factor), self.currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def text(self, locale: str = "en") -> str:
        """As people write it in `locale` (a language code such as "pl"), with the currency."""
        return format_currency(self.major, self.currency, locale=locale.replace("-", "_"))

    @classmethod
    def of(cls, major: Decimal | int | str, currency: str) -> Self:
        """From major units ("12.50"); refuses (ValueError) more decimals than the currency has."""
        minor = Decimal(major).scaleb(exponent(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"{currency} has {exponent(currency)} decimal places")
        return cls(int(minor), currency)

    @classmethod
    def parse(cls, typed: str, currency: str, locale: str = "en") -> Self:
        """From what a person typed in `locale`: "1 234,56" in Polish, "1,234.56" in English; ValueError if unreadable."""
        text = "".join(typed.split())
        for attempt in (locale.replace("-", "_"), "en"):
            try:
                return cls.of(parse_decimal(text, locale=attempt, strict=True), currency)
            except (NumberFormatError, InvalidOperation, ValueError):
                continue
        raise ValueError(typed)


def round_half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
