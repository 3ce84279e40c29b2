import random

import pytest
from django.db import DatabaseError, connection, transaction

from embudo.foundation.access.models import Team
from embudo.foundation.access.permissions import MANAGE_ROLES
from embudo.foundation.audit.tests.builders import sealed_whole
from embudo.kernel import change, personal, seal
from embudo.kernel.act import acting
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.append_only import lifted
from embudo.kernel.command import Command
from embudo.kernel.event import Event, publish
from embudo.kernel.models import LogAbout, LogEntry, Seal
from embudo.kernel.seal import Fault

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
TABLES = ["kernel_logentry", "kernel_logabout"]


@pytest.fixture
def log() -> list[int]:
    """Thirty entries under two seals; gives their numbers."""
    for _half in range(2):
        for _number in range(15):
            with acting(SYSTEM, "test.act"):
                publish(Event())
        sealed_whole()
    return list(LogEntry.objects.order_by("seq").values_list("seq", flat=True))


def test_untouched_log_is_intact(log: list[int]) -> None:
    assert seal.verify(head=seal.chain_head()) == []


def test_database_refuses_to_change_the_log(log: list[int]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        LogEntry.objects.filter(pk=log[0]).update(command="other")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM kernel_logentry WHERE seq = %s", [log[0]])


def test_changed_entry_is_named(log: list[int]) -> None:
    with lifted(TABLES):
        LogEntry.objects.filter(pk=log[4]).update(command="other")
    assert seal.verify() == [Fault("changed", log[4])]


def test_missing_entry_is_named(log: list[int]) -> None:
    with lifted(TABLES):
        LogEntry.objects.filter(pk=log[7]).delete()
    assert seal.verify() == [Fault("missing", log[7])]


def test_inserted_entry_is_named(log: list[int]) -> None:
    with lifted(TABLES):
        LogEntry.objects.filter(pk=log[3]).delete()
    Seal.objects.all().delete()
    sealed_whole()
    LogEntry(seq=log[3], act="01890000-0000-7000-8000-000000000000", name="x", command="x").save(
        force_insert=True
    )
    assert seal.verify() == [Fault("inserted", log[3])]


def test_swapped_entries_are_both_named(log: list[int]) -> None:
    first, second = LogEntry.objects.get(pk=log[1]), LogEntry.objects.get(pk=log[2])
    with lifted(TABLES):
        LogEntry.objects.filter(pk=log[1]).update(act=second.act, at=second.at)
        LogEntry.objects.filter(pk=log[2]).update(act=first.act, at=first.at)
    assert seal.verify() == [Fault("changed", log[1]), Fault("changed", log[2])]


def test_removed_end_of_the_chain_is_noticed(log: list[int]) -> None:
    head = seal.chain_head()
    last = Seal.objects.order_by("-to_seq").first()
    assert last is not None
    last.delete()
    assert [fault.kind for fault in seal.verify(head=head)] == ["seal"]


def test_forged_seal_is_noticed(log: list[int]) -> None:
    first = Seal.objects.order_by("to_seq").first()
    assert first is not None
    Seal.objects.filter(pk=first.pk).update(hash="f" * 64)
    assert "seal" in {fault.kind for fault in seal.verify()}


def test_changed_further_record_is_named(log: list[int]) -> None:
    with acting(SYSTEM, "test.act"):
        teams = [Team(name="a"), Team(name="b")]
        change.create_all(teams)
        publish(Event(), *teams)
    sealed_whole()
    about = LogAbout.objects.get()
    with lifted(TABLES):
        LogAbout.objects.filter(pk=about.pk).update(kind="other.kind")
    assert seal.verify() == [Fault("changed", about.entry_id)]


def test_hundred_random_single_changes_are_all_seen(log: list[int]) -> None:
    chance = random.Random(7)
    for _try in range(100):
        seq, field = (
            chance.choice(log),
            chance.choice(["name", "command", "actor_name", "origin", "about_kind"]),
        )
        kept = LogEntry.objects.values_list(field, flat=True).get(pk=seq)
        with lifted(TABLES):
            LogEntry.objects.filter(pk=seq).update(**{field: "tampered"})
        assert seal.verify() == [Fault("changed", seq)]
        with lifted(TABLES):
            LogEntry.objects.filter(pk=seq).update(**{field: kept})


def make_user(actor: Actor) -> None:
    from embudo.foundation.access.models import User

    user = change.create(User(email="ann@example.com", name="Ann Personal"))
    publish(Event(), user)


def test_personal_values_are_not_readable_in_the_log() -> None:
    Command(MANAGE_ROLES, make_user)(SYSTEM)
    entry = LogEntry.objects.get()
    assert "Personal" not in str(entry.changes)
    assert change.changes_of_act(entry.act)[0]["after"]["name"] == "Ann Personal"


def test_destroyed_key_erases_and_leaves_the_chain_whole() -> None:
    from embudo.foundation.access.models import User

    Command(MANAGE_ROLES, make_another)(SYSTEM)
    sealed_whole()
    entry = LogEntry.objects.get()
    assert personal.destroy([User.objects.get().pk]) == 1
    assert change.changes_of_act(entry.act)[0]["erased"] is True
    assert seal.verify() == []


def make_another(actor: Actor) -> None:
    make_user(actor)
