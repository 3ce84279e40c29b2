from datetime import UTC, date, datetime, timedelta

import pytest

from embudo.foundation.access.tests.builders import an_admin, ann, bob, cat, tester, user_of
from embudo.foundation.activity import commands, queries
from embudo.foundation.activity.models import Note, Task
from embudo.foundation.activity.tests.builders import (
    a_call,
    a_carrier,
    a_colleague_record,
    a_meeting,
    a_note,
    a_task,
    an_automatic_task,
)
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def last_event() -> str:
    return LogEntry.objects.latest("seq").name


# --- to-dos ----------------------------------------------------------------------------------------------------------


def test_create_task_is_for_oneself_unless_an_owner_is_named() -> None:
    actor = ann()
    task = a_task(actor, a_carrier(actor), due=date(2026, 3, 12))
    assert (task.owner_id, task.words, task.is_automatic, last_event()) == (
        actor.id, "Call Marta", False, "activity.TaskCreated",
    )  # fmt: skip


def test_create_task_for_somebody_who_may_not_see_the_record_is_refused() -> None:
    actor, other = ann(), bob()
    with pytest.raises(Invalid) as fault:
        a_task(actor, a_carrier(actor), owner=user_of(other))
    assert list(fault.value.errors) == ["owner"]
    assert not Task.objects.exists()


def test_create_task_about_a_record_out_of_sight_is_not_found() -> None:
    record = a_carrier(ann())
    with pytest.raises(NotFound):
        a_task(bob(), record)


def test_create_task_without_grant_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        a_task(cat())


def test_create_task_about_an_activity_is_refused() -> None:
    actor = ann()
    with pytest.raises(Invalid):
        a_task(actor, a_note(actor, a_carrier(actor)))


def test_task_hides_with_the_record_it_is_about() -> None:
    actor, other = ann(), bob()
    hidden = a_task(actor, a_carrier(actor))
    shared = a_task(actor, a_colleague_record(other))
    seen = list(queries.tasks(other))
    assert (shared in seen, hidden in seen) == (True, False)
    with pytest.raises(NotFound):
        queries.task(other, hidden.pk)


def test_task_hides_from_its_owner_too_when_the_record_vanishes() -> None:
    actor, other = ann(), bob()
    task = a_task(actor, a_colleague_record(other), owner=user_of(other))
    Task.objects.filter(pk=task.pk).update(
        about_id=tester().id or task.pk
    )  # a record that is no longer there
    with pytest.raises(NotFound):
        queries.task(other, task.pk)


def test_personal_task_is_seen_by_whom_the_grant_reaches() -> None:
    actor = ann()
    task = a_task(actor)
    assert (queries.tasks(actor).get(), list(queries.tasks(bob())), list(queries.tasks(an_admin()))) == (
        task,
        [],
        [task],
    )


def test_change_task_keeps_what_differs() -> None:
    actor = ann()
    task = a_task(actor, a_carrier(actor))
    changed = commands.change_task(
        actor, task, title="Write to Marta", owner=user_of(actor), due=date(2026, 4, 1)
    )
    assert (changed.title, changed.due, changed.version) == ("Write to Marta", date(2026, 4, 1), 2)


def test_change_task_from_a_stale_version_is_refused() -> None:
    actor = ann()
    task = a_task(actor)
    commands.change_task(actor, task, title="Write", owner=user_of(actor), due=None)
    with pytest.raises(Stale):
        commands.change_task(actor, task, title="Mail", owner=user_of(actor), due=None, version=1)


def test_change_task_of_a_colleague_is_forbidden() -> None:
    actor, other = ann(), bob()
    task = a_task(actor, a_colleague_record(other))
    with pytest.raises(Forbidden):
        commands.change_task(other, task, title="Mine now", owner=user_of(other), due=None)


def test_complete_task_notes_when_and_who() -> None:
    actor = ann()
    with clock.at(NOON):
        task = commands.complete_task(actor, a_task(actor))
    assert (task.done_at, task.done_by_id, last_event()) == (NOON, actor.id, "activity.TaskCompleted")


