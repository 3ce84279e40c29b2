from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)

from embudo.foundation.attributes.rules import AttributeType, Condition, Group, ListAttribute, Node
from embudo.foundation.attributes.rules.kinds import FOLLOWERS, stored_as
from embudo.foundation.attributes.rules.operands import ME, MY_TEAM
from embudo.foundation.attributes.rules.periods import days_of, instant
from embudo.foundation.notify.models import Follow
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.custom import CustomValue

LOOKUPS: Mapping[str, Any] = {
    "exact": Exact,
    "in": In,
    "gt": GreaterThan,
    "gte": GreaterThanOrEqual,
    "lt": LessThan,
    "lte": LessThanOrEqual,
    "icontains": IContains,
    "istartswith": IStartsWith,
}
TEXTS = frozenset(
    {AttributeType.TEXT, AttributeType.LONG_TEXT, AttributeType.EMAIL, AttributeType.PHONE, AttributeType.URL}
)


class Side:
    """The attribute's side of a comparison. Every answer is yes or no, also where there is no value."""

    def __init__(self, attribute: ListAttribute, actor: Actor) -> None:
        self.attribute, self.type = attribute, attribute.type
        self.zone = ZoneInfo(actor.time_zone)
        self.today = clock.now().astimezone(self.zone).date()
        self.actor = actor

    def compare(self, lookup: str, value: Any) -> Q:
        raise NotImplementedError

    def missing(self) -> Q:
        raise NotImplementedError

    def day(self, day: date) -> Any:
        """The beginning of a day, as this side compares with it."""
        return instant(day, self.zone) if self.type is AttributeType.DATETIME else day

    def between(self, first: date | None, last: date | None) -> Q:
        """From the first day's beginning to the last day's end."""
        found = Q()
        if first is not None:
            found &= self.compare("gte", self.day(first))
        if last is not None:
            found &= self.compare("lt", self.day(last + timedelta(1)))
        return found


class Column(Side):
    """A column of the record's table."""

    def compare(self, lookup: str, value: Any) -> Q:
        return Q(**{f"{self.attribute.path}__{lookup}": value})

    def missing(self) -> Q:
        found = Q(**{f"{self.attribute.path}__exact": ""}) if self.holds_text() else Q()
        return found | Q(**{f"{self.attribute.path}__isnull": True}) if self.attribute.may_be_null else found

    def holds_text(self) -> bool:
        return self.type in TEXTS or self.type is AttributeType.CHOICE


class Custom(Side):
    """A value in the record's `custom`. The second half makes NOT mean what people mean, and names the index."""

    def __init__(self, attribute: ListAttribute, actor: Actor) -> None:
        super().__init__(attribute, actor)
        self.value = value_of(attribute)

    def compare(self, lookup: str, value: Any) -> Q:
        return Q(LOOKUPS[lookup](self.value, value)) & Q(IsNull(self.value, False))

    def missing(self) -> Q:
        return Q(IsNull(self.value, True))

    def day(self, day: date) -> Any:
        if self.type is AttributeType.DATETIME:
            return instant(day, self.zone).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
        return day.isoformat()


class Followed(Side):
    """Who follows the record: rows of another table, one for each person."""

    def compare(self, lookup: str, value: Any) -> Q:
        return Q(Exists(self.follows().filter(**{f"owner__{lookup}": value})))

    def missing(self) -> Q:
        return ~Q(Exists(self.follows()))

    def follows(self) -> QuerySet[Follow]:
        return Follow.objects.filter(about_id=OuterRef("pk"))


def side_of(attribute: ListAttribute, actor: Actor) -> Side:
    if attribute.key == FOLLOWERS:
        return Followed(attribute, actor)
    return (Custom if attribute.is_custom else Column)(attribute, actor)


def value_of(attribute: ListAttribute) -> CustomValue:
    """The custom attribute's value as SQL sees it."""
    assert attribute.definition is not None  # noqa: S101 - asked of custom attributes only
    return CustomValue(attribute.definition.key, stored_as(attribute.type))


def condition_of(node: Node, actor: Actor) -> Q:
    """The filter as Django asks it of the database."""
    if isinstance(node, Group):
        parts = [condition_of(part, actor) for part in node.parts]
        return _joined(parts, is_and=node.is_and)
    if isinstance(node, Condition):
        return _single(node, actor)
    return ~condition_of(node.part, actor)


def _joined(parts: list[Q], *, is_and: bool) -> Q:
    whole = Q()
    for part in parts:
        whole = whole & part if is_and else whole | part
    return whole


def _single(one: Condition, actor: Actor) -> Q:
    side = side_of(one.attribute, actor)
    code = one.operator.negates or one.operator.code
    found = _ASKED[code](side, one.value)
    return ~found if one.operator.negates else found


def _is(side: Side, value: Any) -> Q:
    if side.type is AttributeType.USER:
        return _users(side, [value])
    if side.type in (AttributeType.DATE, AttributeType.DATETIME):
        return _between(side, [value, value])
    return side.compare("exact", value)


def _users(side: Side, values: list[Any]) -> Q:
    """ "me" and "my team" are whoever asks."""
    actor = side.actor
    ids = {str(actor.id) if value == ME else value for value in values if value != MY_TEAM}
    ids -= {"None"}
    if MY_TEAM not in values:
        return side.compare("in", sorted(ids))
    team = list(actor.team.values_list("id", flat=True)) if actor.team is not None else [actor.id]
    return side.compare("in", sorted(ids | {str(one) for one in team if one}))


def _any_of(side: Side, values: list[Any]) -> Q:
    return _users(side, values) if side.type is AttributeType.USER else side.compare("in", values)


def _between(side: Side, value: list[Any]) -> Q:
    if side.type in (AttributeType.DATE, AttributeType.DATETIME):
        return side.between(*(date.fromisoformat(one) for one in value))
    return side.compare("gte", value[0]) & side.compare("lte", value[1])


def _period(side: Side, value: str) -> Q:
    return side.between(*days_of(value, side.today))


_ASKED: Mapping[str, Callable[[Side, Any], Q]] = {
    "is": _is,
    "any_of": _any_of,
    "contains": lambda side, value: side.compare("icontains", value),
    "starts": lambda side, value: side.compare("istartswith", value),
    "empty": lambda side, _value: side.missing(),
    "more": lambda side, value: side.compare("gt", value),
    "less": lambda side, value: side.compare("lt", value),
    "between": _between,
    "before": lambda side, value: side.between(None, date.fromisoformat(value) - timedelta(1)),
    "after": lambda side, value: side.between(date.fromisoformat(value) + timedelta(1), None),
    "period": _period,
    "last_days": lambda side, n: side.between(side.today - timedelta(n - 1), side.today),
    "next_days": lambda side, n: side.between(side.today, side.today + timedelta(n - 1)),
    "older": lambda side, n: side.between(None, side.today - timedelta(n + 1)),
    "yes": lambda side, _value: side.compare("exact", 1 if side.attribute.is_custom else True),
    "has": lambda side, value: side.compare("icontains", f'"{value}"'),
}
