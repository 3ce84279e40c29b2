from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist
from django.db import connections
from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.expressions import OrderBy

from embudo.kernel.beyond import is_beyond, keep_beyond, statement_key

COUNT_LIMIT = 10_000
_SALT = "kernel.keyset"
_READERS: dict[str, Callable[[str], Any]] = {
    "i": int,
    "d": date.fromisoformat,
    "t": datetime.fromisoformat,
    "n": Decimal,
    "u": UUID,
    "s": str,
    "b": lambda text: text == "True",
}


@dataclass(frozen=True)
class KeysetPage:
    """One page of rows, and the cursors of its neighbours ("" at the ends)."""

    rows: list[Any]
    next: str = ""
    previous: str = ""


@dataclass(frozen=True)
class SortOrder:
    """One sort field with its direction, "-created". Rows without a value always come last; ties go by id."""

    field: str
    is_descending: bool
    is_nullable: bool

    @classmethod
    def of(cls, queryset: QuerySet[Any], sort: str) -> "SortOrder":
        field = sort.removeprefix("-")
        return cls(field, sort.startswith("-"), _is_nullable(queryset, field))

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def values(self, row: Any) -> Any:
        """What a cursor keeps of a row."""
        return _at(row, self.field)

    def expressions(self, *, reverse: bool) -> list[OrderBy]:
        down = self.is_descending != reverse
        # "nulls last" only where nulls can be: elsewhere it would keep PostgreSQL from walking the index.
        nulls = ({"nulls_first": True} if reverse else {"nulls_last": True}) if self.is_nullable else {}
        first = F(self.field).desc(**nulls) if down else F(self.field).asc(**nulls)
        return [first, F("pk").desc() if down else F("pk").asc()]

    def past(self, value: Any, *, reverse: bool) -> Q:
        """The rows whose value comes after this one, or before it in reverse; equal ones are not among them."""
        if value is None:
            return Q(**{f"{self.field}__isnull": False}) if reverse else Q(pk__in=[])
        sign = "lt" if self.is_descending != reverse else "gt"
        further = Q(**{f"{self.field}__{sign}": value})
        return further | Q(**{f"{self.field}__isnull": True}) if self.is_nullable and not reverse else further

    def beyond(self, value: Any, pk: Any, *, reverse: bool) -> Q:
        """The rows that come after (value, pk) in this order, or before it in reverse."""
        sign = "lt" if self.is_descending != reverse else "gt"
        further = Q(**{f"pk__{sign}": pk})
        missing = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return (missing & further) | ~missing if reverse else missing & further
        # "x <= v and (x < v or pk < p)" lets both databases start inside the index.
        inside = Q(**{f"{self.field}__{sign}e": value}) & (Q(**{f"{self.field}__{sign}": value}) | further)
        return inside | missing if self.is_nullable and not reverse else inside


@dataclass(frozen=True)
class SortOrders:
    """Several orders, one within the other, "-created,name"; ties go by id, in the direction of the last."""

    parts: tuple[SortOrder, ...]

    @classmethod
    def of(cls, queryset: QuerySet[Any], sort: str) -> "SortOrders":
        return cls(tuple(SortOrder.of(queryset, one) for one in sort.split(",")))

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(part.field for part in self.parts)

    def values(self, row: Any) -> Any:
        return tuple(_at(row, field) for field in self.fields)

    def expressions(self, *, reverse: bool) -> list[OrderBy]:
        found = [part.expressions(reverse=reverse) for part in self.parts]
        return [*(one[0] for one in found), found[-1][1]]

    def beyond(self, values: Sequence[Any], pk: Any, *, reverse: bool) -> Q:
        """The rows after these values and this id: later in one order, or equal there and later in the next."""
        sign = "lt" if self.parts[-1].is_descending != reverse else "gt"
        further = Q(**{f"pk__{sign}": pk})
        for part, value in zip(reversed(self.parts), reversed(values), strict=True):
            equal = Q(**{f"{part.field}__isnull": True}) if value is None else Q(**{part.field: value})
            further = (equal & further) | part.past(value, reverse=reverse)
        return further


def order_of(queryset: QuerySet[Any], sort: str) -> SortOrder | SortOrders:
    return (SortOrders if "," in sort else SortOrder).of(queryset, sort)


