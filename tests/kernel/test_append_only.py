import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from embudo.business.quota import commands
from embudo.business.quota.models import LedgerEntry
from embudo.business.quota.tests.builders import an_account
from embudo.foundation.access.tests.builders import tester
from embudo.kernel.append_only import append_only_tables

# committed: a copy of the database waits for an open transaction for ever
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]
COLUMNS = (
    "created, updated, version, account_id, kind, amount_minor, held_change, consumed_change, topup_change, available_minor, "
    "value_date, is_late, asked_currency, source, note, actor_kind"
)


@pytest.fixture
def entry() -> LedgerEntry:
    account = an_account(100_00)
    return commands.adjust_consumption(
        tester(), account, amount=account.money(5_00), reason="Found", key="mine"
    )


@pytest.fixture
def plain(entry: LedgerEntry, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The database as any program opens it: without what the product says to its own connections."""
    target = sqlite3.connect(tmp_path / "plain.sqlite3")
    connection.connection.backup(target)
    yield target
    target.close()


def replacing(key: str, row_id: str) -> str:
    return (
        f"INSERT OR REPLACE INTO quota_ledgerentry (id, key, {COLUMNS}) "
        f"SELECT {row_id}, {key}, {COLUMNS} FROM quota_ledgerentry WHERE key = 'mine'"
    )


@pytest.mark.parametrize(("row_id", "key"), [("id", "'other'"), ("'another id'", "key")])
def test_append_only_row_is_not_replaced_whoever_opens_the_database(
    plain: sqlite3.Connection, row_id: str, key: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        plain.execute(replacing(key, row_id))
    assert plain.execute("SELECT COUNT(*), MIN(key) FROM quota_ledgerentry").fetchone() == (1, "mine")


def test_append_only_table_still_takes_what_is_new(plain: sqlite3.Connection) -> None:
    plain.execute(replacing("''", "'another id'"))
    plain.execute(replacing("''", "'a third one'"))
    assert plain.execute("SELECT COUNT(*) FROM quota_ledgerentry").fetchone() == (3,)


def test_every_append_only_table_refuses_changes_removals_and_replacements(plain: sqlite3.Connection) -> None:
    found = plain.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    wanted = {
        f"{table}_no_{verb}" for table in append_only_tables() for verb in ("update", "delete", "insert")
    }
    assert wanted <= {name for (name,) in found}


def test_our_connections_ask_triggers_on_deletion_when_a_row_is_replaced(entry: LedgerEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers")
        assert cursor.fetchone() == (1,)
        cursor.execute("DROP TRIGGER quota_ledgerentry_no_insert")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(replacing("'other'", "id"))
    assert LedgerEntry.objects.get().key == "mine"
