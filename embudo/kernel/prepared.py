"""
Statements that Django builds and compiles once and then runs with other values: building a query takes it longer than
the database takes to answer it. For the few places that every call passes or that are measured.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.constants import OnConflict
from django.db.models.query import get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.transaction import TransactionManagementError

from embudo.kernel.actor import Actor
from embudo.kernel.columns import PLAIN, adapter_of, column_of, copy_rows, insert_arrays, sent
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Permission, Scope

M = TypeVar("M", bound=Model)
Values = dict[str, Any]
Rows = list[Any]
PLAIN_SCOPES = (None, Scope.OWN, Scope.ALL)  # what reaches further holds a query of the actor's own


def _mark(number: int, value: Any) -> Any:
    """Stands for a value while the statement is compiled, and is found again among its parameters."""
    if isinstance(value, UUID):
        return UUID(int=0x5EED_0000_0000_4000_8000_0000_0000_0000 + number)
    if isinstance(value, datetime):
        return datetime(1, 1, 1 + number, tzinfo=value.tzinfo)
    if isinstance(value, date):
        return date(2, 1, 1 + number)
    return f"\x01{number}\x01"


@dataclass(frozen=True)
class _Making:
    """How Django makes records of rows, with the related ones that came along."""

    model: type[Model]
    start: int
    end: int
    names: tuple[str, ...]
    related: tuple[Any, ...]
    annotations: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, compiler: Any) -> "_Making":
        known = compiler.klass_info
        start, end = known["select_fields"][0], known["select_fields"][-1] + 1
        return cls(
            known["model"],
            start,
            end,
            tuple(column[0].target.attname for column in compiler.select[start:end]),
            tuple(get_related_populators(known, compiler.select, DEFAULT_DB_ALIAS)),  # type: ignore[call-arg]
            tuple((compiler.annotation_col_map or {}).items()),
        )

    def record(self, row: Sequence[Any]) -> Model:
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.start : self.end])
        for one in self.related:
            one.populate(row, made)
        for name, place in self.annotations:
            setattr(made, name, row[place])
        return made


@dataclass(frozen=True)
class _Statement:
    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, str], ...]  # which parameter is which value
    converters: tuple[tuple[int, Any, Any], ...] = ()
    is_locking: bool = False
    making: _Making | None = None

    def filled(self, values: Values, connection: BaseDatabaseWrapper) -> list[Any]:
        params = list(self.params)
        for place, name in self.places:
            params[place] = sent(values[name], connection)
        return params

    def read(self, rows: Iterable[Sequence[Any]], connection: BaseDatabaseWrapper) -> Rows:
        found = self.converted(rows, connection) if self.converters else list(rows)
        return [self.making.record(row) for row in found] if self.making else found

    def converted(self, rows: Iterable[Sequence[Any]], connection: BaseDatabaseWrapper) -> list[list[Any]]:
        found = [list(row) for row in rows]
        for row in found:
            for place, convert, expression in self.converters:
                for one in convert:
                    row[place] = one(row[place], expression, connection)
        return found


def _statement(compiler: Any, marks: Values, *, is_locking: bool) -> _Statement:
    sql, params = compiler.as_sql()
    known = {sent(mark, compiler.connection): name for name, mark in marks.items()}
    places = [(place, known[value]) for place, value in enumerate(params) if _is_mark(value, known)]
    if {name for _place, name in places} != set(marks):
        raise ValueError(f"a value is not a parameter of its own: {sql}")
    select = [one[0] for one in getattr(compiler, "select", None) or ()]
    converters = compiler.get_converters(select).items()
    return _Statement(
        sql, tuple(params), tuple(places), tuple((place, *found) for place, found in converters), is_locking
    )


def repeating_cursor(connection: Any, sql: str) -> Any:
    """For a statement that comes again and again: PostgreSQL need not read and plan it each time."""
    return connection.repeating_cursor(sql) if connection.vendor == "postgresql" else connection.cursor()


def _is_mark(value: Any, known: dict[Any, str]) -> bool:
    return isinstance(value, Hashable) and value in known


class Prepared:
    """
    `build(**values)` gives a queryset of `values_list` or of records; `rows(**values)` what it finds. Values are texts,
    ids, days and moments; each must become a parameter as it is. An empty value is given to `build` as it is: another statement.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self.known: dict[Hashable, _Statement | None] = {}

    def rows(self, **values: Any) -> Rows:
        given = {name: value for name, value in values.items() if value}
        return self._run((), self.build, values, given)

    def first(self, **values: Any) -> Any:
        return next(iter(self.rows(**values)), None)

    def _run(self, shape: Hashable, build: Callable[..., Any], values: Values, given: Values) -> Rows:
        connection = connections[DEFAULT_DB_ALIAS]  # asked once: `connection` looks it up each time
        key = (connection.vendor, shape, *given)
        if key not in self.known:
            self.known[key] = self._compiled(build, values, given)
        statement = self.known[key]
        if statement is None:
            return []
        if statement.is_locking and not connection.in_atomic_block:
            raise TransactionManagementError("a row is locked only inside a transaction")
        with repeating_cursor(connection, statement.sql) as cursor:
            cursor.execute(statement.sql, statement.filled(given, connection))
            return statement.read(cursor.fetchall(), connection)

    def _compiled(self, build: Callable[..., Any], values: Values, given: Values) -> _Statement | None:
        marks = {name: _mark(number, value) for number, (name, value) in enumerate(given.items())}
        found = build(**{**values, **marks})
        compiler = found.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            statement = _statement(compiler, marks, is_locking=found.query.select_for_update)
        except EmptyResultSet:
            return None
        return replace(statement, making=_Making.of(compiler)) if found.query.default_cols else statement


