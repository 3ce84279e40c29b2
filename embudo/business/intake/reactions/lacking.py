from collections.abc import Iterable, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from embudo.business.intake import queries
from embudo.business.intake.events import EntryHandedIn, PartClosed, PersonUnbound
from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.reactions.news import told
from embudo.business.intake.rules.states import Duty, Second
from embudo.foundation.notify.models import Notification
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.event import on
from embudo.kernel.models import LogEntry

KIND = "intake.second_lacking"


@on(EntryHandedIn, batched=True)
def look_after_seconds(entries: Sequence[LogEntry]) -> None:
    """Whoever leads learns that entries wait for a second entry which nobody is there to give."""
    ids = [UUID(entry.data["entry_id"]) for entry in entries]
    wanted = Entry.objects.filter(pk__in=ids, second=Second.WANTED)
    tell_lacking(set(wanted.values_list("assignment", flat=True)))


@on(PersonUnbound, batched=True)
def look_after_unbinding(entries: Sequence[LogEntry]) -> None:
    """It may have been the last one who could."""
    tell_lacking({UUID(entry.data["assignment_id"]) for entry in entries})


@on(PartClosed, batched=True)
def look_after_closing(entries: Sequence[LogEntry]) -> None:
    """It may have been the last one who could."""
    tell_lacking({UUID(entry.data["assignment_id"]) for entry in entries})


def tell_lacking(assignment_ids: Iterable[UUID]) -> None:
    actor = system_actor("second entries")
    seen = Assignment.objects.visible_to(actor).filter(pk__in=list(assignment_ids))
    listed = {one.pk: one for one in seen}
    for pk, lacking in queries.lacking_seconds(listed.values()).items():
        _tell(actor, listed[pk], lacking.by_owner)


def _tell(actor: Actor, assignment: Assignment, owners: Iterable[UUID]) -> None:
    """Once for those whose entries wait, however many more they hand in."""
    led = Binding.objects.filter(assignment=assignment, duty=Duty.OPERATOR, person__in=list(owners))
    leaders = {assignment.coordinator_id, *led.values_list("supervisor", flat=True)}
    key = f"{KIND}:{assignment.pk}:{min(map(str, owners))}"
    knows = Notification.objects.filter(key=key, user__in=[one for one in leaders if one])
    told(
        actor, leaders - set(knows.values_list("user", flat=True)), None, kind=KIND,
        url=reverse("intake:assignment", args=[assignment.pk]), key=key,
        words=lambda: gettext("Nobody is there to give the second entries: %(title)s") % {"title": assignment.title},
    )  # fmt: skip
