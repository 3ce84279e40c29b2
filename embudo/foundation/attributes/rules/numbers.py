import math
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_DIGITS = 15  # what a double holds exactly, and so every database and JSON reader of ours


def number_of(given: Any) -> float | int:
    """
    A number of at most 15 digits, from a number or from a text such as "1 234,5" or "1,234.5"; ValueError if it is
    none. Whole numbers come as int.
    """
    if isinstance(given, bool):
        raise ValueError(given)  # noqa: TRY004 - one kind of fault, whatever is wrong
    text = given if isinstance(given, str) else repr(given) if isinstance(given, float) else str(given)
    try:
        exact = Decimal(_plain(text))
    except InvalidOperation:
        raise ValueError(given) from None
    if (
        not exact.is_finite()
        or len(exact.normalize().as_tuple().digits) > MOST_DIGITS
        or abs(exact) >= 10**MOST_DIGITS
    ):
        raise ValueError(given)
    number = float(exact)
    return int(exact) if exact == exact.to_integral_value() else math.copysign(abs(number), number)


def _plain(text: str) -> str:
    """Blanks separate thousands; of comma and point the last is the decimal sign, a lone comma too."""
    tight = "".join(text.split())
    if len(tight) > 40 or any(letter.isalpha() and letter not in "eE" for letter in tight):
        raise ValueError(text)
    if "," in tight and "." in tight:
        thousands = "," if tight.rindex(".") > tight.rindex(",") else "."
        tight = tight.replace(thousands, "")
    return tight.replace(",", ".")
