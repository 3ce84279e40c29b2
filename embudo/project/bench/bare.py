"""The control of `embudo bench quota`: the statements of one authorisation, sent by the driver alone."""

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from embudo.kernel.record import new_id
from embudo.kernel.sqlite.base import converted

AROUND = ("BEGIN", "SAVEPOINT", "RELEASE")  # what makes a transaction of them the control says itself


class Recorded(NamedTuple):
    """Statements with their values, and which of these are another one at each call."""

    statements: list[tuple[str, list[Any]]]
    account: UUID
    key: str


def recorded(act: Callable[[], object], account: UUID, key: str) -> Recorded:
    """What the act sends to the database in its transaction."""
    statements: list[tuple[str, list[Any]]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's
        if not sql.startswith(AROUND):
            statements.append((sql, list(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        act()
    return Recorded(statements, account, key)


class Bare:
    """The same transaction again and again, for other accounts, each with ids and a key of its own."""

    def __init__(self, known: Recorded) -> None:
        self.known = known
        self.is_sqlite = connection.vendor == "sqlite"
        held: Any
        if self.is_sqlite:
            settings: Any = connection.settings_dict
            held = sqlite3.connect(settings["NAME"], isolation_level=None, timeout=20)
            held.executescript(settings["OPTIONS"]["init_command"])
        else:
            wrapper: Any = connection
            held = wrapper.get_new_connection(wrapper.get_connection_params())
            held.autocommit = True
        self.held, self.cursor = held, self._cursor(held)
        self.sqls = [converted(sql) if self.is_sqlite else sql for sql, _params in known.statements]

    def _cursor(self, held: Any) -> Any:
        if self.is_sqlite:
            return held.cursor()
        import psycopg  # noqa: PLC0415 - only where it is installed

        return psycopg.Cursor(held)

    def run(self, account: UUID, key: str) -> None:
        fresh: dict[Any, Any] = {self.known.account: account, self.known.key: key}
        if self.is_sqlite:
            fresh[self.known.account.hex] = account.hex
            self.cursor.execute("BEGIN IMMEDIATE")
            for sql, values in self._filled(fresh):
                self.cursor.execute(sql, values)
            self.cursor.execute("COMMIT")
            return
        with self.held.transaction():
            for sql, values in self._filled(fresh):
                self.cursor.execute(sql, values, prepare=True)

    def _filled(self, fresh: dict[Any, Any]) -> Any:
        for sql, (_sql, params) in zip(self.sqls, self.known.statements, strict=True):
            yield sql, [self._other(value, fresh) for value in params]

    def _other(self, value: Any, fresh: dict[Any, Any]) -> Any:
        """Another id for each id, the same one wherever it was the same."""
        is_id = isinstance(value, UUID) or (self.is_sqlite and isinstance(value, str) and _is_hex(value))
        if is_id and value not in fresh:
            made = new_id()
            fresh[value] = made if isinstance(value, UUID) else made.hex
        return fresh.get(value, value) if is_id or isinstance(value, str) else value


def _is_hex(value: str) -> bool:
    return len(value) == 32 and value.isalnum()
