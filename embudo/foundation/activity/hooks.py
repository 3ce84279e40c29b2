from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.activity import permissions, queries
from embudo.foundation.activity.commands.editing import TASK_EDITING
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.rules import check_changed_by_hand
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, about_url, register_menu, register_panel
from embudo.kernel.kind import RecordKind, Recycling, SearchText, kind_named, register_kind
from embudo.kernel.wording import register_event_text

LONGEST_NAME = 60


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME]}…"


def task_search(task: Task) -> SearchText:
    return SearchText(task.words, words=(task.words,))


def register_kinds() -> None:
    register_kind(
        RecordKind(
            Task, _("Task"), _("Tasks"), "list-todo", title=lambda task: task.words,
            url=lambda pk: reverse("activity:task", args=[pk]), fetch=queries.task, search=task_search,
            editing=TASK_EDITING,
            recycling=Recycling(permissions.CHANGE_TASK, check=lambda task: check_changed_by_hand(is_automatic=task.is_automatic)),
        )
    )  # fmt: skip
    others: tuple[tuple[Any, ...], ...] = (
        (
            Note,
            _("Note"),
            _("Notes"),
            "sticky-note",
            lambda note: shortened(note.text),
            "note",
            queries.note,
            permissions.REMOVE_NOTE,
        ),
        (
            Call,
            _("Call"),
            _("Calls"),
            "phone",
            lambda call: call.phone or call.get_direction_display(),
            "call",
            queries.call,
            permissions.CHANGE_CALL,
        ),
        (
            Meeting,
            _("Meeting"),
            _("Meetings"),
            "calendar",
            lambda meeting: meeting.title,
            "meeting",
            queries.meeting,
            permissions.CHANGE_MEETING,
        ),
    )
    for model, label, plural, icon, title, name, fetch, need in others:
        url = lambda pk, name=name: reverse(f"activity:{name}", args=[pk])  # noqa: E731
        register_kind(
            RecordKind(
                model, label, plural, icon, title=title, url=url, fetch=fetch, recycling=Recycling(need)
            )
        )


def has_timeline(kind: str) -> bool:
    found = kind_named(kind)
    return found is None or not found.tells_itself


def register_panels() -> None:
    register_panel(
        Panel(
            "*", "main", _("Activity"), lambda kind, pk: about_url("activity:timeline", kind, pk),
            permissions.VIEW_TIMELINE, order=10, statements=5, fits=has_timeline,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(
            _("Tasks"),
            "activity:tasks",
            "list-todo",
            permissions.VIEW_TASKS,
            order=14,
            badge=queries.tasks_due_count,
        )
    )
    register_menu(MenuEntry(_("Calendar"), "activity:calendar", "calendar", permissions.VIEW_TASKS, order=15))
    register_help("activity:tasks", _("Tasks"), "activity/help/tasks.html")
    register_help("activity:timeline", _("Activity"), "activity/help/timeline.html")


def register_words() -> None:
    register_notification_kind(
        NotificationKind("activity.tasks_due", _("Tasks that are due today"), is_mailed=False)
    )
    register_notification_kind(
        NotificationKind("activity.meeting_soon", _("Meetings that begin soon"), is_mailed=False)
    )
    # The things themselves stand in the timeline; these words are for their own pages and for the log.
    for name, text, icon in (
        ("TaskCreated", _("planned the task"), "list-todo"),
        ("TaskChanged", _("changed the task"), "pencil"),
        ("TaskAssigned", _("gave the task to somebody else"), "user-check"),
        ("TaskCompleted", _("completed the task"), "square-check"),
        ("TaskClosedItself", _("closed the task"), "square-check"),
        ("TaskReopened", _("opened the task again"), "rotate-ccw"),
        ("TaskRemoved", _("removed a task"), "trash-2"),
        ("NoteAdded", _("wrote a note"), "sticky-note"),
        ("NoteChanged", _("changed a note"), "sticky-note"),
        ("NoteRemoved", _("removed a note"), "trash-2"),
        ("CallLogged", _("logged a call"), "phone"),
        ("CallChanged", _("changed a call"), "phone"),
        ("MeetingPlanned", _("planned a meeting"), "calendar"),
        ("MeetingChanged", _("changed a meeting"), "calendar"),
        ("MeetingCancelled", _("cancelled a meeting"), "circle-x"),
        ("TasksReminded", _("reminded of the day's tasks"), "bell"),
        ("MeetingReminded", _("reminded of a meeting"), "bell"),
    ):
        register_event_text(f"activity.{name}", text, icon, is_told=False)


def register() -> None:
    register_kinds()
    register_panels()
    register_words()
