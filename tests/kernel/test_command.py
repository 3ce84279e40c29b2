from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.transaction import TransactionManagementError

from embudo.foundation.access.models import Team
from embudo.foundation.access.permissions import MANAGE_ROLES, VIEW_USERS
from embudo.kernel import change, undoing
from embudo.kernel.act import attempt, finish_together, ready_key
from embudo.kernel.actor import ANONYMOUS, Actor, ActorKind, system_actor
from embudo.kernel.command import Command
from embudo.kernel.errors import Forbidden, NotFound, Refused, Stale
from embudo.kernel.event import Event, publish
from embudo.kernel.idempotency import Answer, begin, claiming, finish_together as keep_answer
from embudo.kernel.models import IdempotencyKey, LogAbout, LogEntry
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@dataclass(frozen=True)
class TeamRenamed(Event):
    team_id: UUID


def make(actor: Actor, name: str) -> Team:
    team = change.create(Team(name=name))
    publish(TeamRenamed(team.id), team)
    return team


def rename(actor: Actor, team: Team, *, name: str, version: int | None = None) -> Team:
    team = lock(team, version=version)
    change.update(team, name=name)
    publish(TeamRenamed(team.id), team)
    return team


def rename_then_refuse(actor: Actor, team: Team) -> None:
    change.update(team, name="half")
    publish(TeamRenamed(team.id), team)
    raise Refused("test.no", "no")


def change_silently(actor: Actor, team: Team) -> None:
    change.update(team, name="silent")


def keep_going(actor: Actor, team: Team) -> Team:
    try:
        with attempt():
            rename_then_refuse(actor, team)
    except Refused:
        pass
    return rename(actor, Team.objects.get(pk=team.pk), name="whole")


def drop(actor: Actor, team: Team) -> None:
    change.delete(team)
    publish(TeamRenamed(team.id), team)


def merge(actor: Actor, first: Team, second: Team) -> None:
    change.update(first, name="first")
    change.update(second, name="second")
    publish(TeamRenamed(first.id), first, second)


def revert(actor: Actor, act_id: UUID) -> undoing.Undone:
    undone = undoing.undo_changes(act_id)
    publish(TeamRenamed(uuid4()))
    return undone


def make_in_one_piece(actor: Actor, *names: str) -> list[Team]:
    made = [Team(name=name) for name in names]
    for team in made:
        ready_key(team)
    finish_together()
    for team in made:
        change.create(team)
        publish(TeamRenamed(team.id), team)
    return made


commands = {
    function.__name__: Command(MANAGE_ROLES, function)
    for function in (
        make,
        rename,
        rename_then_refuse,
        change_silently,
        keep_going,
        drop,
        merge,
        revert,
        make_in_one_piece,
    )
}


def user(**grants: Scope) -> Actor:
    named = {"manage": MANAGE_ROLES.code, "view": VIEW_USERS.code}
    return Actor(
        ActorKind.USER, id=uuid4(), name="Ann", grants={named[key]: scope for key, scope in grants.items()}
    )


@pytest.fixture
def team() -> Team:
    return commands["make"](SYSTEM, "North")


def test_command_without_grant_is_forbidden_and_writes_nothing(team: Team) -> None:
    before = LogEntry.objects.count()
    with pytest.raises(Forbidden):
        commands["rename"](user(view=Scope.ALL), team, name="South")
    assert (Team.objects.get().name, LogEntry.objects.count()) == ("North", before)


def test_command_for_anonymous_is_forbidden(team: Team) -> None:
    with pytest.raises(Forbidden):
        commands["rename"](ANONYMOUS, team, name="South")


def test_command_on_an_unseen_record_is_not_found(team: Team) -> None:
    with pytest.raises(NotFound):
        commands["rename"](user(manage=Scope.ALL), team, name="South")


def test_command_writes_one_log_row_with_before_and_after(team: Team) -> None:
    actor = user(manage=Scope.ALL, view=Scope.ALL)
    commands["rename"](actor, team, name="South")
    entry = LogEntry.objects.order_by("seq").last()
    assert (entry.name, entry.actor_id, entry.about_kind, entry.about_id) == (
        "kernel.TeamRenamed",
        actor.id,
        "access.team",
        team.id,
    )
    assert [(one["before"], one["after"], one["version"]) for one in entry.changes] == [
        ({"name": "North"}, {"name": "South"}, 2)
    ]


def test_refusal_after_publish_leaves_no_event_and_no_change(team: Team) -> None:
    before = LogEntry.objects.count()
    with pytest.raises(Refused):
        commands["rename_then_refuse"](SYSTEM, team)
    assert (Team.objects.get().name, LogEntry.objects.count()) == ("North", before)


def test_change_without_event_is_a_fault_and_rolls_back(team: Team) -> None:
    with pytest.raises(RuntimeError, match="published no event"):
        commands["change_silently"](SYSTEM, team)
    assert Team.objects.get().name == "North"


def test_failed_attempt_leaves_the_rest_of_the_act(team: Team) -> None:
    commands["keep_going"](SYSTEM, team)
    entry = LogEntry.objects.order_by("seq").last()
    assert (Team.objects.get().name, [one["after"] for one in entry.changes]) == (
        "whole",
        [{"name": "whole"}],
    )