def test_complete_task_twice_changes_nothing() -> None:
    actor = ann()
    task = commands.complete_task(actor, a_task(actor))
    before = LogEntry.objects.count()
    again = commands.complete_task(actor, task)
    assert (again.done_at, LogEntry.objects.count()) == (task.done_at, before)


def test_reopen_task_makes_it_open_again() -> None:
    actor = ann()
    task = commands.reopen_task(actor, commands.complete_task(actor, a_task(actor)))
    assert (task.done_at, task.done_by_id) == (None, None)


def test_remove_task_takes_it_away() -> None:
    actor = ann()
    commands.remove_task(actor, a_task(actor))
    assert (Task.objects.count(), last_event()) == (0, "recycle.RecordDeleted")


def test_automatic_task_closes_by_nobodys_hand() -> None:
    admin = an_admin()
    task = an_automatic_task(a_colleague_record(admin))
    for act in (commands.complete_task, commands.reopen_task):
        with pytest.raises(Refused) as refusal:
            act(admin, task)
        assert refusal.value.code == "activity.closes_itself"
        assert refusal.value.message == "This task closes by itself when the invoice is paid."
    with pytest.raises(Refused):
        commands.remove_task(admin, task)
    with pytest.raises(Refused):
        commands.change_task(admin, task, title="Other", owner=None, due=None)
    with pytest.raises(Refused):
        commands.close_automatic_task(admin, key="unpaid:1")
    assert not Task.objects.get().is_done


def test_open_automatic_task_is_refused_to_an_administrator() -> None:
    admin = an_admin()
    with pytest.raises(Refused):
        commands.open_automatic_task(
            admin, about=user_of(admin), title_code="x", title_params={}, owner=None, due=None, amount=None,
            since=date(2026, 3, 1), key="k",
        )  # fmt: skip


def test_open_automatic_task_twice_brings_the_same_one_up_to_date() -> None:
    record = a_carrier(ann())
    first = an_automatic_task(record, amount=Money(12_300, "EUR"))
    second = an_automatic_task(record, amount=Money(2_300, "EUR"))
    assert (first.pk, second.amount, second.words, Task.objects.count()) == (
        second.pk, Money(2_300, "EUR"), "Chase FV/1", 1,
    )  # fmt: skip


def test_open_automatic_task_unchanged_says_nothing_again() -> None:
    record = a_carrier(ann())
    an_automatic_task(record)
    before = LogEntry.objects.count()
    an_automatic_task(record)
    assert LogEntry.objects.count() == before


def test_close_automatic_task_then_open_reopens_the_same() -> None:
    record = a_carrier(ann())
    task = an_automatic_task(record)
    closed = commands.close_automatic_task(tester(), key="unpaid:1")
    assert closed is not None
    assert closed.is_done
    assert last_event() == "activity.TaskClosedItself"
    again = an_automatic_task(record)
    assert (again.pk, again.is_done, last_event()) == (task.pk, False, "activity.TaskReopened")


def test_close_automatic_task_of_an_unknown_key_is_none() -> None:
    assert commands.close_automatic_task(tester(), key="nothing") is None


def test_assign_task_gives_an_automatic_one_away_and_it_stays_given() -> None:
    actor, other, admin = ann(), bob(), an_admin()
    record = a_colleague_record(actor)
    task = an_automatic_task(record, owner=user_of(actor))
    commands.assign_task(admin, task, owner=user_of(other))
    again = an_automatic_task(record, owner=user_of(actor), due=date(2026, 3, 20))
    assert (again.owner_id, again.due) == (other.id, date(2026, 3, 20))


# --- notes, calls, meetings --------------------------------------------------------------------------------------------


def test_add_note_is_its_authors() -> None:
    actor = ann()
    note = a_note(actor, a_carrier(actor), "  She likes anvils.\0 ")
    assert (note.text, note.owner_id) == ("She likes anvils.", actor.id)


