from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from embudo.foundation.access.models import User
from embudo.foundation.activity import events, permissions, rules
from embudo.foundation.activity.commands.place import own_id, place
from embudo.foundation.activity.models import Call, Meeting, Note, Reminder
from embudo.foundation.activity.rules import Direction, Outcome
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.record import Record, lock

# --- notes -----------------------------------------------------------------------------------------------------------


@command(permissions.ADD_NOTE)
def add_note(actor: Actor, *, about: Record, text: str) -> Note:
    """Writes a note on a record. Refuses an empty one."""
    note = create(Note(text=rules.clean_text(text), owner_id=own_id(actor), **place(about)))
    publish(events.NoteAdded(note.pk), *note.concerned())
    return note


@command(permissions.CHANGE_NOTE)
def change_note(actor: Actor, note: Note, *, text: str, version: int | None = None) -> Note:
    """Changes what a note says. Refuses everybody but its author."""
    note = lock(note, version=version)
    rules.check_author(note.owner_id, own_id(actor))
    before = note.version
    if update(note, text=rules.clean_text(text)).version != before:
        publish(events.NoteChanged(note.pk), *note.concerned())
    return note


@command(permissions.REMOVE_NOTE)
def remove_note(actor: Actor, note: Note, *, version: int | None = None) -> Recycled:
    """Moves a note to the recycle bin: its author, or whoever is above."""
    note = lock(note, version=version)
    publish(events.NoteRemoved(note.pk), *note.concerned())
    return recycle_record.inner(actor, note)


# --- calls -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallFacts:
    """What is written down about a telephone call; `at` None is now."""

    direction: str = Direction.OUTGOING
    outcome: str = Outcome.ANSWERED
    phone: str = ""
    at: datetime | None = None
    seconds: int = 0
    summary: str = ""


def call_values(facts: CallFacts) -> dict[str, Any]:
    at = facts.at or clock.now()
    rules.check_call(at, clock.now(), facts.seconds)
    return {
        "direction": rules.chosen(Direction, facts.direction, "direction"),
        "outcome": rules.chosen(Outcome, facts.outcome, "outcome"),
        "phone": facts.phone.replace("\0", "").strip()[:32],
        "at": at.astimezone(UTC),
        "seconds": facts.seconds,
        "summary": rules.clean_text(facts.summary, "summary", is_needed=False),
    }


@command(permissions.LOG_CALL)
def log_call(actor: Actor, *, about: Record, call: CallFacts) -> Call:
    """Writes down a telephone call about a record. Refuses a moment to come."""
    logged = create(Call(owner_id=own_id(actor), **call_values(call), **place(about)))
    publish(events.CallLogged(logged.pk), *logged.concerned())
    return logged


@command(permissions.CHANGE_CALL)
def change_call(actor: Actor, logged: Call, *, call: CallFacts, version: int | None = None) -> Call:
    """Corrects what was written down about a call. Refuses a moment to come."""
    logged = lock(logged, version=version)
    before = logged.version
    if update(logged, **call_values(call)).version != before:
        publish(events.CallChanged(logged.pk), *logged.concerned())
    return logged


# --- meetings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeetingPlan:
    """When, where and with whom a meeting is held."""

    title: str
    starts: datetime
    ends: datetime | None = None
    place: str = ""
    participants: str = ""
    summary: str = ""


def meeting_values(plan: MeetingPlan) -> dict[str, Any]:
    rules.check_times(plan.starts, plan.ends)
    return {
        "title": rules.clean_title(plan.title),
        "starts": plan.starts.astimezone(UTC),
        "ends": plan.ends.astimezone(UTC) if plan.ends else None,
        "place": plan.place.replace("\0", "").strip()[:200],
        "participants": plan.participants.replace("\0", "").strip()[:2000],
        "summary": rules.clean_text(plan.summary, "summary", is_needed=False),
    }


@command(permissions.PLAN_MEETING)
def plan_meeting(actor: Actor, *, about: Record, meeting: MeetingPlan) -> Meeting:
    """Plans a meeting about a record, or writes down one that was held. Refuses an end before its start."""
    planned = create(Meeting(owner_id=own_id(actor), **meeting_values(meeting), **place(about)))
    publish(events.MeetingPlanned(planned.pk), *planned.concerned())
    return planned


@command(permissions.CHANGE_MEETING)
def change_meeting(
    actor: Actor, planned: Meeting, *, meeting: MeetingPlan, version: int | None = None
) -> Meeting:
    """Changes a meeting, or adds its minutes. Refuses one that was cancelled."""
    planned = lock(planned, version=version)
    rules.check_held(is_cancelled=planned.is_cancelled)
    before = planned.version
    if update(planned, **meeting_values(meeting)).version != before:
        publish(events.MeetingChanged(planned.pk), *planned.concerned())
    return planned


@command(permissions.CHANGE_MEETING)
def cancel_meeting(actor: Actor, planned: Meeting) -> Meeting:
    """Calls a meeting off; it stays in the timeline, struck out. Refuses one that was cancelled before."""
    planned = lock(planned)
    rules.check_held(is_cancelled=planned.is_cancelled)
    update(planned, cancelled_at=clock.now())
    publish(events.MeetingCancelled(planned.pk), *planned.concerned())
    return planned


# --- reminders -------------------------------------------------------------------------------------------------------


@command(permissions.REMIND)
def note_tasks_reminded(actor: Actor, *, user: User, day: date, count: int) -> bool:
    """Marks a person as reminded of the day's to-dos. False when that was done before."""
    key = f"tasks:{user.pk}:{day.isoformat()}"
    if Reminder.objects.filter(key=key).exists():
        return False
    reminder = create(Reminder(key=key))
    publish(events.TasksReminded(user.pk, day, count), reminder)
    return True


@command(permissions.REMIND)
def note_meeting_reminded(actor: Actor, *, meeting: Meeting) -> bool:
    """Marks a meeting as announced for its present start. False when that was done before."""
    if Reminder.objects.filter(key=meeting.reminder_key).exists():
        return False
    reminder = create(Reminder(key=meeting.reminder_key))
    publish(events.MeetingReminded(meeting.pk), reminder)
    return True
