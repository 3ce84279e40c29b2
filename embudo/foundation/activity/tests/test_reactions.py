from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import ann, user_of
from embudo.foundation.activity import commands
from embudo.foundation.activity.models import Task
from embudo.foundation.activity.reactions import remind_of_meetings, remind_of_tasks
from embudo.foundation.activity.tests.builders import a_carrier, a_meeting, a_task, fresh
from embudo.foundation.notify.models import Notification
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 10)


def told(kind: str) -> list[str]:
    return list(Notification.objects.filter(kind=kind).order_by("at").values_list("title", flat=True))


def ann_in(zone: str, language: str = "en") -> Actor:
    actor = ann()
    User.objects.filter(pk=actor.id).update(time_zone=zone, language=language)
    return fresh(actor)


def the_day_before(actor: Actor, **given: Any) -> Task:
    with clock.at(datetime(2026, 3, 9, 12, tzinfo=UTC)):
        return a_task(actor, due=DAY, **given)


def remind_at(hour: int, minute: int = 0) -> list[str]:
    with clock.at(datetime(2026, 3, 10, hour, minute, tzinfo=UTC)):
        remind_of_tasks()
    return told("activity.tasks_due")


def test_remind_of_tasks_waits_for_eight_of_the_owners_own_morning_and_tells_once() -> None:
    actor = ann_in("Europe/Warsaw")  # an hour ahead in March
    the_day_before(actor)
    the_day_before(actor)
    assert [remind_at(6, 59), remind_at(7), remind_at(7, 1), remind_at(8)] == [
        [],
        *[["2 tasks are due today"]] * 3,
    ]


def test_remind_of_tasks_leaves_out_done_ones_and_those_planned_since() -> None:
    actor = ann_in("UTC")
    commands.complete_task(actor, the_day_before(actor))
    with clock.at(datetime(2026, 3, 10, 8, 30, tzinfo=UTC)):
        a_task(actor, due=DAY)
    assert remind_at(8, 31) == []


def test_remind_of_tasks_does_not_begin_in_the_afternoon() -> None:
    the_day_before(ann_in("UTC"))
    assert remind_at(12) == []


def test_remind_of_meetings_a_quarter_of_an_hour_ahead_once() -> None:
    actor = ann_in("Europe/Warsaw")
    start = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    a_meeting(actor, a_carrier(actor), start)
    seen = []
    for minutes in (16, 15, 14, 0):
        with clock.at(start - timedelta(minutes=minutes)):
            remind_of_meetings()
        seen.append(told("activity.meeting_soon"))
    assert seen == [[], *[["Show the anvils begins at 14:30"]] * 3]


def test_remind_of_meetings_leaves_out_cancelled_ones() -> None:
    actor = ann_in("UTC")
    start = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    commands.cancel_meeting(actor, a_meeting(actor, a_carrier(actor), start))
    with clock.at(start - timedelta(minutes=10)):
        remind_of_meetings()
    assert told("activity.meeting_soon") == []


def test_reminder_of_ann_is_in_her_language_and_about_her_tasks_only() -> None:
    actor = ann_in("UTC", "en")
    the_day_before(actor)
    remind_at(8)
    assert Notification.objects.filter(kind="activity.tasks_due").get().user == user_of(actor)
