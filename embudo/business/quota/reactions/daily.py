from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.events import RunAsked, RunFinished
from embudo.business.quota.permissions import DECIDE_SWITCHES
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import Job

TOLD = "quota.run"


@task(in_chunks=True)
def run_day() -> str:
    """Killed halfway it is taken up again by another worker, and goes on with what is left."""
    return str(commands.run_daily(system_actor("daily run")).day)


@every("hour")
def follow_the_day() -> None:
    """Once after the organisation's midnight; a run that failed for good is tried again in the next hour."""
    today = clock.today()
    if queries.is_run_due(today) and not _is_under_way():
        enqueue(run_day, unique_key=f"quota.daily:{today}:{int(clock.now().timestamp()) // 3600}")


def _is_under_way() -> bool:
    waiting = Job.objects.filter(task=run_day.module_path, state__in=[Job.State.READY, Job.State.RUNNING])
    return waiting.exists()


@on(RunAsked)
def run_now(_event: RunAsked, entry: Any) -> None:
    if not _is_under_way():
        enqueue(run_day, unique_key=f"quota.daily:asked:{entry.seq}")


@on(RunFinished)
def tell_officers(event: RunFinished, _entry: Any) -> None:
    """Who may decide learns that something waits, or failed; in one line, until they have read it."""
    actor = system_actor("daily run")
    people = User.objects.filter(pk__in=queries.people_who_may(DECIDE_SWITCHES), is_active=True)
    waiting = queries.proposals(actor).count()
    if not waiting and not event.failed:
        return
    for user in people.order_by("pk"):
        with translation.override(user.language):
            said = []
            if waiting:
                said.append(
                    ngettext("%(n)d proposal waits for a decision.", "%(n)d proposals wait for a decision.", waiting)
                    % {"n": waiting}
                )  # fmt: skip
            if event.failed:
                failed = ngettext("%(n)d account failed.", "%(n)d accounts failed.", event.failed)
                said.append(failed % {"n": event.failed})
            title, body = gettext("The daily run over quotas is done"), " ".join(said)
        page = "quota:proposals" if waiting else "quota:run"
        url = reverse(page) if waiting else reverse(page, args=[event.run_id])
        tell_user(actor, user=user, kind=TOLD, title=title, body=body, url=url, key=TOLD)
