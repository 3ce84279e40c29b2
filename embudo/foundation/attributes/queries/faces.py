"""What a list's board and calendar show: each in a few statements, whatever the number of columns, days or records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.models import BigIntegerField, CharField, Count, F, Model, Q, QuerySet, Sum, Value

from embudo.foundation.attributes.queries.conditions import side_of, value_of
from embudo.foundation.attributes.rules import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.kinds import WITHOUT_INDEX
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.beyond import statement_key
from embudo.kernel.keyset import COUNT_LIMIT, SortOrder, SortOrders
from embudo.kernel.together import summed_up, together

KEPT_FOR = 600  # seconds
LOOKED_THROUGH = 3_000  # records of a large list, where no index leads to a column's
YES, NO, NONE = "yes", "no", ""  # columns of yes or no; of what has no value


@dataclass
class LaneSum:
    """How many records a column holds; `is_capped` says that there are more. Amounts by currency where all were counted."""

    count: int = 0
    is_capped: bool = False
    totals: dict[str, Any] = field(default_factory=dict)

    def add(self, count: int, currency: str, amount: Any) -> None:
        self.count += count
        if amount:
            self.totals[currency] = self.totals.get(currency, 0) + amount


def in_lane(actor: Actor, by: ListAttribute, lane: str) -> Q:
    """The records whose value this is; "" for those without one."""
    side = side_of(by, actor)
    if lane == NONE:
        return side.missing() if by.is_custom else _missing(by)
    if by.type is AttributeType.YES_NO:
        return side.compare("exact", int(lane == YES) if by.is_custom else lane == YES)
    return side.compare("exact", lane)


def _missing(by: ListAttribute) -> Q:
    return Q(**{f"{by.path}__isnull": True}) if by.may_be_null else Q(**{f"{by.path}__exact": ""})


def may_miss(model: type[Model], by: ListAttribute) -> bool:
    """Whether there can be records without a value."""
    if by.is_custom:
        return True
    column = model._meta.get_field(by.path)
    return bool(
        getattr(column, "null", False) or (getattr(column, "blank", False) and isinstance(column, CharField))
    )


def within_days(actor: Actor, by: ListAttribute, first: date, last: date) -> Q:
    """The records of these days, as the actor's clock counts them."""
    return side_of(by, actor).between(first, last)


def expression(one: ListAttribute) -> Any:
    return value_of(one) if one.is_custom else F(one.path)


def lane_sums(
    actor: Actor,
    found: QuerySet[Any],
    by: ListAttribute,
    total: ListAttribute | None,
    lanes: Sequence[str],
    *,
    is_many: bool,
) -> dict[str, LaneSum]:
    """
    Counts and sums by column; at most two statements. `is_many` says that not everything can be counted while somebody waits:
    then what an index holds is added up whole, and other columns are counted up to 10,000 and added up when that is all.
    """
    if not is_many or _is_covered(found, by, total):
        return _read(by, _grouped(found, by, total))
    asked = {lane: in_lane(actor, by, lane) for lane in lanes}
    sums = _up_to(found, asked, None)
    few = {lane: asked[lane] for lane, one in sums.items() if one.count and not one.is_capped}
    return sums | _up_to(found, few, total) if total else sums


def _up_to(found: QuerySet[Any], lanes: Mapping[str, Q], total: ListAttribute | None) -> dict[str, LaneSum]:
    """Each column by itself, as far as the limit; without an amount an index answers alone."""
    currency, amount = _amount(total)
    part = found.order_by().annotate(part_currency=currency, part_amount=amount)
    names = {str(number): lane for number, lane in enumerate(lanes)}
    parts = {number: part.filter(lanes[lane]) for number, lane in names.items()}
    return {names[number]: _capped(rows) for number, rows in summed_up(parts, limit=COUNT_LIMIT + 1).items()}


def _capped(rows: Iterable[tuple[Any, ...]]) -> LaneSum:
    one = LaneSum()
    for currency, count, amount in rows:
        one.add(count, currency or "", amount)
    return LaneSum(COUNT_LIMIT, is_capped=True) if one.count > COUNT_LIMIT else one


def _amount(total: ListAttribute | None) -> tuple[Any, Any]:
    """Currency and amount of each record; nothing to add up is 0."""
    if total is None:
        return Value("", CharField()), Value(0, BigIntegerField())
    own = Value(total.currency, CharField())
    return (F(total.currency_path) if total.currency_path else own), expression(total)


def _grouped(found: QuerySet[Any], by: ListAttribute, total: ListAttribute | None) -> QuerySet[Any, Any]:
    currency, amount = _amount(total)
    rows: QuerySet[Any, Any] = (
        found.order_by()
        .values(part_lane=expression(by), part_currency=currency)
        .annotate(part_count=Count("pk"), part_amount=Sum(amount) if total else amount)
        .values_list("part_lane", "part_currency", "part_count", "part_amount")
    )
    return rows


