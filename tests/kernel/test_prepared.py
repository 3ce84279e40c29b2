from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from embudo.kernel.models import Cursor, LogEntry, PersonalKey
from embudo.kernel.prepared import MANY, Prepared, PreparedUpdate, insert, insert_all
from embudo.kernel.record import new_id

PLACES = Prepared(lambda name: Cursor.objects.filter(name=name).values_list("name", "seq"))
LOCKED = Prepared(lambda name: Cursor.objects.select_for_update().filter(name=name).values_list("seq"))
MOVED = PreparedUpdate(lambda name, other: (Cursor.objects.filter(name=name), {"name": other}))
KEYS = Prepared(lambda subject: PersonalKey.objects.filter(subject=subject).values_list("subject", "key"))


@pytest.mark.django_db
def test_prepared_runs_the_same_statement_with_other_values() -> None:
    Cursor.objects.bulk_create([Cursor(name="one", seq=1), Cursor(name="two", seq=2)])
    assert [PLACES.first(name=name) for name in ("one", "two", "three")] == [("one", 1), ("two", 2), None]


@pytest.mark.django_db
def test_prepared_takes_and_gives_ids() -> None:
    subject = new_id()
    PersonalKey.objects.create(subject=subject, key=b"x")
    (found, key) = KEYS.first(subject=subject)
    assert (found, bytes(key)) == (subject, b"x")


@pytest.mark.django_db
def test_prepared_refuses_a_value_that_is_no_parameter_of_its_own() -> None:
    lost = Prepared(lambda name: Cursor.objects.values_list("name"))
    with pytest.raises(ValueError, match="parameter of its own"):
        lost.rows(name="one")


@pytest.mark.django_db(transaction=True)
def test_prepared_locks_only_inside_a_transaction() -> None:
    with transaction.atomic():
        assert LOCKED.rows(name="one") == []
    with pytest.raises(TransactionManagementError):
        LOCKED.rows(name="one")


@pytest.mark.django_db
def test_prepared_update_tells_how_many_rows() -> None:
    Cursor.objects.create(name="one")
    assert [MOVED.run(name="one", other="two"), MOVED.run(name="one", other="three")] == [1, 0]
    assert list(Cursor.objects.values_list("name", flat=True)) == ["two"]


@pytest.mark.django_db
def test_insert_or_ignore_leaves_the_row_that_stands() -> None:
    subject = UUID(int=7)
    told = [insert(PersonalKey(subject=subject, key=key), or_ignore=True) for key in (b"1", b"2")]
    assert told == [True, False]
    assert bytes(PersonalKey.objects.get(pk=subject).key or b"") == b"1"


@pytest.mark.django_db
def test_insert_lets_the_database_fill_its_own_columns() -> None:
    assert insert(LogEntry(act=new_id(), name="test.Said", command="test.say", actor_kind="system"))
    found = LogEntry.objects.get(name="test.Said")
    assert (found.seq > 0, found.txid > 0) == (True, connection.vendor == "postgresql")


@pytest.mark.sqlite  # PostgreSQL's driver does so by itself
@pytest.mark.django_db(transaction=True)
def test_transaction_on_sqlite_begins_with_its_first_statement() -> None:
    with transaction.atomic():
        begun = [connection.connection.in_transaction] if connection.connection else [False]
        Cursor.objects.create(name="one")
        begun.append(connection.connection.in_transaction)
    assert begun == [False, True]
    with transaction.atomic():
        Cursor.objects.filter(name="one").delete()
        transaction.set_rollback(True)
    assert Cursor.objects.filter(name="one").exists()


@pytest.mark.django_db
def test_prepared_update_tells_what_a_column_holds_now() -> None:
    Cursor.objects.create(name="one", seq=7)
    keyed = PreparedUpdate(lambda subject, key: (PersonalKey.objects.filter(subject=subject), {"key": key}))
    subject = new_id()
    PersonalKey.objects.create(subject=subject, key=b"x")
    assert MOVED.changed("seq", name="one", other="two") == [7]
    assert keyed.changed("subject", subject=subject, key=None) == [subject]
    assert keyed.changed("subject", subject=new_id(), key=None) == []


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 3 * MANY])
def test_insert_all_or_ignore_leaves_the_rows_that_stand(count: int) -> None:
    ids = [new_id() for _number in range(count)]
    PersonalKey.objects.create(subject=ids[0], key=b"first")
    assert insert_all([PersonalKey(subject=one, key=b"later") for one in ids], or_ignore=True) == count - 1
    assert bytes(PersonalKey.objects.get(pk=ids[0]).key or b"") == b"first"
    assert PersonalKey.objects.filter(key=b"later").count() == count - 1


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 3 * MANY])
def test_insert_all_keeps_values_and_order_and_lets_the_database_fill_its_own_columns(count: int) -> None:
    rows = [
        LogEntry(
            act=new_id(), name=f"a\t{n}\\N\n", command="b", actor_kind="user", data={"n": [n, None, 'ż"']}
        )
        for n in range(count)
    ]
    assert insert_all(rows) == count
    found = list(LogEntry.objects.order_by("seq"))
    assert [(one.act, one.name, one.data, one.at) for one in found] == [
        (one.act, one.name, one.data, one.at) for one in rows
    ]
    assert all(one.txid is not None and not one._state.adding for one in found)
