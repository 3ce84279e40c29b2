"""A new database is made by a short cut through Django's migrations; what comes out must be what Django makes."""

import sqlite3
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from tests.project.conftest import Installation, Make

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
POSTGRESQL = (
    """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
)


def schema(one: Installation) -> list[Any]:
    if not one.database:
        with sqlite3.connect(one.data / "embudo.sqlite3") as connection:
            return connection.execute(SQLITE).fetchall()
    with psycopg.connect(one.database) as connection:
        return [connection.execute(part).fetchall() for part in POSTGRESQL]


@pytest.mark.peer
@pytest.mark.timeout(180)
def test_new_database_is_as_django_makes_it(installation: Make) -> None:
    ours, theirs = installation("ours", is_empty=True), installation("theirs", is_empty=True)
    assert ours.embudo("migrate").returncode == 0
    plain = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
    subprocess.run(plain, env=theirs.environment, check=True)
    assert schema(ours) == schema(theirs)