def test_stale_version_is_refused_with_the_version_that_stands(team: Team) -> None:
    commands["rename"](SYSTEM, team, name="South")
    with pytest.raises(Stale) as refused:
        commands["rename"](SYSTEM, team, name="West", version=1)
    assert refused.value.facts == {"version": 2}


def test_write_with_an_old_object_is_refused(team: Team) -> None:
    old = Team.objects.get()
    commands["rename"](SYSTEM, team, name="South")
    with pytest.raises(Stale):
        commands["rename_then_refuse"](SYSTEM, old)


def test_further_records_of_an_event_are_found(team: Team) -> None:
    second = commands["make"](SYSTEM, "South")
    commands["merge"](SYSTEM, team, second)
    assert list(LogAbout.objects.values_list("kind", "record_id")) == [("access.team", second.id)]


def act_of_last_entry() -> UUID:
    entry = LogEntry.objects.order_by("seq").last()
    assert entry is not None
    return entry.act


def test_undo_puts_back_what_an_act_changed(team: Team) -> None:
    second = commands["make"](SYSTEM, "South")
    commands["merge"](SYSTEM, team, second)
    undone = commands["revert"](SYSTEM, act_of_last_entry())
    assert sorted(Team.objects.values_list("name", flat=True)) == ["North", "South"]
    assert (len(undone.put_back), undone.left) == (2, [])


def test_undo_leaves_and_reports_what_others_changed_since(team: Team) -> None:
    second = commands["make"](SYSTEM, "South")
    commands["merge"](SYSTEM, team, second)
    act = act_of_last_entry()
    commands["rename"](SYSTEM, Team.objects.get(pk=second.pk), name="East")
    undone = commands["revert"](SYSTEM, act)
    assert undone.left == [("access.team", second.id)]
    assert sorted(Team.objects.values_list("name", flat=True)) == ["East", "North"]


def test_undo_of_removal_brings_the_record_back(team: Team) -> None:
    commands["drop"](SYSTEM, team)
    commands["revert"](SYSTEM, act_of_last_entry())
    assert Team.objects.get().pk == team.pk


def test_undo_of_creation_removes_the_record() -> None:
    commands["make"](SYSTEM, "New")
    commands["revert"](SYSTEM, act_of_last_entry())
    assert not Team.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_act_that_is_written_in_one_piece_is_written_whole() -> None:
    one, other = commands["make_in_one_piece"](SYSTEM, "One", "Other")
    assert {one.pk, other.pk} <= set(Team.objects.values_list("pk", flat=True))
    assert set(LogEntry.objects.values_list("about_id", flat=True)) == {one.pk, other.pk}
    assert commands["make"](SYSTEM, "Next").name == "Next"  # the connection waits for its answers again


@pytest.mark.django_db(transaction=True)
def test_fault_in_what_is_written_in_one_piece_is_told_and_nothing_is_written() -> None:
    with pytest.raises(IntegrityError):
        commands["make_in_one_piece"](SYSTEM, "One", "Same", "Same")
    assert not Team.objects.exists()
    assert not LogEntry.objects.exists()
    assert commands["make"](SYSTEM, "Next").name == "Next"


@pytest.mark.django_db(transaction=True)
def test_fault_of_one_piece_within_a_transaction_is_told_as_any_other() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():  # as a call that may be repeated wraps it
        commands["make_in_one_piece"](SYSTEM, "Same", "Same")
    assert not Team.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_act_within_another_leaves_it_to_that_one_how_it_is_written() -> None:
    def outer(actor: Actor) -> list[Team]:
        inner = commands["make_in_one_piece"]
        with pytest.raises(IntegrityError), attempt():  # told at once, and taken back alone
            inner(actor, "Same", "Same")
        return list(inner(actor, "One"))

    Command(MANAGE_ROLES, outer)(SYSTEM)
    assert list(Team.objects.values_list("name", flat=True)) == ["One"]


@pytest.mark.django_db(transaction=True)
def test_fault_of_one_piece_in_a_call_with_a_key_is_told_and_the_key_stays_free() -> None:
    def called(*names: str) -> object:
        with claiming("u", "k") as after:
            kept = begin("u", "k", "body")
            commands["make_in_one_piece"](SYSTEM, *names)
            keep_answer(after, "u", "k", Answer(201, b"", {}))
            return kept

    with pytest.raises(IntegrityError):
        called("One", "Same", "Same")
    assert not Team.objects.exists()
    assert called("One") is None
    assert list(Team.objects.values_list("name", flat=True)) == ["One"]
    assert LogEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("goes_on", [False, True])
def test_acts_of_a_call_with_a_key_fall_together(goes_on: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """None has a savepoint of its own: who goes on after one that failed is stopped, and nothing stands."""

    def called() -> None:
        with claiming("u", "k") as after:
            begin("u", "k", "body")
            team = commands["make"](SYSTEM, "First")
            with suppress(*[Refused] * goes_on):
                commands["rename_then_refuse"](SYSTEM, team)
            keep_answer(after, "u", "k", Answer(201, b"", {}))

    with pytest.raises(TransactionManagementError if goes_on else Refused):
        called()
    assert not Team.objects.exists()
    assert not IdempotencyKey.objects.exists()