class PreparedSight(Prepared):
    """
    The same for what an actor sees: `build(actor, **values)` starts at `visible_to(actor)`, which must follow from the
    grant of `permission` (and of any `further` ones) and the owner alone. A grant that reaches a team or those below is not
    compiled in advance.
    """

    def __init__(
        self, permission: Permission, build: Callable[..., QuerySet[Any, Any]], *further: Permission
    ) -> None:
        super().__init__(build)
        self.permission, self.further = permission, further

    def seen(self, actor: Actor, **values: Any) -> Rows:
        scope, others = actor.scope(self.permission), tuple(map(actor.scope, self.further))
        is_plain = all(one in PLAIN_SCOPES for one in (scope, *others))
        if not is_plain or (others and None in (scope, *others)):
            return list(self.build(actor, **values))
        given = {name: value for name, value in values.items() if value}
        if Scope.OWN not in (scope, *others) or actor.id is None:
            return self._run(
                (scope, *others, actor.kind), lambda **marks: self.build(actor, **marks), values, given
            )

        def own(owner: UUID, **marks: Any) -> QuerySet[Any, Any]:
            return self.build(replace(actor, id=owner), **marks)

        return self._run(
            (scope, *others, actor.kind), own, {"owner": actor.id, **values}, {"owner": actor.id, **given}
        )


def found_one(found: Rows) -> Any:
    """The only record found; NotFound when there is none."""
    if not found:
        raise NotFound
    return found[0]


class PreparedUpdate:
    """
    `build(**values)` gives (queryset, changed columns); `run(**values)` changes them and tells how many rows,
    `changed(column, **values)` what one of the columns holds now, in each row. An empty value is another statement.
    """

    def __init__(self, build: Callable[..., tuple[QuerySet[Any, Any], Values]]) -> None:
        self.build = build
        self.known: dict[Hashable, _Statement] = {}

    def run(self, **values: Any) -> int:
        connection = connections[DEFAULT_DB_ALIAS]
        statement, given = self._filled("", values, connection.vendor)
        with repeating_cursor(connection, statement.sql) as cursor:
            cursor.execute(statement.sql, statement.filled(given, connection))
            return int(cursor.rowcount)

    def changed(self, column: str, /, **values: Any) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        statement, given = self._filled(column, values, connection.vendor)
        with repeating_cursor(connection, statement.sql) as cursor:
            cursor.execute(statement.sql, statement.filled(given, connection))
            return [row[0] for row in statement.read(cursor.fetchall(), connection)]

    def _filled(self, column: str, values: Values, vendor: str) -> tuple[_Statement, Values]:
        given = {name: value for name, value in values.items() if value}
        key = (vendor, column, *given)
        if key not in self.known:
            self.known[key] = self._changing(column, values, given)
        return self.known[key], given

    def _changing(self, column: str, values: Values, given: Values) -> _Statement:
        marks = {name: _mark(number, value) for number, (name, value) in enumerate(given.items())}
        found, changed = self.build(**{**values, **marks})
        query: Any = found.query.chain(UpdateQuery)
        query.add_update_values(changed)
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        statement = _statement(compiler, marks, is_locking=False)
        if not column:
            return statement
        told = found.model._meta.get_field(column).get_col(found.model._meta.db_table)
        sql, _params = compiler.compile(told)
        converters = tuple((place, *known) for place, known in compiler.get_converters([told]).items())
        return replace(statement, sql=f"{statement.sql} RETURNING {sql}", converters=converters)


@dataclass(frozen=True)
class _Insert:
    sql: str
    fields: tuple[Field[Any, Any], ...]  # those whose values are sent
    by_database: tuple[Field[Any, Any], ...]  # those the statement itself fills


_inserts: dict[tuple[str, type[Model], bool], _Insert] = {}