def _is_nullable(queryset: QuerySet[Any], path: str) -> bool:
    if path in queryset.query.annotations:
        return True
    model: type[Model] | None = queryset.model
    for part in path.split("__"):
        if model is None:
            return True
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return True
        if getattr(field, "null", True):
            return True
        model = field.related_model if field.is_relation else None
    return False


def _tag(value: Any) -> list[Any] | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return ["l", [_tag(one) for one in value]]
    for kind, tag in ((bool, "b"), (int, "i"), (datetime, "t"), (date, "d"), (Decimal, "n"), (UUID, "u")):
        if isinstance(value, kind):
            return [tag, value.isoformat() if isinstance(value, date) else str(value)]
    return ["s", str(value)]


def _untag(tagged: list[Any] | None) -> Any:
    if tagged and tagged[0] == "l":
        return tuple(_untag(one) for one in tagged[1])
    return None if tagged is None else _READERS[tagged[0]](tagged[1])


def write_cursor(sort: str, value: Any, pk: Any) -> str:
    return signing.Signer(salt=_SALT).sign_object([sort, _tag(value), _tag(pk)], compress=False)


def read_cursor(cursor: str, sort: str) -> tuple[Any, Any] | None:
    """Value and id to go on from; None when the cursor is damaged or belongs to another order."""
    try:
        written_for, value, pk = signing.Signer(salt=_SALT).unsign_object(cursor)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (_untag(value), _untag(pk)) if written_for == sort else None


def _at(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row[path]
    for part in path.split("__"):
        row = getattr(row, part, None)
    return row


def keyset_page(
    queryset: QuerySet[Any],
    *,
    sort: str,
    size: int,
    after: str = "",
    before: str = "",
    fields: Sequence[str] = (),
) -> KeysetPage:
    """
    The page of `size` rows after or before a cursor; one query, no OFFSET. With `fields` rows are dicts of just those
    fields (the id and the sort field come along), else model instances.
    """
    order = order_of(queryset, sort)
    start = read_cursor(after or before, sort) if after or before else None
    is_back = bool(start and before and not after)
    if start:
        queryset = queryset.filter(order.beyond(*start, reverse=is_back))
    queryset = queryset.order_by(*order.expressions(reverse=is_back))
    if fields:
        queryset = queryset.values(*dict.fromkeys(["pk", *order.fields, *fields]))
    rows = list(queryset[: size + 1])
    return page_of(rows, size=size, sort=sort, value=order.values, is_back=is_back, is_first=start is None)


def page_of(
    rows: list[Any], *, size: int, sort: str, value: Callable[[Any], Any], is_back: bool, is_first: bool
) -> KeysetPage:
    """The page that rows make which were read in the order of reading, one more than it holds. `value` is what a cursor keeps."""
    has_more = len(rows) > size
    rows = rows[:size][::-1] if is_back else rows[:size]

    def cursor(row: Any) -> str:
        return write_cursor(sort, value(row), _at(row, "pk"))

    has_next, has_previous = (bool(rows), has_more) if is_back else (has_more, not is_first)
    return KeysetPage(
        rows,
        next=cursor(rows[-1]) if rows and has_next else "",
        previous=cursor(rows[0]) if rows and has_previous else "",
    )


def capped_count(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """How many rows, counted up to 10,000; the flag says that there are more (for half a minute without counting again)."""
    asked: Any = queryset.query
    # a row is all that is asked for, so that an index suffices; equal rows fall together where each must be another
    told = ("pk",) if asked.distinct or asked.combinator or asked.group_by is not None else ()
    constant = {} if told else {"row_to_count": Value(1)}
    capped = queryset.order_by().values(*told, **constant)[: COUNT_LIMIT + 1].query
    try:
        sql, params = capped.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        return 0, False
    if is_beyond(key := statement_key("count", queryset.db, sql, params)):
        return COUNT_LIMIT, True
    # By hand: count() would copy the query into another one and compile both, which takes longer than counting.
    with connections[queryset.db].cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS capped", params)  # noqa: S608 - the ORM wrote it
        found = cursor.fetchone()[0]
    if found > COUNT_LIMIT:
        keep_beyond(key)
    return min(found, COUNT_LIMIT), found > COUNT_LIMIT
