"""PostgreSQL without the round trips that tell nothing new, and with cursors for statements that come again."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql import base


class Repeating(base.ServerBindingCursor):
    def close(self) -> None:
        """It stays open as long as its connection."""


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """
        A connection on which nothing has arrived unasked still stands: a server that ends says so or closes it. Only then is
        it asked, which Django does before every request.
        """
        held: Any = self.connection
        if held is None or held.closed:
            return False
        arrived = select.poll()
        arrived.register(held.pgconn.socket, select.POLLIN | select.POLLPRI)
        return not arrived.poll(0) or bool(super().is_usable())

    def repeating_cursor(self, sql: str) -> Any:
        """
        For a statement that comes again and again: the server keeps it, and need not read and plan it each time; its cursor
        stays, and need not find out anew how its values are sent and read. What it found must be read before the next run.
        """
        self.ensure_connection()
        held: Any = self.connection
        known: dict[str, Any] | None = getattr(held, "repeating", None)
        if known is None:
            known = held.repeating = {}  # they end with the connection
        cursor = known.get(sql)
        if cursor is None:
            made: Any = Repeating
            with self.wrap_database_errors:
                cursor = known[sql] = made(held)
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]

    @contextmanager
    def sent_together(self) -> Iterator[None]:
        """Inside, statements whose answer nobody reads go out without waiting; what goes wrong is told by the next that is read."""
        self.ensure_connection()
        held: Any = self.connection
        with self.wrap_database_errors, held.pipeline():
            yield