def _read(by: ListAttribute, rows: Iterable[tuple[Any, ...]]) -> dict[str, LaneSum]:
    sums: dict[str, LaneSum] = {}
    for lane, of, count, summed in rows:
        sums.setdefault(lane_of(by, lane), LaneSum()).add(count, of or "", summed)
    return sums


@dataclass(frozen=True)
class KeptSums:
    """What was counted whole, and when."""

    at: datetime
    sums: dict[str, LaneSum]


def kept_sums(found: QuerySet[Any], by: ListAttribute, total: ListAttribute | None) -> KeptSums | None:
    """What somebody had counted whole of late with the very same question; None where nobody had."""
    kept: KeptSums | None = cache.get(_key_of(_grouped(found, by, total)))
    return kept


def counted_whole(found: QuerySet[Any], by: ListAttribute, total: ListAttribute | None) -> KeptSums:
    """Every record counted and added up, and kept for a while: of a million this takes longer than people like to wait."""
    rows = _grouped(found, by, total)
    kept = KeptSums(clock.now(), _read(by, rows))
    cache.set(_key_of(rows), kept, KEPT_FOR)
    return kept


def _key_of(rows: QuerySet[Any, Any]) -> str:
    try:
        sql, params = rows.query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        sql, params = "", ()
    return statement_key("attributes.sums", rows.db, sql, params)


def lane_of(by: ListAttribute, value: Any) -> str:
    if value is None or value == "":
        return NONE
    if by.type is AttributeType.YES_NO:
        return YES if value else NO
    return str(value)


def unindexed(found: QuerySet[Any], by: ListAttribute, lanes: Sequence[str]) -> frozenset[str]:
    """The columns that no index leads to: those without a value of a custom attribute, all of a plain column without one."""
    if by.is_custom:
        return frozenset({NONE} if by.type not in WITHOUT_INDEX else lanes)
    is_led = any(columns[0] == by.path for columns in _indexes(found))
    return frozenset() if is_led else frozenset(lanes)


def _is_covered(found: QuerySet[Any], by: ListAttribute, total: ListAttribute | None) -> bool:
    """Whether all of it can be read off one index: every record, and nothing asked that the index does not hold."""
    if total is None or found.query.where or by.is_custom or total.is_custom:
        return False
    needed = {by.path, total.path, total.currency_path} - {""}
    return any(columns[0] == by.path and needed <= set(columns) for columns in _indexes(found))


def _indexes(found: QuerySet[Any]) -> list[list[str]]:
    indexes = [one for one in found.model._meta.indexes if one.condition is None and one.fields]
    return [[name.removeprefix("-") for name in one.fields] for one in indexes]


def lane_firsts(
    actor: Actor,
    found: QuerySet[Any],
    by: ListAttribute,
    lanes: Sequence[str],
    order: SortOrder | SortOrders,
    limit: int,
) -> dict[str, list[Any]]:
    """The ids of the first records of each column; one statement, each part from one walk of an index where there is one."""
    expressions = order.expressions(reverse=False)
    parts: dict[str, QuerySet[Any]] = {}
    for number, lane in enumerate(lanes):
        first = found.filter(in_lane(actor, by, lane)).order_by(*expressions).values("pk")[:limit]
        parts[f"lane{number}"] = found.model._base_manager.filter(pk__in=first).values_list("pk")
    rows = together(**parts)
    return {lane: [pk for (pk,) in rows[f"lane{number}"]] for number, lane in enumerate(lanes)}


def looked_through(
    found: QuerySet[Any], by: ListAttribute, order: SortOrder | SortOrders
) -> list[tuple[Any, str]]:
    """Id and column of the list's first records: all that is known of columns that no index leads to, until somebody asks for more."""
    some = found.order_by(*order.expressions(reverse=False)).annotate(part_lane=expression(by))
    rows = some.values_list("pk", "part_lane")[:LOOKED_THROUGH]
    return [(pk, lane_of(by, value)) for pk, value in rows]


def changeable(actor: Actor, found: QuerySet[Any], permission: Any, ids: Sequence[Any]) -> set[Any]:
    """Those of the records that the actor's grant reaches."""
    if not actor.may(permission):
        return set()
    within: Any = found.model.objects.within(actor, permission)
    return set(within.filter(pk__in=ids).values_list("pk", flat=True))


def value_at(found: QuerySet[Any], record_id: Any, what: Any) -> tuple[Any] | None:
    """One value of one record of the list as it stands now, in a row of its own; None where the record is not there."""
    try:
        row: tuple[Any] | None = (
            found.filter(pk=record_id).order_by().annotate(part_value=what).values_list("part_value").first()
        )
    except ValidationError:  # an id that is none
        return None
    return row
