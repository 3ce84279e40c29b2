from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from embudo.business.intake.models import Entry, Tally
from embudo.kernel.columns import sent

Place = tuple[UUID, UUID, date, str]
COLUMNS = ("assignment_id", "owner_id", "day", "region", "state")
STATEMENT = (
    "INSERT INTO {table} ({columns}, n, seconds) VALUES {rows} ON CONFLICT ({columns})"
    " DO UPDATE SET n = {table}.n + excluded.n, seconds = {table}.seconds + excluded.seconds"
)


class Tallying:
    """What an act changes in the tallies: take the entries `away` as they were, put them `back` as they are, then `write`."""

    def __init__(self) -> None:
        self.moved: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])

    def away(self, entries: Iterable[Entry]) -> None:
        self._add(entries, -1)

    def back(self, entries: Iterable[Entry]) -> None:
        self._add(entries, 1)

    def _add(self, entries: Iterable[Entry], sign: int) -> None:
        for one in entries:
            if one.owner_id is None:
                continue
            moved = self.moved[(one.assignment_id, one.owner_id, one.day, one.region, str(one.state))]
            moved[0] += sign
            moved[1] += sign * one.seconds

    def write(self) -> None:
        """One statement, its rows in one order for all: two acts that touch the same tallies never wait for each other in turn."""
        rows = [(*place, *moved) for place, moved in sorted(self.moved.items(), key=_order) if any(moved)]
        if not rows:
            return
        statement = STATEMENT.format(
            table=Tally._meta.db_table,
            columns=", ".join(COLUMNS),
            rows=", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(rows)),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [sent(value, connection) for row in rows for value in row])


def _order(item: tuple[tuple[Any, ...], list[int]]) -> tuple[str, ...]:
    return tuple(str(part) for part in item[0])