def insert(row: Model, *, or_ignore: bool = False) -> bool:
    """
    As save(force_insert=True), but a number that the database gives is not read back. With `or_ignore` a row that
    stands already is left alone; tells whether this one was written.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    row._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]  # noqa: SLF001 - as save() does
    key = (connection.vendor, type(row), or_ignore)
    if key not in _inserts:
        _inserts[key] = _insert(row, or_ignore=or_ignore)
    known = _inserts[key]
    values = [one.pre_save(row, add=True) for one in known.fields]
    is_usual = all(hasattr(one.pre_save(row, add=True), "resolve_expression") for one in known.by_database)
    if not is_usual or any(hasattr(value, "resolve_expression") for value in values):
        row.save(force_insert=True)
        return True
    params = [
        one.get_db_prep_save(value, connection) for one, value in zip(known.fields, values, strict=True)
    ]
    with repeating_cursor(connection, known.sql) as cursor:
        cursor.execute(known.sql, params)
        is_new = bool(cursor.rowcount > 0)
    row._state.adding, row._state.db = False, connection.alias
    return is_new


def insert_made(row: Model, *, or_ignore: bool = False) -> bool:
    """
    The same for a row that `made` made of values as their columns hold them: most go out as they are. Django's way of
    asking each field about its value takes as long as the database takes to write the row.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    kind = type(row)
    key = (connection.vendor, kind, or_ignore)
    if key not in _inserts:
        _inserts[key] = _insert(row, or_ignore=or_ignore)
    known, held = _inserts[key], vars(row)
    params = [
        value if is_plain and type(value := held[name]) in PLAIN else adapt(held[name])
        for name, is_plain, adapt in _adapters_of(kind, known, connection)
    ]
    with repeating_cursor(connection, known.sql) as cursor:
        cursor.execute(known.sql, params)
        is_new = bool(cursor.rowcount > 0)
    row._state.adding, row._state.db = False, connection.alias
    return is_new


def _adapters_of(
    kind: type[Model], known: _Insert, connection: BaseDatabaseWrapper
) -> list[tuple[str, bool, Callable[[Any], Any]]]:
    place = (connection.vendor, kind)
    if place not in _adapters:
        _adapters[place] = [
            (one.attname, one.get_internal_type() not in STRUCTURED, adapter_of(one, connection))
            for one in known.fields
        ]
    return _adapters[place]


def _insert(row: Model, *, or_ignore: bool) -> _Insert:
    meta = type(row)._meta
    fields = [one for one in meta.local_concrete_fields if not one.generated and one is not meta.auto_field]
    query = InsertQuery(type(row), on_conflict=OnConflict.IGNORE if or_ignore else None)
    query.insert_values(fields, [row])
    [(sql, _params)] = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    filled = {one.name for one in fields if hasattr(one.pre_save(row, add=True), "resolve_expression")}
    return _Insert(
        sql,
        tuple(one for one in fields if one.name not in filled),
        tuple(one for one in fields if one.name in filled),
    )


MANY = 20  # rows from which on PostgreSQL is sent them together
STRUCTURED = frozenset({"JSONField", "DecimalField", "BinaryField"})
_adapters: dict[tuple[str, type[Model]], list[tuple[str, bool, Callable[[Any], Any]]]] = {}


@cache
def _usual(model: type[M]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
    """What a new row holds where nothing is said: the same for all, and what is worked out for each."""
    fields = [one for one in model._meta.concrete_fields if not one.generated]
    worked_out = {
        one.attname: one.get_default
        for one in fields
        if one.has_db_default() or (one.has_default() and callable(one.default))
    }
    same = {one.attname: one.get_default() for one in fields if one.attname not in worked_out}
    return same, tuple(worked_out.items())


def made(model: type[M], values: Mapping[str, Any]) -> M:
    """As model(**values) for columns by their own names ("owner_id"): Django's way costs more than inserting the row."""
    same, worked_out = _usual(model)
    row = model.__new__(model)
    held = vars(row)
    held.update(same)
    held["_state"] = ModelState()
    for name, default in worked_out:
        if name not in values:
            held[name] = default()
    held.update(values)
    return row


def insert_all(rows: Sequence[Model], *, or_ignore: bool = False) -> int:
    """
    As bulk_create of many rows of one kind, but a number that the database gives is not read back. Tells how many were
    written: with `or_ignore` those that stand already are left alone.
    """
    if not rows:
        return 0
    connection = connections[DEFAULT_DB_ALIAS]
    kind = type(rows[0])
    key = (connection.vendor, kind, or_ignore)
    if key not in _inserts:
        _inserts[key] = _insert(rows[0], or_ignore=or_ignore)
    known = _inserts[key]
    columns = [column_of(rows, *one) for one in _adapters_of(kind, known, connection)]
    if connection.vendor != "postgresql" or len(rows) < MANY:
        with repeating_cursor(connection, known.sql) as cursor:
            cursor.executemany(known.sql, list(zip(*columns, strict=True)))
            written = int(cursor.rowcount)
    elif or_ignore:
        written = insert_arrays(kind, known.fields, columns, connection)
    else:
        written = copy_rows(kind, known.fields, columns, connection)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return written
