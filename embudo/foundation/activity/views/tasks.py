from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.access import queries as access
from embudo.foundation.activity import commands, permissions, queries
from embudo.foundation.activity.forms import AssignTaskForm, TaskForm
from embudo.foundation.activity.models import Meeting, Task
from embudo.foundation.activity.rules import Priority, closing_in_words
from embudo.foundation.activity.views.drawing import may_touch
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, CalendarEntry, Column, Crumb, Filter, Tab
from embudo.kernel import clock
from embudo.kernel.actor import Actor

MOST_MEETINGS = 500
TO_LIST = Crumb(_("Tasks"), reverse_lazy("activity:tasks"))


def is_open() -> Q:
    return Q(done_at__isnull=True)


def due_now(tasks: QuerySet[Task], actor: Actor) -> QuerySet[Task]:
    return tasks.filter(is_open(), owner_id=actor.id, due__lte=clock.today())


def mine(tasks: QuerySet[Task], actor: Actor) -> QuerySet[Task]:
    return tasks.filter(is_open(), owner_id=actor.id)


def of_team(tasks: QuerySet[Task], actor: Actor) -> QuerySet[Task]:
    """Those of one's team and of the people who report to one."""
    reach = Q(owner_id=actor.id)
    for people in (actor.team, actor.subtree):
        if people is not None:
            reach |= Q(owner__in=people)
    return tasks.filter(is_open(), reach)


def due_cell(task: Task) -> Any:
    if task.is_done or task.due is None:
        return atoms.day_text(task.due)
    days = (task.due - clock.today()).days
    if days < 0:
        return atoms.badge("bad", "circle-alert", atoms.day_text(task.due))
    return atoms.badge("warn", "clock", atoms.day_text(task.due)) if days == 0 else atoms.day_text(task.due)


def state_cell(task: Task) -> Any:
    if task.is_done:
        return atoms.badge("ok", "circle-check", _("Done"))
    if task.is_automatic:
        return atoms.badge("info", "zap", _("Closes by itself"))
    if task.priority == Priority.HIGH:
        return atoms.badge("warn", "flag", _("High priority"))
    return atoms.badge("plain", "circle", _("Open"))


def age_text(task: Task) -> str:
    """How long it has been standing."""
    n = max(0, (clock.today() - task.since).days)
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


def amount_cell(task: Task) -> str:
    return atoms.money(task.amount) if task.amount else ""


PRIORITIES = tuple((str(value), label) for value, label in Priority.choices)


class Tasks(ListPage):
    permission = permissions.VIEW_TASKS
    title = _("Tasks")
    icon = "list-todo"
    query = queries.tasks
    columns = (
        Column("words", _("Task"), cell=lambda task: task.words),
        Column("state", _("State"), cell=state_cell),
        Column("due", _("Due"), cell=due_cell, sort="due"),
        Column("age", _("Age"), cell=age_text, sort="since", end=True),
        Column("amount", _("Amount"), cell=amount_cell, sort="amount_minor", end=True, descends_first=True),
        Column("owner__name", _("Who"), kind="person"),
    )
    tabs = (
        Tab("today", _("Today and overdue"), due_now, counted=True),
        Tab("mine", _("Mine"), mine),
        Tab("team", _("Team"), of_team),
        Tab("all", _("All"), lambda tasks, actor: tasks.filter(is_open())),  # noqa: ARG005
        Tab("done", _("Done"), lambda tasks, actor: tasks.filter(done_at__isnull=False)),  # noqa: ARG005
    )
    filters = (Filter("priority", _("Priority"), PRIORITIES, "priority"),)
    search_fields = ("title", "details")
    board_by, calendar_by = "priority", "due"
    default_sort = "due"
    actions = (
        Action(
            _("New task"),
            reverse_lazy("activity:task_new"),
            "plus",
            permissions.CREATE_TASK,
            primary=True,
            dialog=True,
        ),
    )
    empty_title = _("Nothing to do here")
    empty_text = _(
        "Tasks that you plan, and those that open by themselves, are listed here by the day they are due."
    )
    help_key = "activity:tasks"

    def prepare(self, rows: Sequence[Task]) -> None:
        self.titles = queries.titles_of(self.actor, [(task.about_kind, task.about_id) for task in rows])

    def also_on(self, by: str, first: date, last: date) -> Sequence[CalendarEntry]:
        """Meetings stand beside what is due, those of the people whose to-dos are shown."""
        tab = self.tab or self.tabs[0]
        if by != "due" or tab.key == "done" or self.words or self.filters_in_use:
            return ()
        found = queries.meetings_between(self.actor, first, last)
        own = found.filter(owner_id=self.actor.id) if tab.key in ("today", "mine") else found
        return [meeting_entry(one, self.actor) for one in own[:MOST_MEETINGS]]

    def row_url(self, row: Task) -> str:
        return record_url("activity:task", row.pk)

    def row_sub(self, row: Task) -> str:
        return self.titles.get(row.about_id, ("", ""))[0] if row.about_id else ""

    def row_tone(self, row: Task) -> str:
        return "bad" if row.is_overdue(clock.today()) else ""

    def row_actions(self, row: Task) -> Sequence[Action]:
        return task_actions(self.actor, row)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s task found", "%(n)s tasks found", n) % {"n": self.count_shown(n)}


