"""PostgreSQL without the round trips that tell nothing new, and with cursors for statements that come again."""

import select
from typing import Any

from django.db.backends.postgresql import base


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

    def repeating_cursor(self) -> Any:
        """For a statement that comes again and again: the server keeps it, and need not read and plan it each time."""
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: Any = base.ServerBindingCursor
            return self._prepare_cursor(cursor(self.connection))  # type: ignore[attr-defined]
