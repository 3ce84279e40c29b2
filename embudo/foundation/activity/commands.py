from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.activity import events, permissions, rules
from embudo.foundation.activity.models import Call, Meeting, Note, Reminder, Task
from embudo.foundation.activity.rules import Direction, Outcome, Priority
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord, about_record
from embudo.kernel.act import current_act
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import Record, lock


def own_id(actor: Actor) -> UUID | None:
    """The person behind the act; None for rules, forms and the system."""
    return actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None


def place(about: Record | None) -> dict[str, Any]:
    """The fields that say what a new record is about."""
    if about is None:
        return {}
    if isinstance(about, AboutRecord):
        raise Invalid({"about": [_("Choose a record that is not itself an activity.")]})
    return {"about_kind": about.kind_name(), "about_id": about.pk}


def check_owner(actor: Actor, owner: User | None, about_kind: str, about_id: UUID | None) -> None:
    """Nobody is given work on a record that they may not see."""
    if owner is None or owner.pk == own_id(actor):
        return
    if not owner.is_active:
        raise Invalid({"owner": [_("Choose somebody who may sign in.")]})
    if about_id is None:
        return
    try:
        about_record(actor_of(owner), about_kind, about_id)
    except NotFound:
        raise Invalid({"owner": [_("Choose somebody who may see this record.")]}) from None


# --- to-dos ----------------------------------------------------------------------------------------------------------


@command(permissions.CREATE_TASK)
def create_task(
    actor: Actor,
    *,
    about: Record | None = None,
    title: str,
    owner: User | None = None,
    due: date | None = None,
    priority: int = Priority.NORMAL,
    details: str = "",
) -> Task:
    """Plans a to-do, for oneself unless an owner is named. Refuses an owner who may not see the record."""
    task = Task(
        title=rules.clean_title(title),
        details=rules.clean_text(details, "details", is_needed=False),
        due=due,
        priority=rules.clean_priority(priority),
        owner_id=owner.pk if owner else own_id(actor),
        **place(about),
    )
    rules.check_due(due)
    check_owner(actor, owner, task.about_kind, task.about_id)
    create(task)
    publish(events.TaskCreated(task.pk, task.owner_id), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def change_task(  # noqa: PLR0913 - as create_task
    actor: Actor,
    task: Task,
    *,
    title: str,
    owner: User | None,
    due: date | None,
    priority: int = Priority.NORMAL,
    details: str = "",
    version: int | None = None,
) -> Task:
    """Changes a to-do. Refuses an automatic one, and an owner who may not see the record."""
    task = lock(task, version=version)
    rules.check_changed_by_hand(is_automatic=task.is_automatic)
    rules.check_due(due)
    if owner and owner.pk != task.owner_id:
        check_owner(actor, owner, task.about_kind, task.about_id)
    before = task.version
    update(
        task,
        title=rules.clean_title(title),
        details=rules.clean_text(details, "details", is_needed=False),
        due=due,
        priority=rules.clean_priority(priority),
        owner_id=owner.pk if owner else None,
    )
    if task.version != before:
        publish(events.TaskChanged(task.pk), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def assign_task(actor: Actor, task: Task, *, owner: User, version: int | None = None) -> Task:
    """Gives a to-do, automatic ones too, to somebody else. Refuses an owner who may not see the record."""
    task = lock(task, version=version)
    check_owner(actor, owner, task.about_kind, task.about_id)
    if task.owner_id != owner.pk:
        update(task, owner_id=owner.pk)
        publish(events.TaskAssigned(task.pk, owner.pk), *task.concerned())
    return task


@command(permissions.COMPLETE_TASK)
def complete_task(actor: Actor, task: Task) -> Task:
    """Ticks a to-do off; once done it stays as it is. Refuses an automatic one: it closes by itself."""
    task = lock(task)
    rules.check_closed_by_hand(is_automatic=task.is_automatic, title_code=task.title_code)
    if not task.is_done:
        update(task, done_at=clock.now(), done_by_id=own_id(actor))
        publish(events.TaskCompleted(task.pk), *task.concerned())
    return task


@command(permissions.COMPLETE_TASK)
def reopen_task(actor: Actor, task: Task) -> Task:
    """Makes a to-do that was ticked off open again. Refuses an automatic one."""
    task = lock(task)
    rules.check_closed_by_hand(is_automatic=task.is_automatic, title_code=task.title_code)
    if task.is_done:
        update(task, done_at=None, done_by_id=None)
        publish(events.TaskReopened(task.pk), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def remove_task(actor: Actor, task: Task, *, version: int | None = None) -> None:
    """Removes a to-do. Refuses an automatic one."""
    task = lock(task, version=version)
    rules.check_changed_by_hand(is_automatic=task.is_automatic)
    publish(events.TaskRemoved(task.pk), *task.concerned())
    delete(task)


def check_kept_by_product(actor: Actor) -> None:
    """Automatic to-dos follow from another act or from the system: never from a call of these commands themselves."""
    if actor.kind is ActorKind.SYSTEM:
        return
    if current_act().command in (open_automatic_task.name, close_automatic_task.name):
        raise Refused("activity.closes_itself", _("Such tasks open and close by themselves."))


@command(permissions.KEEP_AUTOMATIC_TASKS)
def open_automatic_task(  # noqa: PLR0913 - as create_task
    actor: Actor,
    *,
    about: Record,
    title_code: str,
    title_params: dict[str, Any],
    owner: User | None,
    due: date | None,
    amount: Money | None,
    since: date,
    key: str,
) -> Task:
    """
    Opens the to-do that `key` stands for, opens it again if it was closed, or brings an open one up to date (whoever
    has been given it keeps it). Refuses to be called by hand.
    """
    check_kept_by_product(actor)
    values: dict[str, Any] = {
        "title_code": title_code,
        "title_params": title_params,
        "due": due,
        "amount_minor": amount.minor if amount else None,
        "currency": amount.currency if amount else "",
        "since": since,
    }
    known = Task.objects.select_for_update(of=("self",)).filter(key=key).first()
    owner_id = owner.pk if owner else None
    if known is None:
        task = create(Task(key=key, owner_id=owner_id, **place(about), **values))
        publish(events.TaskCreated(task.pk, owner_id), *task.concerned())
        return task
    if known.is_done:
        update(known, done_at=None, done_by_id=None, owner_id=owner_id, **values)
        publish(events.TaskReopened(known.pk), *known.concerned())
        return known
    before = known.version
    if update(known, **values).version != before:
        publish(events.TaskChanged(known.pk), *known.concerned())
    return known


@command(permissions.KEEP_AUTOMATIC_TASKS)
def close_automatic_task(actor: Actor, *, key: str) -> Task | None:
    """Closes the to-do that `key` stands for; None when there is none. Refuses to be called by hand."""
    check_kept_by_product(actor)
    task: Task | None = Task.objects.select_for_update(of=("self",)).filter(key=key).first()
    if task is not None and not task.is_done:
        update(task, done_at=clock.now(), done_by_id=None)
        publish(events.TaskClosedItself(task.pk), *task.concerned())
    return task


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
def remove_note(actor: Actor, note: Note, *, version: int | None = None) -> None:
    """Removes a note: its author, or whoever is above."""
    note = lock(note, version=version)
    publish(events.NoteRemoved(note.pk), *note.concerned())
    delete(note)


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
