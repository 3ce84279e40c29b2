from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import pgettext_lazy

from embudo.foundation.attributes.rules.kinds import AttributeType


class Takes(StrEnum):
    """What an operator wants beside its attribute."""

    NOTHING = "nothing"
    ONE = "one"
    TWO = "two"
    MANY = "many"
    DAYS = "days"
    PERIOD = "period"


@dataclass(frozen=True)
class Operator:
    """`words` is how it reads between attribute and value; `is_negative` is the opposite of `of`."""

    code: str
    words: Any
    takes: Takes = Takes.ONE
    negates: str = ""


IS = Operator("is", pgettext_lazy("filter", "is"))
IS_NOT = Operator("is_not", pgettext_lazy("filter", "is not"), negates="is")
CONTAINS = Operator("contains", pgettext_lazy("filter", "contains"))
CONTAINS_NOT = Operator("contains_not", pgettext_lazy("filter", "does not contain"), negates="contains")
STARTS = Operator("starts", pgettext_lazy("filter", "starts with"))
EMPTY = Operator("empty", pgettext_lazy("filter", "is empty"), Takes.NOTHING)
FILLED = Operator("filled", pgettext_lazy("filter", "is not empty"), Takes.NOTHING, negates="empty")
ANY_OF = Operator("any_of", pgettext_lazy("filter", "is one of"), Takes.MANY)
NONE_OF = Operator("none_of", pgettext_lazy("filter", "is none of"), Takes.MANY, negates="any_of")
MORE = Operator("more", pgettext_lazy("filter", "is more than"))
LESS = Operator("less", pgettext_lazy("filter", "is less than"))
BETWEEN = Operator("between", pgettext_lazy("filter", "is between"), Takes.TWO)
BEFORE = Operator("before", pgettext_lazy("filter", "is before"))
AFTER = Operator("after", pgettext_lazy("filter", "is after"))
PERIOD = Operator("period", pgettext_lazy("filter", "is in"), Takes.PERIOD)
LAST_DAYS = Operator("last_days", pgettext_lazy("filter", "is in the last … days"), Takes.DAYS)
NEXT_DAYS = Operator("next_days", pgettext_lazy("filter", "is in the next … days"), Takes.DAYS)
OLDER = Operator("older", pgettext_lazy("filter", "is older than … days"), Takes.DAYS)
YES = Operator("yes", pgettext_lazy("filter", "is ticked"), Takes.NOTHING)
NO = Operator("no", pgettext_lazy("filter", "is not ticked"), Takes.NOTHING, negates="yes")
HAS = Operator("has", pgettext_lazy("filter", "includes"))
HAS_NOT = Operator("has_not", pgettext_lazy("filter", "does not include"), negates="has")

_TEXT = (CONTAINS, CONTAINS_NOT, IS, IS_NOT, STARTS, EMPTY, FILLED)
_AMOUNT = (IS, IS_NOT, MORE, LESS, BETWEEN, EMPTY, FILLED)
_DATE = (PERIOD, LAST_DAYS, NEXT_DAYS, OLDER, IS, BEFORE, AFTER, BETWEEN, EMPTY, FILLED)
_CHOICE = (IS, IS_NOT, ANY_OF, NONE_OF, EMPTY, FILLED)

OPERATORS: Mapping[AttributeType, tuple[Operator, ...]] = {
    AttributeType.TEXT: _TEXT,
    AttributeType.LONG_TEXT: (CONTAINS, CONTAINS_NOT, EMPTY, FILLED),
    AttributeType.EMAIL: _TEXT,
    AttributeType.PHONE: _TEXT,
    AttributeType.URL: _TEXT,
    AttributeType.NUMBER: _AMOUNT,
    AttributeType.MONEY: _AMOUNT,
    AttributeType.DATE: _DATE,
    AttributeType.DATETIME: _DATE,
    AttributeType.YES_NO: (YES, NO),
    AttributeType.CHOICE: _CHOICE,
    AttributeType.CHOICES: (HAS, HAS_NOT, EMPTY, FILLED),
    AttributeType.FILE: (FILLED, EMPTY),
    AttributeType.REFERENCE: (IS, IS_NOT, EMPTY, FILLED),
    AttributeType.USER: _CHOICE,
}


def operators_of(kind: AttributeType) -> tuple[Operator, ...]:
    return OPERATORS[kind]


def operator_of(kind: AttributeType, code: object) -> Operator | None:
    return next((one for one in OPERATORS[kind] if one.code == code), None)
