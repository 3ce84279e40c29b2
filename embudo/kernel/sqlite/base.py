"""SQLite with its writers queued (`turn`), and transactions that begin with their first statement."""

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations
from django.db.models.expressions import Col

from embudo.kernel.sqlite.keys import held
from embudo.kernel.sqlite.turn import Writers, writers_of


@lru_cache(512)
def converted(query: str) -> str:
    """With SQLite's placeholders, as Django does it each time anew."""
    return str(base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


class Cursor(base.SQLiteCursorWrapper):
    """Begins the transaction that waits for its first statement."""

    def __init__(self, connection: Any, wrapper: "DatabaseWrapper") -> None:
        super().__init__(connection)
        self.wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if self.wrapper.is_beginning:
            self.wrapper.begin()
        return super().execute(query, params)

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        return (
            converted(query)
            if param_names is None
            else str(super().convert_query(query, param_names=param_names))
        )

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.wrapper.is_beginning:
            self.wrapper.begin()
        return super().executemany(query, param_list)


class Operations(DatabaseOperations):
    def conditional_expression_supported_in_where_clause(self, expression: Any) -> bool:
        """A column that stands alone ("WHERE is_customer") finds no index on SQLite; one that is compared with 1 does."""
        return not isinstance(expression, Col)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations
    _lock_handle: int | None = None
    is_beginning = False

    def _file(self, ending: str) -> Path | None:
        name = str(self.settings_dict["NAME"])
        return None if not name or ":memory:" in name or "mode=memory" in name else Path(f"{name}.{ending}")

    def claimed(self, number: int) -> AbstractContextManager[bool]:
        """Whether this call alone holds the number; always, in a database that is nobody else's."""
        path = self._file("keys")
        return nullcontext(enter_result=True) if path is None else held(path, number)

    @property
    def writers(self) -> Writers | None:
        """With whom this connection queues up; None for a database that is nobody else's."""
        path = self._file("writer")
        return None if path is None else writers_of(path)

    def _take_turn(self) -> None:
        if self._lock_handle is None and (writers := self.writers):
            self._lock_handle = writers.take()

    def _give_turn(self) -> None:
        if self._lock_handle is not None and (writers := self.writers):
            handle, self._lock_handle = self._lock_handle, None
            writers.give(handle)

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=lambda connection: Cursor(connection, self))

    def _start_transaction_under_autocommit(self) -> None:
        """With its first statement, as on PostgreSQL: what a command checks before it is nobody's waiting time."""
        self.is_beginning = True

    def begin(self) -> None:
        self.is_beginning = False
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            self.is_beginning = True  # nothing of this transaction may run outside it
            raise

    def _commit(self) -> Any:
        self.is_beginning = False
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _rollback(self) -> Any:
        self.is_beginning = False
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> Any:
        self.is_beginning = False
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()
