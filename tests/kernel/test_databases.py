"""What only several connections or processes can show."""

import multiprocessing
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connection, transaction

from embudo.kernel.act import acting
from embudo.kernel.actor import system_actor
from embudo.kernel.event import Event, Subscription, publish
from embudo.kernel.follow import follow
from embudo.kernel.models import LogEntry
from embudo.kernel.sqlite.base import DatabaseWrapper

SYSTEM = system_actor("test")
WRITERS, EACH = 8, 12


@dataclass(frozen=True)
class Numbered(Event):
    number: int


def say(number: int) -> None:
    with acting(SYSTEM, "test.say"):
        publish(Numbered(number))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_cursor_waits_for_an_older_open_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    listener = Subscription("test.hear", Numbered, lambda event, _entry: heard.append(event.number))
    monkeypatch.setattr("embudo.kernel.follow.subscriptions", {"test.hear": listener})
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            say(1)
            begun.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    say(2)
    follow()
    while_open = list(heard)
    go_on.set()
    thread.join()
    follow()
    assert (while_open, heard) == ([], [1, 2])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_transaction_open_in_another_database_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    listener = Subscription("test.hear", Numbered, lambda event, _entry: heard.append(event.number))
    monkeypatch.setattr("embudo.kernel.follow.subscriptions", {"test.hear": listener})
    elsewhere = connection.copy("elsewhere")
    elsewhere.settings_dict = {**connection.settings_dict, "NAME": "postgres"}
    elsewhere.set_autocommit(False)
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        say(1)
        follow()
    finally:
        elsewhere.close()
    assert heard == [1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_connection_that_the_server_has_ended_is_not_usable() -> None:
    elsewhere = connection.copy("elsewhere")
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (process,) = cursor.fetchone()
        assert elsewhere.is_usable()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
        assert not elsewhere.is_usable()
        elsewhere.close()
        assert not elsewhere.is_usable()
    finally:
        elsewhere.close()


def count_up(file: str, rounds: int) -> None:
    wrapper = DatabaseWrapper(
        {
            "NAME": file, "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}, "TIME_ZONE": None,
            "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False, "AUTOCOMMIT": True, "ENGINE": "embudo.kernel.sqlite",
        }
    )  # fmt: skip
    for _round in range(rounds):
        wrapper.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT n FROM counter")
            (value,) = cursor.fetchone()
            cursor.execute("UPDATE counter SET n = %s", [value + 1])
        wrapper.commit()
        wrapper.set_autocommit(True)


@pytest.mark.sqlite
@pytest.mark.django_db  # only so that the writers may connect
def test_eight_writing_processes_lose_no_update(tmp_path: Path) -> None:
    file = tmp_path / "counter.sqlite3"
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE counter (n INTEGER)")
        made.execute("INSERT INTO counter VALUES (0)")
    made.close()
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=count_up, args=(str(file), EACH)) for _number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    counted = sqlite3.connect(file)
    assert counted.execute("SELECT n FROM counter").fetchone() == (WRITERS * EACH,)
    counted.close()


@pytest.mark.django_db(transaction=True)
def test_log_rows_of_a_failed_transaction_are_gone() -> None:
    with transaction.atomic():
        say(1)
        transaction.set_rollback(True)
    assert not LogEntry.objects.exists()
