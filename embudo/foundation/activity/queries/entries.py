from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet

from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record

A = TypeVar("A", bound=AboutRecord)


def tasks(actor: Actor) -> QuerySet[Task]:
    """All to-dos in sight, done ones too."""
    return Task.objects.visible_to(actor).select_related("owner", "done_by")


def tasks_open(actor: Actor) -> QuerySet[Task]:
    return tasks(actor).filter(done_at__isnull=True)


def tasks_where(
    actor: Actor,
    *,
    owner: UUID | None = None,
    done: bool | None = None,
    due_before: date | None = None,
    about_kind: str | None = None,
    about_id: UUID | None = None,
) -> QuerySet[Task]:
    """The to-dos in sight that fit."""
    found = narrowed(tasks(actor), about_kind=about_kind, about_id=about_id)
    if owner:
        found = found.filter(owner_id=owner)
    if done is not None:
        found = found.filter(done_at__isnull=not done)
    return found.filter(due__lte=due_before) if due_before else found


def narrowed(
    rows: QuerySet[A], *, about_kind: str | None = None, about_id: UUID | None = None
) -> QuerySet[A]:
    """Those about one kind of record, or about one record."""
    if about_kind:
        rows = rows.filter(about_kind=about_kind)
    return rows.filter(about_id=about_id) if about_id else rows


def task(actor: Actor, task_id: UUID) -> Task:
    """One to-do; NotFound outside the actor's sight."""
    return Task.objects.select_related("owner", "done_by").one(actor, task_id)


def tasks_due_count(actor: Actor) -> int:
    """
    How many of the actor's own to-dos are due today or late: the number in the menu. One's own and only their number, so
    without the look at each record that they are about, which would be a quarter of every page.
    """
    if actor.id is None or not actor.may(Task.view_permission):
        return 0
    found = DUE.first(owner=actor.id, today=clock.today())
    return int(found[0]) if found else 0


DUE = Prepared(
    lambda owner, today: Task.objects.filter(done_at__isnull=True, owner=owner, due__lte=today)
    .order_by().values("owner").annotate(n=Count("*")).values_list("n")
)  # fmt: skip


def notes(actor: Actor) -> QuerySet[Note]:
    return Note.objects.visible_to(actor).select_related("owner")


def note(actor: Actor, note_id: UUID) -> Note:
    """One note; NotFound outside the actor's sight."""
    return Note.objects.select_related("owner").one(actor, note_id)


def calls(actor: Actor) -> QuerySet[Call]:
    return Call.objects.visible_to(actor).select_related("owner")


def call(actor: Actor, call_id: UUID) -> Call:
    """One call; NotFound outside the actor's sight."""
    return Call.objects.select_related("owner").one(actor, call_id)


def meetings(actor: Actor) -> QuerySet[Meeting]:
    return Meeting.objects.visible_to(actor).select_related("owner")


def meetings_between(actor: Actor, first: date, last: date) -> QuerySet[Meeting]:
    """The meetings of these days, as the actor's clock counts them; cancelled ones are left out."""
    zone = ZoneInfo(actor.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(1)))
    found = meetings(actor).filter(starts__gte=begin, starts__lt=end, cancelled_at__isnull=True)
    return found.order_by("starts", "id")


def meeting(actor: Actor, meeting_id: UUID) -> Meeting:
    """One meeting; NotFound outside the actor's sight."""
    return Meeting.objects.select_related("owner").one(actor, meeting_id)


def record_of_any_kind(actor: Actor, kind: str, record_id: UUID) -> Record:
    """The record whose timeline is wanted; NotFound outside the actor's sight."""
    found = kind_named(kind)
    if found is None:
        raise NotFound
    return found.fetch(actor, record_id)


def titles_of(
    actor: Actor, places: Iterable[tuple[str, UUID] | tuple[str, UUID | None]]
) -> dict[UUID, tuple[str, str]]:
    """Title and address of the records that things are about; one query for each kind among them."""
    by_kind: dict[str, set[UUID]] = {}
    for name, record_id in places:
        if record_id is not None:
            by_kind.setdefault(name, set()).add(record_id)
    titles: dict[UUID, tuple[str, str]] = {}
    for name, ids in by_kind.items():
        kind = kind_named(name)
        if kind is not None:
            found = kind.model.objects.visible_to(actor).filter(pk__in=ids)
            titles |= {record.pk: (kind.title(record), kind.url(record.pk)) for record in found}
    return titles


# --- the timeline ----------------------------------------------------------------------------------------------------
