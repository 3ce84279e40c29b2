"""Filling a database with millions of rows, and leaving it as it is some hours after they came."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

INDEXES = {  # name and how it is made, of those that no constraint needs
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT LIKE '%%UNIQUE%%' AND tbl_name = %s",
    "postgresql": "SELECT i.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
    " WHERE x.indrelid = %s::regclass AND NOT x.indisunique",
}


@contextmanager
def without_indexes(model: type[models.Model]) -> Iterator[None]:
    """Making an index of all rows at once takes a fraction of the time that filing each row in it takes."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES[connection.vendor], [model._meta.db_table])
        found = cursor.fetchall()
        for name, _made in found:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        if connection.vendor == "postgresql" and connection.in_atomic_block:
            # no index is made beside references that are still to be checked
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _name, made in found:
            cursor.execute(made)


def tidy() -> None:
    """
    The database knows how much there is of what. PostgreSQL would also clear up after such a growth by itself, some time
    later: just while the pages are measured.
    """
    may_clear_up = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if may_clear_up else "ANALYZE")
