from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from embudo.foundation.activity import permissions, queries
from embudo.foundation.activity.forms import NoteForm
from embudo.foundation.activity.models import Meeting, Task
from embudo.foundation.activity.views import drawing
from embudo.foundation.activity.views.drawing import may_touch
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import about_url, record_url
from embudo.foundation.ui.pages import PartPage
from embudo.foundation.ui.parts import Action
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_of
from embudo.kernel.record import Record


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


def timeline_context(
    actor: Actor, record: Record, *, cursor: str = "", form: Any = None, is_fresh: bool = False
) -> dict[str, Any]:
    """What the panel shows; `is_fresh` after a form of its own was sent, else a note being written is kept."""
    kind, is_first = record.kind_name(), not cursor
    address = about_url("activity:timeline", kind, record.pk)
    takes_entries = not isinstance(record, AboutRecord)
    there = queries.present(record) if takes_entries and is_first else None
    found = queries.timeline(actor, record, cursor=cursor, there=there)
    ahead = queries.planned(actor, record, there=there) if takes_entries and is_first else []
    earlier = f"{address}?before={found.next}" if found.next else ""
    return {
        "record": record,
        "kind": kind,
        "address": address,
        "items": drawing.items(found.items, actor, earlier),
        "is_first": is_first,
        "planned": [
            planned_task(x, actor) if isinstance(x, Task) else planned_meeting(x, actor) for x in ahead
        ],
        "note_field": note_field(actor, form) if takes_entries and is_first else "",
        "entries": entry_actions(actor, record) if takes_entries else [],
        "is_kept": not is_fresh,
    }


def note_field(actor: Actor, form: Any = None) -> str:
    """What a note is written into; "" for who may write none."""
    if not actor.may(permissions.ADD_NOTE):
        return ""
    return str(form["text"].as_field_group()) if form else _empty_field()


@atoms.kept
def _empty_field() -> SafeString:
    return NoteForm(auto_id="note-%s")["text"].as_field_group()


def entry_actions(actor: Actor, record: Record) -> list[Action]:
    place = (record.kind_name(), record.pk)
    offered = (
        Action(_("Log a call"), about_url("activity:call_new", *place), "phone", permissions.LOG_CALL, dialog=True),
        Action(_("Plan a task"), about_url("activity:task_about", *place), "alarm-clock", permissions.CREATE_TASK, dialog=True),
        Action(_("Plan a meeting"), about_url("activity:meeting_new", *place), "calendar", permissions.PLAN_MEETING, dialog=True),
    )  # fmt: skip
    return [action for action in offered if action.is_for(actor)]


class TimelinePanel(PartPage):
    """What was and what is planned about one record; a panel of the record's page, or a page of its own without script."""

    permission = permissions.VIEW_TIMELINE
    template_name = "activity/timeline.html"
    title = _("Activity")
    help_key = "activity:timeline"

    def get_context(self) -> dict[str, Any]:
        kind, record_id = self.kwargs["kind"], UUID(str(self.kwargs["record_id"]))
        record = self.at_hand or queries.record_of_any_kind(self.actor, kind, record_id)
        cursor = self.request.GET.get("before", "")
        context = timeline_context(self.actor, record, cursor=cursor)
        return super().get_context() | context | {"back": kind_of(record).url(record.pk)}
