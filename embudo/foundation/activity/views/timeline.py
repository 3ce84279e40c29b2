from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.activity import permissions, queries
from embudo.foundation.activity.forms import NoteForm
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.queries import TimelineItem
from embudo.foundation.activity.rules import Direction, Outcome
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import Page
from embudo.foundation.ui.parts import Action
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_of
from embudo.kernel.models import LogEntry
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import Record
from embudo.kernel.wording import event_text

INSIDE = "ui/dialog.html"  # a part of another page: no shell, no heading of its own


@dataclass(frozen=True)
class Shown:
    """A timeline item in words: who, what ("called"), the thing itself in bold, and what follows."""

    icon: str
    words: str
    thing: str = ""
    tail: str = ""
    tone: str = ""
    body: str = ""
    url: str = ""
    actions: list[Action] = field(default_factory=list)


def may_touch(actor: Actor, permission: Permission, thing: AboutRecord) -> bool:
    """Whether to offer an act; the command itself decides."""
    scope = actor.scope(permission)
    return scope is not None and (scope is not Scope.OWN or thing.owner_id == actor.id)


def duration_text(seconds: int) -> str:
    if not seconds:
        return ""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return gettext("%(s)d s") % {"s": rest}
    return (
        gettext("%(m)d min %(s)d s") % {"m": minutes, "s": rest}
        if rest
        else gettext("%(m)d min") % {"m": minutes}
    )


@singledispatch
def shown(thing: Any, actor: Actor) -> Shown:
    raise TypeError(thing)


@shown.register
def _entry(thing: LogEntry, actor: Actor) -> Shown:
    text = event_text(thing.name)
    return Shown(text.icon, text.words(thing.data), tone=text.tone)


@shown.register
def _note(thing: Note, actor: Actor) -> Shown:
    actions = []
    if thing.owner_id == actor.id and actor.may(permissions.CHANGE_NOTE):
        actions.append(Action(_("Edit"), record_url("activity:note_change", thing.pk), "pencil", dialog=True))
    if may_touch(actor, permissions.REMOVE_NOTE, thing):
        actions.append(
            Action(_("Remove"), record_url("activity:note_remove", thing.pk), "trash-2", dialog=True)
        )
    tail = "" if thing.version == 1 else gettext("(edited)")
    return Shown("sticky-note", gettext("wrote a note"), tail=tail, body=thing.text, actions=actions)


@shown.register
def _call(thing: Call, actor: Actor) -> Shown:
    is_incoming = thing.direction == Direction.INCOMING
    words = (
        gettext("took a call from %(phone)s") if is_incoming else gettext("called %(phone)s")
    ) if thing.phone else gettext("took a call") if is_incoming else gettext("made a call")  # fmt: skip
    is_reached = thing.outcome == Outcome.ANSWERED
    icon = ("phone-incoming" if is_incoming else "phone-outgoing") if is_reached else "phone-missed"
    actions = []
    if may_touch(actor, permissions.CHANGE_CALL, thing):
        actions.append(Action(_("Edit"), record_url("activity:call_change", thing.pk), "pencil", dialog=True))
    return Shown(
        icon, words % {"phone": phone_text(thing.phone) if thing.phone.startswith("+") else thing.phone}, thing=str(Outcome(thing.outcome).label),
        tail=duration_text(thing.seconds), tone="info" if is_reached else "", body=thing.summary, actions=actions,
    )  # fmt: skip


def meeting_facts(thing: Meeting) -> str:
    parts = (thing.place, thing.participants, thing.summary)
    return "\n".join(part for part in parts if part)


@shown.register
def _meeting(thing: Meeting, actor: Actor) -> Shown:
    words = gettext("cancelled the meeting") if thing.is_cancelled else gettext("held a meeting:")
    actions = []
    if not thing.is_cancelled and may_touch(actor, permissions.CHANGE_MEETING, thing):
        actions.append(
            Action(_("Edit"), record_url("activity:meeting_change", thing.pk), "pencil", dialog=True)
        )
    icon, tone = ("circle-x", "") if thing.is_cancelled else ("calendar-check", "ok")
    return Shown(icon, words, thing=thing.title, tone=tone, body=meeting_facts(thing), actions=actions)


@shown.register
def _task(thing: Task, actor: Actor) -> Shown:
    words = gettext("Closed by itself:") if thing.is_automatic else gettext("completed")
    return Shown("square-check", words, thing=thing.words, tone="ok", url=kind_of(thing).url(thing.pk))


