from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Model, Q, QuerySet, Sum

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of, user_names
from embudo.foundation.activity.models import Call, Meeting, Note, Reminder, Task
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.keyset import read_cursor, write_cursor
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.record import Record
from embudo.kernel.wording import event_text, untold_events

A = TypeVar("A", bound=AboutRecord)
PLANNED_SHOWN = 50


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
    return Task.objects.filter(done_at__isnull=True, owner_id=actor.id, due__lte=clock.today()).count()


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


@dataclass(frozen=True)
class TimelineItem:
    """
    One thing that happened: a log entry, a note, a call, a meeting or a done to-do. `key` breaks ties in time; `named`
    is title and address of the record that a log entry names.
    """

    at: datetime
    key: str
    who: str
    thing: Any
    named: tuple[str, str] | None = None


@dataclass(frozen=True)
class Timeline:
    items: list[TimelineItem]
    next: str  # cursor of what came earlier; "" at the beginning of time


@dataclass(frozen=True)
class _Source:
    """Where items come from: rows of one table, newest first by `at`. `letter` orders the sources within one instant."""

    letter: str
    at: str
    rows: Callable[[Actor, Record], QuerySet[Any]]

    def before(self, rows: QuerySet[Any], start: tuple[datetime, str] | None) -> QuerySet[Any]:
        if start is None:
            return rows
        at, key = start
        if self.letter != key[0]:
            return rows.filter(**{f"{self.at}__{'lte' if self.letter < key[0] else 'lt'}": at})
        return rows.filter(Q(**{f"{self.at}__lt": at}) | Q(**{self.at: at, "pk__lt": key[1:]}))

    def items(self, rows: QuerySet[Any], size: int) -> list[TimelineItem]:
        found = rows.order_by(f"-{self.at}", "-pk")[:size]
        return [TimelineItem(getattr(row, self.at), self.key(row), "", row) for row in found]

    def key(self, row: Model) -> str:
        return f"{self.letter}{row.pk:020d}" if isinstance(row.pk, int) else f"{self.letter}{row.pk}"


def _log_about(actor: Actor, record: Record) -> QuerySet[LogEntry]:
    kind = record.kind_name()
    first = LogEntry.objects.filter(about_kind=kind, about_id=record.pk).values("seq")
    further = LogAbout.objects.filter(kind=kind, record_id=record.pk).values("entry_id")
    entries = LogEntry.objects.filter(seq__in=first.union(further, all=True)).defer("changes")
    # A to-do's own page tells its own story; elsewhere the to-do itself is shown.
    return entries if isinstance(record, AboutRecord) else entries.exclude(name__in=untold_events())


def _about(model: type[AboutRecord], **narrowed: Any) -> Callable[[Actor, Record], QuerySet[Any]]:
    def rows(actor: Actor, record: Record) -> QuerySet[Any]:
        if not actor.may(model.view_permission):
            return model.objects.none()
        return model.objects.about(record).filter(**narrowed).select_related("owner")

    return rows


def _meetings_held(actor: Actor, record: Record) -> QuerySet[Meeting]:
    return _about(Meeting)(actor, record).filter(starts__lte=clock.now())


def _tasks_done(actor: Actor, record: Record) -> QuerySet[Task]:
    return _about(Task, done_at__isnull=False)(actor, record).select_related("done_by")


SOURCES = (
    _Source("c", "at", _about(Call)),
    _Source("e", "at", _log_about),
    _Source("m", "starts", _meetings_held),
    _Source("n", "created", _about(Note)),
    _Source("t", "done_at", _tasks_done),
)


def timeline(actor: Actor, record: Record, *, cursor: str = "", size: int = 20) -> Timeline:
    """What happened about a record that the actor was allowed to fetch, newest first; one query for each source."""
    start = read_cursor(cursor, "timeline") if cursor else None
    sources = SOURCES[1:2] if isinstance(record, AboutRecord) else SOURCES
    merged = [
        item
        for source in sources
        for item in source.items(source.before(source.rows(actor, record), start), size + 1)
    ]
    merged.sort(key=lambda item: (item.at, item.key), reverse=True)
    shown, rest = merged[:size], merged[size:]
    earlier = write_cursor("timeline", shown[-1].at, shown[-1].key) if rest else ""
    return Timeline(_completed(actor, shown), earlier)


def _completed(actor: Actor, items: Sequence[TimelineItem]) -> list[TimelineItem]:
    """The items with the names of who acted and of what the log names; one query each, whatever their number."""
    entries = [item.thing for item in items if isinstance(item.thing, LogEntry)]
    names = user_names({entry.actor_id for entry in entries if entry.actor_id}) if entries else {}
    places = {entry.pk: place for entry in entries if (place := _place_named(entry))}
    titles = titles_of(actor, places.values())
    return [
        replace(
            item,
            who=_who(item.thing, names),
            named=titles.get(places[item.thing.pk][1]) if item.thing.pk in places else None,
        )
        for item in items
    ]


def _place_named(entry: LogEntry) -> tuple[str, UUID] | None:
    thing = event_text(entry.name).thing
    return thing(entry.data) if thing else None


def _who(thing: Any, names: dict[UUID, str]) -> str:
    """The acting person's name; "" for the product itself."""
    if isinstance(thing, LogEntry):
        return names.get(thing.actor_id, "" if thing.actor_kind == "system" else thing.actor_name)  # type: ignore[arg-type]
    doer = thing.done_by if isinstance(thing, Task) else thing.owner
    return str(doer) if doer else ""


def planned(actor: Actor, record: Record) -> list[Task | Meeting]:
    """Open to-dos and meetings to come about a record that the actor was allowed to fetch, the nearest first."""
    tasks_ahead = _about(Task, done_at__isnull=True)(actor, record).order_by("due", "pk")[:PLANNED_SHOWN]
    ahead = _about(Meeting, cancelled_at__isnull=True)(actor, record).filter(starts__gt=clock.now())
    return sorted([*tasks_ahead, *ahead.order_by("starts", "pk")[:PLANNED_SHOWN]], key=_when)


def _when(thing: Task | Meeting) -> tuple[date, bool]:
    if isinstance(thing, Meeting):
        return clock.day_of(thing.starts), True
    return thing.due or date.max, False


# --- reminders -------------------------------------------------------------------------------------------------------

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


@dataclass(frozen=True)
class TaskFacts:
    """Open to-dos by state; `waiting` are those that close by themselves, with their sums by currency."""

    late: int
    today: int
    later: int
    undated: int
    waiting: int
    waiting_minor: tuple[tuple[str, int], ...]


def task_facts(actor: Actor, *, owners: Any = None) -> TaskFacts:
    """Counts over the open to-dos in sight, narrowed to `owners` (ids or a query of ids). Two grouped statements."""
    seen = tasks_open(actor).select_related(None).order_by()
    if owners is not None:
        seen = seen.filter(owner__in=owners)
    today = clock.today()
    counts = seen.aggregate(
        late=Count("pk", filter=Q(due__lt=today)),
        today=Count("pk", filter=Q(due=today)),
        later=Count("pk", filter=Q(due__gt=today)),
        undated=Count("pk", filter=Q(due__isnull=True)),
        waiting=Count("pk", filter=Q(key__isnull=False)),
    )
    sums = (
        seen.filter(key__isnull=False)
        .exclude(currency="")
        .values_list("currency")
        .annotate(n=Sum("amount_minor"))
    )
    return TaskFacts(**counts, waiting_minor=tuple((currency, int(minor)) for currency, minor in sums))
