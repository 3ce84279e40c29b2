from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.activity.models import Meeting, Reminder, Task
from embudo.kernel import clock

REMIND_FROM, REMIND_UNTIL = 8, 12  # hours of the person's own day
MEETING_AHEAD = timedelta(minutes=15)


@dataclass(frozen=True)
class TasksDue:
    user: User
    day: date
    count: int


def tasks_to_remind_of() -> list[TasksDue]:
    """Whom to remind of to-dos due today: those whose own clock has passed eight and who were not told yet."""
    now = clock.now()
    span = (now - timedelta(days=1)).date(), (now + timedelta(days=1)).date()
    open_ones = Task.objects.filter(done_at__isnull=True, due__range=span, owner__is_active=True)
    rows = open_ones.values_list("owner_id", "owner__time_zone", "due").order_by().distinct()
    asked = {}
    for owner_id, zone, due in rows:
        local = now.astimezone(ZoneInfo(zone))
        if local.date() == due and REMIND_FROM <= local.hour < REMIND_UNTIL:
            asked[f"tasks:{owner_id}:{due.isoformat()}"] = owner_id, due
    told = set(Reminder.objects.filter(key__in=asked).values_list("key", flat=True))
    people = User.objects.in_bulk([owner_id for key, (owner_id, _day) in asked.items() if key not in told])
    return [
        TasksDue(people[owner_id], day, _count_due(people[owner_id], day))
        for key, (owner_id, day) in asked.items()
        if key not in told and owner_id in people
    ]


def _count_due(user: User, day: date) -> int:
    """Those planned since eight are no news to anybody."""
    eight = datetime(day.year, day.month, day.day, REMIND_FROM, tzinfo=ZoneInfo(user.time_zone))
    due = Task.objects.visible_to(actor_of(user)).filter(done_at__isnull=True, owner=user, due=day)
    return due.filter(created__lt=eight).count()


def meetings_to_remind_of() -> list[Meeting]:
    """Meetings that begin within a quarter of an hour and were not announced yet."""
    now = clock.now()
    soon = Meeting.objects.filter(
        starts__gt=now, starts__lte=now + MEETING_AHEAD, cancelled_at__isnull=True, owner__is_active=True
    ).select_related("owner")
    by_key = {meeting.reminder_key: meeting for meeting in soon}
    told = set(Reminder.objects.filter(key__in=by_key).values_list("key", flat=True))
    return [
        meeting
        for key, meeting in by_key.items()
        if key not in told and meeting.is_visible_to(actor_of(meeting.owner))  # type: ignore[arg-type]
    ]
