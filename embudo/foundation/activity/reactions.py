from datetime import datetime

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from embudo.foundation.activity import commands, queries
from embudo.foundation.activity.models import Meeting
from embudo.foundation.notify.commands import tell_user
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every
from embudo.kernel.kind import kind_of

REMINDER = system_actor("reminders")


@every("minute")
def remind_of_tasks() -> None:
    """Once a day, at eight of the owner's own time."""
    for due in queries.tasks_to_remind_of():
        is_new = commands.note_tasks_reminded(REMINDER, user=due.user, day=due.day, count=due.count)
        if is_new and due.count:
            with translation.override(due.user.language):
                title = ngettext("%(n)d task is due today", "%(n)d tasks are due today", due.count) % {
                    "n": due.count
                }
            tell_user(
                REMINDER, user=due.user, kind="activity.tasks_due", title=title, url=reverse("activity:tasks"),
                key=f"activity.tasks_due:{due.day.isoformat()}",
            )  # fmt: skip


@every("minute")
def remind_of_meetings() -> None:
    """A quarter of an hour ahead."""
    for meeting in queries.meetings_to_remind_of():
        if meeting.owner and commands.note_meeting_reminded(REMINDER, meeting=meeting):
            with translation.override(meeting.owner.language), timezone.override(meeting.owner.time_zone):
                title, body = announcement(meeting, timezone.localtime(meeting.starts))
            tell_user(
                REMINDER, user=meeting.owner, kind="activity.meeting_soon", title=title, body=body,
                url=kind_of(meeting).url(meeting.pk), key=f"activity.{meeting.reminder_key}",
            )  # fmt: skip


def announcement(meeting: Meeting, starts: datetime) -> tuple[str, str]:
    """Title and text in the current language."""
    facts = {"title": meeting.title, "time": f"{starts:%H:%M}"}
    return gettext("%(title)s begins at %(time)s") % facts, meeting.place
