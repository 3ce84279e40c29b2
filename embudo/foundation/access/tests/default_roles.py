"""
The default roles are made by their command once in a process, and in every further test put back row by row as it left them,
its entry in the log included: to make them anew took four tenths of all tests' time. They are made anew where a test has
brought a permission along.
"""

from typing import Any

from django.db import connection, models

from embudo.foundation.access import commands
from embudo.foundation.access.models import Grant, OfferedGrant, Organisation, Role
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.permission import all_permissions

TABLES: tuple[type[models.Model], ...] = (Organisation, Role, Grant, OfferedGrant, LogEntry, LogAbout)
Rows = dict[type[models.Model], list[list[Any]]]
_kept: dict[tuple[str, ...], Rows] = {}  # by the permissions there were
GIVEN_BY_THE_DATABASE = ("seq", "txid")
MOMENTS = ("at", "created", "updated")


def put_default_roles() -> None:
    """As a new installation has them. Nothing where they are there."""
    if Role.objects.filter(slug="administrator").exists():
        return
    permissions = tuple(one.code for one in all_permissions())
    if permissions not in _kept:
        is_alone = not LogEntry.objects.exists() and not Organisation.objects.exists()
        commands.sync_roles(system_actor("tests"))
        if is_alone and LogEntry.objects.count() == 1:
            _kept[permissions] = {model: _rows(model) for model in TABLES}
        return
    for model, rows in _kept[permissions].items():
        if model is LogAbout:
            entry = LogEntry.objects.order_by("-seq").values_list("seq", flat=True)[0]
            _insert(model, [[entry, *row] for row in rows], ["entry_id", *_columns(model)])
        elif model is not Organisation or not Organisation.objects.exists():
            _insert(model, rows, _columns(model))


def _columns(model: type[models.Model]) -> list[str]:
    """Without what the database gives, and without what it gave to another table."""
    columns = [one.column for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    return [name for name in columns if name not in GIVEN_BY_THE_DATABASE and name != "entry_id"]


def _rows(model: type[models.Model]) -> list[list[Any]]:
    """As the database holds them: of SQLite as text, which each column reads back in its own way."""
    way = 'CAST("{}" AS TEXT)' if connection.vendor == "sqlite" else '"{}"'
    shown = ", ".join(way.format(name) for name in _columns(model))
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {shown} FROM "{model._meta.db_table}"')
        return [list(row) for row in cursor.fetchall()]


def _insert(model: type[models.Model], rows: list[list[Any]], columns: list[str]) -> None:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    moments = [place for place, name in enumerate(columns) if name in MOMENTS]
    for row in rows:
        for place in moments:
            row[place] = now
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
    places = ", ".join([f"({marks})"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {places}',
            [value for row in rows for value in row],
        )
