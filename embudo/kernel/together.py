from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import CharField, QuerySet, Value

from embudo.kernel.beyond import is_beyond, keep_beyond, statement_key


def together(**parts: QuerySet[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Several querysets of the same columns (`values_list`) read by one statement; the rows of each under its name."""
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in parts}
    return found | parted(joined(**parts)) if parts else found


def joined(**parts: QuerySet[Any]) -> QuerySet[Any]:
    """The querysets as one, whose last column says which part a row is of: for a statement that is prepared."""
    named = [
        rows.order_by().annotate(part=Value(name, output_field=CharField())) for name, rows in parts.items()
    ]
    found: QuerySet[Any] = named[0].union(*named[1:], all=True) if len(named) > 1 else named[0]
    return found


def parted(rows: Iterable[Sequence[Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each part, without the column that names it."""
    found = defaultdict[str, list[tuple[Any, ...]]](list)
    for *row, name in rows:
        found[name].append(tuple(row))
    return found


def summed_up(parts: Mapping[str, QuerySet[Any]], *, limit: int) -> dict[str, list[tuple[Any, ...]]]:
    """
    By one statement for each part (currency, count, sum) of its first `limit` rows, from its annotations `part_currency` and
    `part_amount`. By hand, because the ORM joins no statements that end somewhere. A part that is known to reach the limit is not
    read again: its row says `limit` and adds up nothing.
    """
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in parts}
    written, params, alias, keys = [], list[Any](), "", dict[str, str]()
    for name, rows in parts.items():
        alias = rows.db
        query = rows.order_by().values("part_currency", "part_amount")[:limit].query
        try:
            sql, given = query.get_compiler(alias).as_sql()
        except EmptyResultSet:
            continue
        keys[name] = statement_key("sum", alias, sql, given)
        if is_beyond(keys[name]):
            found[name] = [("", limit, 0)]
            continue
        written.append(
            f"SELECT %s AS part, part_currency, COUNT(*), SUM(part_amount) FROM ({sql}) AS capped GROUP BY part_currency"  # noqa: S608 - the ORM wrote it
        )
        params += [name, *given]
    if not written:
        return found
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(written), params)
        for name, *row in cursor.fetchall():
            found[name].append(tuple(row))
    for name, read in found.items():
        if sum(count for _currency, count, _amount in read) >= limit:
            keep_beyond(keys[name])
    return found
