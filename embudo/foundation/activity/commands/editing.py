"""To-dos whose values are set outside their own form: in a list, or many at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import checked_owner
from embudo.foundation.activity import events, rules
from embudo.foundation.activity.commands.place import check_owner, own_id
from embudo.foundation.activity.models import Task
from embudo.foundation.activity.permissions import CHANGE_TASK, COMPLETE_TASK
from embudo.foundation.activity.rules import Priority
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.editing import change_rows, checked_edits, day, written_by
from embudo.kernel.errors import Invalid
from embudo.kernel.event import Event
from embudo.kernel.kind import Editing, ImportField, ImportResult, ImportRow

Row = Mapping[str, Any]
OWNER = ImportField("owner", _("owner"), "user", is_required=True)
PRIORITIES = tuple((str(value), label) for value, label in Priority.choices)
DONE = ImportField("done", _("done"), "yes_no")
FIELDS = (
    ImportField("title", _("title"), is_required=True),
    ImportField("due", _("due"), "date"),
    ImportField("priority", _("priority"), "choice", is_required=True, choices=PRIORITIES),
    ImportField("details", _("details"), "long_text"),
)


@command(CHANGE_TASK)
def change_tasks(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Sets checked values on many to-dos; automatic ones, and those not the actor's to change, fail by themselves."""

    def revise(task: Task, values: Row) -> dict[str, Any]:
        rules.check_changed_by_hand(is_automatic=task.is_automatic)
        return dict(values)

    return change_rows(
        actor, rows, model=Task, change=CHANGE_TASK, revise=revise, about=Task.concerned,
        changed=lambda task: events.TaskChanged(task.pk),
    ).results  # fmt: skip


@command(CHANGE_TASK)
def assign_tasks(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Gives many to-dos, automatic ones too, to somebody else; those on records the new owner may not see fail by themselves."""
    owners = {one.pk: one for one in User.objects.filter(pk__in={row.values["owner"] for row in rows})}

    def revise(task: Task, values: Row) -> dict[str, Any]:
        check_owner(actor, owners.get(values["owner"]), task.about_kind, task.about_id)
        return {"owner_id": values["owner"]}

    return change_rows(
        actor, rows, model=Task, change=CHANGE_TASK, revise=revise, about=Task.concerned,
        changed=lambda task: events.TaskAssigned(task.pk, task.owner_id),
    ).results  # fmt: skip


@command(COMPLETE_TASK)
def complete_tasks(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """Ticks many to-dos off, or opens them again; automatic ones, and those not the actor's to complete, fail by themselves."""

    def revise(task: Task, values: Row) -> dict[str, Any]:
        rules.check_closed_by_hand(is_automatic=task.is_automatic, title_code=task.title_code)
        if task.is_done == values["done"]:
            return {}
        return {"done_at": clock.now(), "done_by_id": own_id(actor)} if values["done"] else REOPENED

    return change_rows(
        actor,
        rows,
        model=Task,
        change=COMPLETE_TASK,
        revise=revise,
        about=Task.concerned,
        changed=_done_event,
    ).results


REOPENED: dict[str, Any] = {"done_at": None, "done_by_id": None}


def _done_event(task: Task) -> Event:
    return events.TaskCompleted(task.pk) if task.is_done else events.TaskReopened(task.pk)


def task_fields(actor: Actor) -> tuple[ImportField, ...]:
    done = (DONE,) if actor.may(COMPLETE_TASK) else ()
    return (*FIELDS, *done, OWNER) if actor.may(CHANGE_TASK) else done


def _checked_day(value: Any) -> Any:
    due = day(value, "due")
    rules.check_due(due)
    return due


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "title": lambda value: rules.clean_title(str(value)),
    "due": _checked_day,
    "priority": lambda value: rules.clean_priority(int(value) if str(value).isdecimal() else 0),
    "details": lambda value: rules.clean_text(str(value), "details", is_needed=False),
    "done": bool,
}


def checked_task_edits(actor: Actor, rows: Sequence[Row]) -> list[Row | Invalid]:
    owners: dict[Any, UUID] = {}

    def check(_row: Row, said: dict[str, Any]) -> Row:
        kept = {name: CHECKS[name](value) for name, value in said.items() if name in CHECKS}
        return {**kept, "owner": checked_owner(said["owner"], owners)} if "owner" in said else kept

    return checked_edits(Task, task_fields(actor), [(row, {}) for row in rows], check)


TASK_EDITING = Editing(
    permission=CHANGE_TASK,
    fields=task_fields,
    check=checked_task_edits,
    write=written_by(change_tasks, owner=assign_tasks, done=complete_tasks),
    owner_permission=CHANGE_TASK,
)