def meeting_entry(meeting: Meeting, actor: Actor) -> CalendarEntry:
    local = meeting.starts.astimezone(ZoneInfo(actor.time_zone))
    return CalendarEntry(
        day=local.date(),
        time=f"{local:%H:%M}",
        title=meeting.title,
        url=record_url("activity:meeting", meeting.pk),
        icon="calendar-clock",
        kind=_("Meeting"),
    )


@guarded(permissions.VIEW_TASKS)
def calendar(request: HttpRequest) -> HttpResponse:
    """One's own to-dos by the day they are due, with one's meetings: a face of the list of tasks."""
    return HttpResponseRedirect(f"{reverse('activity:tasks')}?tab=mine&face=calendar&by=due")


def task_actions(actor: Actor, task: Task, *, is_page: bool = False) -> list[Action]:
    """What may be done with a to-do: an automatic one can only be given to somebody else."""
    args, actions = [task.pk], []
    can_complete = may_touch(actor, permissions.COMPLETE_TASK, task) and not task.is_automatic
    can_change = may_touch(actor, permissions.CHANGE_TASK, task)
    if can_complete and not task.is_done:
        actions.append(
            Action(
                _("Done"), reverse("activity:task_complete", args=args), "check", primary=is_page, dialog=True
            )
        )
    if can_complete and task.is_done:
        actions.append(
            Action(_("Open again"), reverse("activity:task_reopen", args=args), "rotate-ccw", dialog=True)
        )
    if can_change and not task.is_automatic:
        actions.append(Action(_("Edit"), reverse("activity:task_change", args=args), "pencil", dialog=True))
        if not is_page:  # the page's own menu offers it
            actions.append(
                Action(_("Remove"), reverse("activity:task_remove", args=args), "trash-2", dialog=True)
            )
    if can_change and task.is_automatic and not task.is_done:
        actions.append(
            Action(
                _("Give to somebody"), reverse("activity:task_assign", args=args), "user-check", dialog=True
            )
        )
    return actions


class TaskPage(RecordPage):
    permission = permissions.VIEW_TASKS
    query = queries.task
    template_name = "activity/task.html"
    crumbs = (TO_LIST,)
    nav = "activity:tasks"
    help_key = "activity:tasks"

    def get_actions(self) -> Sequence[Action]:
        return task_actions(self.actor, self.record, is_page=True)

    def get_context(self) -> dict[str, Any]:
        task = self.record
        titles = queries.titles_of(self.actor, [(task.about_kind, task.about_id)])
        return super().get_context() | {
            "about": titles.get(task.about_id),
            "state": state_cell(task),
            "due": due_cell(task),
            "age": age_text(task),
            "closing": closing_in_words(task.title_code) if task.is_automatic and not task.is_done else "",
        }


class NewTask(CommandPage):
    command = commands.create_task
    form_class = TaskForm
    title, submit_label = _("New task"), _("Plan task")
    again_label = _("Plan and enter another")
    cancel_url = reverse_lazy("activity:tasks")
    crumbs = (TO_LIST,)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"owner": self.actor.id, "due": clock.today(), "priority": Priority.NORMAL}

    def success_message(self, result: Any) -> str:
        return gettext("Task planned.")


class ChangeTask(CommandPage):
    query, command, form_class = queries.task, commands.change_task, TaskForm
    title = _("Change the task")
    crumbs = (TO_LIST,)
    stays = True


class AssignTask(CommandPage):
    query, command, form_class = queries.task, commands.assign_task, AssignTaskForm
    title, submit_label = _("Give the task to somebody"), _("Give")
    crumbs = (TO_LIST,)
    stays = True

    def success_message(self, result: Task) -> str:
        return gettext("%(name)s has the task now.") % {"name": result.owner}


class CompleteTask(ConfirmPage):
    query, command = queries.task, commands.complete_task
    title, submit_label = _("Complete the task"), _("Done")
    intro = _("It leaves the list of open tasks and stands in the timeline as done.")
    crumbs = (TO_LIST,)
    stays = True

    def success_message(self, result: Task) -> str:
        return gettext("Done: %(title)s") % {"title": result.words}

    def undo_url(self, result: Task) -> str:
        return reverse("activity:task_reopen", args=[result.pk])


class ReopenTask(ConfirmPage):
    query, command = queries.task, commands.reopen_task
    title, submit_label = _("Open the task again"), _("Open again")
    intro = _("It goes back to the list of open tasks.")
    crumbs = (TO_LIST,)
    stays = True

    def success_message(self, result: Task) -> str:
        return gettext("Open again: %(title)s") % {"title": result.words}


class RemoveTask(ConfirmPage):
    query, command = queries.task, commands.remove_task
    title, submit_label = _("Remove the task"), _("Remove")
    intro = _("It leaves everybody's list and stays in the recycle bin for 30 days.")
    cancel_url = reverse_lazy("activity:tasks")
    crumbs = (TO_LIST,)
    is_danger = True

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("activity:tasks")

    def success_message(self, result: Any) -> str:
        return gettext("Task removed.")

    def undo_url(self, result: Any) -> str:
        return reverse("recycle:restore", args=[result.pk])


@guarded(permissions.VIEW_TASKS)
def owners(request: HttpRequest) -> HttpResponse:
    """Colleagues whose name or address holds the words typed: for the choice of an owner."""
    words = request.GET.get("q", "").replace("\0", "")[:100]
    found = access.users(actor_of(request)).filter(is_active=True)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return lookup_options(request, [(user.pk, str(user), user.email) for user in found[:10]])
