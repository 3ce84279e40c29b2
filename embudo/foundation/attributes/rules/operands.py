from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext as _

from embudo.foundation.attributes.rules.kinds import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.numbers import number_of
from embudo.foundation.attributes.rules.operators import Operator, Takes
from embudo.foundation.attributes.rules.periods import PERIODS
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money

LONGEST_TEXT = 200
MOST_DAYS = 36_500
MOST_VALUES = 50
ME, MY_TEAM = "me", "my_team"
Reader = Callable[[ListAttribute, Any], Any]


def fault(attribute: ListAttribute, text: str) -> Invalid:
    """ "Country: choose a value from the list." """
    return Invalid({"filter": [f"{attribute}: {text}"]})


def checked_operand(attribute: ListAttribute, operator: Operator, given: Any) -> Any:
    """The value of a condition, in the plain form that is kept. Refuses (Invalid) what cannot be compared with."""
    read: Reader = _BY_SHAPE[operator.takes]
    return read(attribute, given)


def _nothing(_attribute: ListAttribute, _given: Any) -> None:
    return None


def _one(attribute: ListAttribute, given: Any) -> Any:
    if given is None or given == "" or isinstance(given, list | dict):
        raise fault(attribute, _("enter a value."))
    read: Reader = _READERS.get(attribute.type, _text)
    return read(attribute, given)


def _two(attribute: ListAttribute, given: Any) -> Any:
    if not isinstance(given, list | tuple) or len(given) != 2 or "" in given or None in given:
        raise fault(attribute, _("enter two values, from and to."))
    low, high = (_one(attribute, one) for one in given)
    if low > high:
        raise fault(attribute, _("enter the smaller value first."))
    return [low, high]


def _many(attribute: ListAttribute, given: Any) -> Any:
    values = given if isinstance(given, list | tuple) else [given]
    if not values or len(values) > MOST_VALUES:
        raise fault(attribute, _("choose one to %(n)d values.") % {"n": MOST_VALUES})
    return [_one(attribute, one) for one in values]


def _days(attribute: ListAttribute, given: Any) -> int:
    try:
        days = int(str(given))
    except ValueError:
        days = 0
    if not 1 <= days <= MOST_DAYS:
        raise fault(attribute, _("enter a number of days from 1 to %(n)d.") % {"n": MOST_DAYS})
    return days


def _period(attribute: ListAttribute, given: Any) -> str:
    if not isinstance(given, str) or given not in PERIODS:
        raise fault(attribute, _("choose a period from the list."))
    return given


_BY_SHAPE: Mapping[Takes, Reader] = {
    Takes.NOTHING: _nothing,
    Takes.ONE: _one,
    Takes.TWO: _two,
    Takes.MANY: _many,
    Takes.DAYS: _days,
    Takes.PERIOD: _period,
}


def _text(attribute: ListAttribute, given: Any) -> str:
    text = " ".join(str(given).replace("\0", "").split())
    if not text or len(text) > LONGEST_TEXT:
        raise fault(attribute, _("enter 1 to %(n)d characters.") % {"n": LONGEST_TEXT})
    return text


def _phone(attribute: ListAttribute, given: Any) -> str:
    """Numbers are kept without blanks and hyphens."""
    return "".join(letter for letter in _text(attribute, given) if letter not in " -()/.")


def _number(attribute: ListAttribute, given: Any) -> float | int:
    try:
        return number_of(given)
    except ValueError:
        raise fault(attribute, _("enter a number, such as 12.5.")) from None


def _money(attribute: ListAttribute, given: Any) -> int:
    """Minor units: whole numbers are taken as such, texts are amounts as people write them."""
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**53:
        return given
    try:
        return Money.parse(str(given)[:40], attribute.currency or "EUR", get_language() or "en").minor
    except (ValueError, OverflowError):
        raise fault(attribute, _("enter an amount, such as 1200.50.")) from None


def _date(attribute: ListAttribute, given: Any) -> str:
    try:
        return date.fromisoformat(str(given)[:10]).isoformat()
    except ValueError:
        raise fault(attribute, _("enter a date as year-month-day, such as 2026-03-21.")) from None


def _choice(attribute: ListAttribute, given: Any) -> str:
    if str(given) not in {key for key, _label in attribute.choices}:
        raise fault(attribute, _("choose a value from the list."))
    return str(given)


def _reference(attribute: ListAttribute, given: Any) -> str:
    try:
        return str(UUID(str(given)))
    except ValueError:
        raise fault(attribute, _("choose a record from the list.")) from None


def _user(attribute: ListAttribute, given: Any) -> str:
    return given if given in (ME, MY_TEAM) else _reference(attribute, given)


_READERS: Mapping[AttributeType, Reader] = {
    AttributeType.PHONE: _phone,
    AttributeType.NUMBER: _number,
    AttributeType.MONEY: _money,
    AttributeType.DATE: _date,
    AttributeType.DATETIME: _date,
    AttributeType.CHOICE: _choice,
    AttributeType.CHOICES: _choice,
    AttributeType.REFERENCE: _reference,
    AttributeType.USER: _user,
}
