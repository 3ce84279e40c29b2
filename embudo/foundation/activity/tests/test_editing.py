"""To-dos whose values are set outside their own form."""

from datetime import date
from typing import Any

import pytest

from embudo.foundation.access.tests.builders import ann, bob, cat, user_of
from embudo.foundation.activity import commands
from embudo.foundation.activity.commands.editing import TASK_EDITING
from embudo.foundation.activity.models import Task
from embudo.foundation.activity.tests.builders import a_carrier, a_task, an_automatic_task
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def row(task: Task, **values: Any) -> ImportRow:
    return ImportRow(values, task.pk, empties=True)


def outcomes(results: list[ImportResult]) -> list[str]:
    return [one.outcome for one in results]


def last_event(task: Task) -> str:
    return LogEntry.objects.filter(about_id=task.pk).order_by("-seq").values_list("name", flat=True)[0]


def test_change_tasks_sets_values_and_leaves_automatic_ones() -> None:
    carrier = a_carrier(ann())
    task, kept = a_task(ann(), carrier), an_automatic_task(carrier, owner=user_of(ann()))
    due = date(2026, 12, 1)
    results = commands.change_tasks(ann(), rows=[row(task, due=due, priority=3), row(kept, due=due)])
    task.refresh_from_db()
    assert (outcomes(results), task.due, task.priority) == (["updated", "failed"], due, 3)
    assert last_event(task) == "activity.TaskChanged"


def test_change_tasks_needs_the_right() -> None:
    with pytest.raises(Forbidden):
        commands.change_tasks(cat(), rows=[row(a_task(ann()), title="A")])


def test_assign_tasks_leaves_those_on_records_that_the_new_owner_may_not_see() -> None:
    free, bound = a_task(ann()), a_task(ann(), a_carrier(ann()))
    owner = user_of(bob()).pk
    results = commands.assign_tasks(ann(), rows=[row(free, owner=owner), row(bound, owner=owner)])
    assert (outcomes(results), last_event(free)) == (["updated", "failed"], "activity.TaskAssigned")


def test_complete_tasks_ticks_off_and_opens_again() -> None:
    task = a_task(ann())
    assert outcomes(commands.complete_tasks(ann(), rows=[row(task, done=True)])) == ["updated"]
    task.refresh_from_db()
    assert (task.is_done, task.done_by_id, last_event(task)) == (True, ann().id, "activity.TaskCompleted")
    assert outcomes(commands.complete_tasks(ann(), rows=[row(task, done=True)])) == ["same"]
    commands.complete_tasks(ann(), rows=[row(task, done=False)])
    task.refresh_from_db()
    assert (task.is_done, last_event(task)) == (False, "activity.TaskReopened")


def test_complete_tasks_leaves_automatic_ones() -> None:
    task = an_automatic_task(a_carrier(ann()), owner=user_of(ann()))
    assert outcomes(commands.complete_tasks(ann(), rows=[row(task, done=True)])) == ["failed"]


def test_check_reads_what_json_has() -> None:
    given = {"title": " Call  back ", "due": "2026-12-01", "priority": "3", "done": True}
    assert TASK_EDITING.check(ann(), [given]) == [
        {"title": "Call back", "due": date(2026, 12, 1), "priority": 3, "done": True}
    ]


@pytest.mark.parametrize(
    "given", [{"title": ""}, {"due": "soon"}, {"due": "1900-01-01"}, {"priority": "9"}, {"done": None}]
)
def test_check_refuses_what_does_not_fit(given: dict[str, Any]) -> None:
    (fault,) = TASK_EDITING.check(ann(), [given])
    assert isinstance(fault, Invalid)
    assert set(fault.errors) == set(given)


def test_write_sets_values_owner_and_state_each_by_its_own_command() -> None:
    task = a_task(ann())
    TASK_EDITING.write(ann(), [row(task, title="Write", owner=user_of(bob()).pk)])
    task.refresh_from_db()
    assert (task.title, task.owner_id) == ("Write", user_of(bob()).pk)
