from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _, ngettext

from embudo.foundation.attributes.rules.kinds import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.operands import ME, MY_TEAM
from embudo.foundation.attributes.rules.operators import Takes
from embudo.foundation.attributes.rules.periods import PERIODS
from embudo.foundation.attributes.rules.tree import Condition, Negation, Node
from embudo.foundation.ui.atoms import day_text, money_text

NameOf = Callable[[ListAttribute, str], str]  # of the user or record with this id


def _id(_attribute: ListAttribute, value: str) -> str:
    return value


def sentence(node: Node | None, name_of: NameOf = _id) -> str:
    """The filter as a person says it: "Country is Poland and (Created is in the last 7 days or Owner is me)"."""
    return _said(node, name_of, is_top=True) if node else ""


def _said(node: Node, name_of: NameOf, *, is_top: bool) -> str:
    if isinstance(node, Condition):
        return _condition(node, name_of)
    if isinstance(node, Negation):
        return _("not (%(part)s)") % {"part": _said(node.part, name_of, is_top=True)}
    parts = [_said(part, name_of, is_top=len(node.parts) == 1) for part in node.parts]
    if len(parts) == 1:
        return parts[0]
    whole = (_(" and ") if node.is_and else _(" or ")).join(parts)
    return whole if is_top else f"({whole})"


def _condition(one: Condition, name_of: NameOf) -> str:
    facts = {"attribute": str(one.attribute), "operator": str(one.operator.words)}
    if one.operator.takes is Takes.DAYS:
        return _in_days(one, str(one.attribute))
    if one.operator.takes is Takes.NOTHING:
        return _("%(attribute)s %(operator)s") % facts
    return _("%(attribute)s %(operator)s %(value)s") % {**facts, "value": _value(one, name_of)}


def _in_days(one: Condition, attribute: str) -> str:
    n = int(one.value)
    texts = {
        "last_days": ngettext(
            "%(attribute)s is in the last %(n)d day", "%(attribute)s is in the last %(n)d days", n
        ),
        "next_days": ngettext(
            "%(attribute)s is in the next %(n)d day", "%(attribute)s is in the next %(n)d days", n
        ),
        "older": ngettext(
            "%(attribute)s is older than %(n)d day", "%(attribute)s is older than %(n)d days", n
        ),
    }
    return texts[one.operator.code] % {"attribute": attribute, "n": n}


def _value(one: Condition, name_of: NameOf) -> str:
    takes, value = one.operator.takes, one.value
    if takes is Takes.PERIOD:
        return str(PERIODS[value])
    if takes is Takes.TWO:
        low, high = (_single(one.attribute, part, name_of) for part in value)
        return _("%(low)s and %(high)s") % {"low": low, "high": high}
    if takes is Takes.MANY:
        return ", ".join(_single(one.attribute, part, name_of) for part in value)
    return _single(one.attribute, value, name_of)


def _single(attribute: ListAttribute, value: Any, name_of: NameOf) -> str:
    kind = attribute.type
    if attribute.choices:
        return str(dict(attribute.choices).get(value, value))
    if kind is AttributeType.MONEY:
        return money_text(value, attribute.currency or "EUR")
    if kind in (AttributeType.DATE, AttributeType.DATETIME):
        return str(day_text(date.fromisoformat(value)))
    if kind is AttributeType.USER and value in (ME, MY_TEAM):
        return _("me") if value == ME else _("my team")
    if kind in (AttributeType.USER, AttributeType.REFERENCE):
        return name_of(attribute, value)
    return f"“{value}”" if kind is AttributeType.TEXT else str(value)