def test_add_note_keeps_its_words_out_of_the_log() -> None:
    actor = ann()
    a_note(actor, a_carrier(actor), "Secret liking for anvils")
    entry = LogEntry.objects.latest("seq")
    assert "anvils" not in str(entry.data) + str(entry.changes)


def test_add_note_without_words_is_refused() -> None:
    actor = ann()
    with pytest.raises(Invalid):
        a_note(actor, a_carrier(actor), "  ")


def test_add_note_on_a_colleagues_record_is_allowed_to_whoever_sees_it() -> None:
    actor = bob()
    assert a_note(actor, a_colleague_record(ann())).owner_id == actor.id


def test_change_note_by_anybody_but_its_author_is_refused() -> None:
    actor, admin = ann(), an_admin()
    note = a_note(actor, a_colleague_record(admin))
    with pytest.raises(Refused) as refusal:
        commands.change_note(admin, note, text="No.")
    assert refusal.value.code == "activity.not_author"
    assert commands.change_note(actor, note, text="Yes.").text == "Yes."


def test_remove_note_of_a_colleague_is_forbidden() -> None:
    actor, other = ann(), bob()
    note = a_note(actor, a_colleague_record(other))
    with pytest.raises(Forbidden):
        commands.remove_note(other, note)
    commands.remove_note(actor, note)
    assert not Note.objects.exists()


def test_log_call_keeps_its_facts() -> None:
    actor = ann()
    call = a_call(actor, a_carrier(actor), phone="+48583012214", seconds=192, outcome="busy")
    assert (call.phone, call.seconds, call.outcome, call.owner_id) == ("+48583012214", 192, "busy", actor.id)


def test_log_call_with_an_unknown_outcome_is_refused() -> None:
    actor = ann()
    with pytest.raises(Invalid):
        a_call(actor, a_carrier(actor), outcome="shouted")


def test_change_call_corrects_it() -> None:
    actor = ann()
    call = a_call(actor, a_carrier(actor))
    changed = commands.change_call(actor, call, call=commands.CallFacts(at=call.at, summary="She agreed."))
    assert (changed.summary, changed.version) == ("She agreed.", 2)


def test_plan_meeting_and_change_meeting_keep_what_is_planned() -> None:
    actor = ann()
    meeting = a_meeting(actor, a_carrier(actor), NOON, ends=NOON + timedelta(hours=1))
    plan = commands.MeetingPlan(title="Show more", starts=NOON, place="Gdynia")
    changed = commands.change_meeting(actor, meeting, meeting=plan)
    assert (changed.title, changed.ends, changed.place) == ("Show more", None, "Gdynia")


def test_cancel_meeting_keeps_it_and_ends_changes() -> None:
    actor = ann()
    meeting = commands.cancel_meeting(actor, a_meeting(actor, a_carrier(actor), NOON))
    assert meeting.is_cancelled
    with pytest.raises(Refused):
        commands.cancel_meeting(actor, meeting)
    with pytest.raises(Refused):
        commands.change_meeting(actor, meeting, meeting=commands.MeetingPlan(title="x", starts=NOON))


def test_note_tasks_reminded_once_a_day() -> None:
    user, reminding = user_of(ann()), system_actor("test")
    told = [
        commands.note_tasks_reminded(reminding, user=user, day=NOON.date(), count=2) for _time in range(2)
    ]
    next_day = commands.note_tasks_reminded(
        reminding, user=user, day=NOON.date() + timedelta(days=1), count=2
    )
    assert (told, next_day) == ([True, False], True)


def test_note_meeting_reminded_once_for_each_start() -> None:
    actor, reminding = ann(), system_actor("test")
    meeting = a_meeting(actor, a_carrier(actor), NOON)
    told = [commands.note_meeting_reminded(reminding, meeting=meeting) for _time in range(2)]
    plan = commands.MeetingPlan(title=meeting.title, starts=NOON + timedelta(days=1))
    moved = commands.change_meeting(actor, meeting, meeting=plan)
    assert (told, commands.note_meeting_reminded(reminding, meeting=moved)) == ([True, False], True)