@dataclass(frozen=True)
class Planned:
    """An open to-do or a meeting to come, in a line."""

    icon: str
    title: str
    url: str
    who: str
    when: str
    tone: str = "plain"
    amount: str = ""
    done_url: str = ""
    is_dialog: bool = False


def planned_task(task: Task, actor: Actor) -> Planned:
    today = clock.today()
    is_late = task.is_overdue(today)
    can_close = not task.is_automatic and may_touch(actor, permissions.COMPLETE_TASK, task)
    return Planned(
        "zap" if task.is_automatic else "list-todo",
        task.words,
        kind_of(task).url(task.pk),
        str(task.owner) if task.owner else "",
        atoms.day_text(task.due) if task.due else "",
        "bad" if is_late else "warn" if task.due == today else "plain",
        atoms.money(task.amount) if task.amount else "",
        record_url("activity:task_complete", task.pk) if can_close else "",
    )


def planned_meeting(meeting: Meeting, actor: Actor) -> Planned:
    url = record_url("activity:meeting_change", meeting.pk)
    return Planned(
        "calendar-clock", meeting.title, url, str(meeting.owner) if meeting.owner else "",
        atoms.moment_text(meeting.starts), "info", is_dialog=True,
    )  # fmt: skip


def told(items: Sequence[TimelineItem], actor: Actor) -> list[dict[str, Any]]:
    return [{"at": item.at, "who": item.who, "says": said(item, actor)} for item in items]


def said(item: TimelineItem, actor: Actor) -> Shown:
    plain = shown(item.thing, actor)
    return replace(plain, thing=item.named[0], url=item.named[1]) if item.named else plain


def timeline_context(
    actor: Actor, record: Record, *, cursor: str = "", form: Any = None, is_fresh: bool = False
) -> dict[str, Any]:
    """What the panel shows; `is_fresh` after a form of its own was sent, else a note being written is kept."""
    kind, found = record.kind_name(), queries.timeline(actor, record, cursor=cursor)
    address = reverse("activity:timeline", args=[kind, record.pk])
    takes_entries = not isinstance(record, AboutRecord)
    ahead = queries.planned(actor, record) if takes_entries and not cursor else []
    return {
        "record": record,
        "kind": kind,
        "address": address,
        "items": told(found.items, actor),
        "earlier": f"{address}?before={found.next}" if found.next else "",
        "is_first": not cursor,
        "planned": [
            planned_task(x, actor) if isinstance(x, Task) else planned_meeting(x, actor) for x in ahead
        ],
        "note_form": note_form(actor, record, form) if takes_entries and not cursor else None,
        "entries": entry_actions(actor, record) if takes_entries else [],
        "is_kept": not is_fresh,
    }


def note_form(actor: Actor, record: Record, form: Any) -> Any:
    if not actor.may(permissions.ADD_NOTE):
        return None
    return form or NoteForm(actor=actor, auto_id="note-%s")


def entry_actions(actor: Actor, record: Record) -> list[Action]:
    place = [record.kind_name(), record.pk]
    offered = (
        Action(_("Log a call"), reverse("activity:call_new", args=place), "phone", permissions.LOG_CALL, dialog=True),
        Action(_("Plan a task"), reverse("activity:task_about", args=place), "alarm-clock", permissions.CREATE_TASK, dialog=True),
        Action(_("Plan a meeting"), reverse("activity:meeting_new", args=place), "calendar", permissions.PLAN_MEETING, dialog=True),
    )  # fmt: skip
    return [action for action in offered if action.is_for(actor)]


class TimelinePanel(Page):
    """What was and what is planned about one record; a panel of the record's page, or a page of its own without script."""

    permission = permissions.VIEW_TIMELINE
    template_name = "activity/timeline.html"
    title = _("Activity")
    help_key = "activity:timeline"

    def get_shell(self) -> str:
        return INSIDE if self.is_part else super().get_shell()

    @property
    def is_part(self) -> bool:
        return self.request.headers.get("HX-Request") == "true"

    def get_context(self) -> dict[str, Any]:
        kind, record_id = self.kwargs["kind"], UUID(str(self.kwargs["record_id"]))
        record = queries.record_of_any_kind(self.actor, kind, record_id)
        cursor = self.request.GET.get("before", "")
        context = timeline_context(self.actor, record, cursor=cursor)
        return (
            super().get_context()
            | context
            | {"is_part": self.is_part, "back": kind_of(record).url(record.pk)}
        )
