from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet, Subquery

from embudo.foundation.access.models import User
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.queries.entries import titles_of
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.former import also_known_as
from embudo.kernel.keyset import read_cursor, write_cursor
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.permission import Permission
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record
from embudo.kernel.wording import event_text, untold_events

PLANNED_SHOWN = 50
Start = tuple[datetime, str] | None  # where a page of the timeline begins


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
    """
    Where items come from: rows of one table, newest first by `at`. `letter` orders the sources within one instant;
    `values(record)` are what `rows` is asked with.
    """

    letter: str
    at: str
    permission: Permission | None
    rows: Callable[..., QuerySet[Any]]
    values: Callable[[Record], dict[str, Any]]

    def newest(self, rows: QuerySet[Any], size: int) -> QuerySet[Any]:
        return rows.order_by(f"-{self.at}", "-pk")[:size]

    def before(self, rows: QuerySet[Any], start: tuple[datetime, str]) -> QuerySet[Any]:
        at, key = start
        if self.letter != key[0]:
            return rows.filter(**{f"{self.at}__{'lte' if self.letter < key[0] else 'lt'}": at})
        return rows.filter(Q(**{f"{self.at}__lt": at}) | Q(**{self.at: at, "pk__lt": key[1:]}))

    def items(self, actor: Actor, record: Record, start: Start, size: int) -> list[TimelineItem]:
        if self.permission and not actor.may(self.permission):
            return []
        values = self.values(record)
        if start:
            found: Any = self.newest(self.before(self.rows(**values), start), size)
        else:
            found = _first_rows(self, size).rows(**values)
        return [TimelineItem(getattr(row, self.at), self.key(row), "", row) for row in found]

    def key(self, row: Model) -> str:
        return f"{self.letter}{row.pk:020d}" if isinstance(row.pk, int) else f"{self.letter}{row.pk}"


@cache
def _first_rows(source: _Source, size: int) -> Prepared:
    return Prepared(lambda **values: source.newest(source.rows(**values), size))


def _place(record: Record) -> dict[str, Any]:
    return {"kind": record.kind_name(), "record_id": record.pk}


def _place_and_time(record: Record) -> dict[str, Any]:
    return _place(record) | {"now": clock.now()}


def _log_about(kind: str, record_id: UUID) -> QuerySet[LogEntry]:
    first = LogEntry.objects.filter(about_kind=kind, about_id=record_id).values("seq")
    further = LogAbout.objects.filter(kind=kind, record_id=record_id).values("entry_id")
    found = LogEntry.objects.filter(seq__in=first.union(further, all=True)).defer("changes")
    return found.annotate(user_name=Subquery(User.objects.filter(pk=OuterRef("actor_id")).values("name")[:1]))


def _told_about(kind: str, record_id: UUID) -> QuerySet[LogEntry]:
    """Without what tells of a to-do: the to-do itself is shown."""
    return _log_about(kind, record_id).exclude(name__in=untold_events())


def _about(model: type[AboutRecord], *related: str, **narrowed: Any) -> Callable[..., QuerySet[Any]]:
    found = model.objects.filter(**narrowed).select_related("owner", *related)
    return lambda kind, record_id: found.filter(about_kind=kind, about_id=record_id)


def _done(model: type[AboutRecord], doer: str = "owner", **narrowed: Any) -> Callable[..., QuerySet[Any]]:
    """With the name of who did it: the whole of a person is more to read than the thing itself."""
    names = {"doer_name": F(f"{doer}__name"), "doer_email": F(f"{doer}__email")}
    found = model.objects.filter(**narrowed).annotate(**names)
    return lambda kind, record_id: found.filter(about_kind=kind, about_id=record_id)


def _meetings_held(kind: str, record_id: UUID, now: datetime) -> QuerySet[Meeting]:
    return _done(Meeting)(kind, record_id).filter(starts__lte=now)


SOURCES = (
    _Source("c", "at", Call.view_permission, _done(Call), _place),
    _Source("e", "at", None, _told_about, _place),
    _Source("m", "starts", Meeting.view_permission, _meetings_held, _place_and_time),
    _Source("n", "created", Note.view_permission, _done(Note), _place),
    _Source("t", "done_at", Task.view_permission, _done(Task, "done_by", done_at__isnull=False), _place),
)
OWN_STORY = (_Source("e", "at", None, _log_about, _place),)  # a to-do's own page tells its own story


TASKS, MEETINGS = "tasks ahead", "meetings ahead"


@cache
def _presence(model: type[Record]) -> Prepared:
    """One row: of what there is anything about the record."""

    def build(kind: str, record_id: UUID, now: datetime) -> QuerySet[Any, Any]:
        about = {"about_kind": kind, "about_id": record_id}
        meetings, tasks = Meeting.objects.filter(**about), Task.objects.filter(**about)
        parts = (
            Call.objects.filter(**about),
            meetings.filter(starts__lte=now),
            Note.objects.filter(**about),
            tasks.filter(done_at__isnull=False),
            tasks.filter(done_at__isnull=True),
            meetings.filter(starts__gt=now, cancelled_at__isnull=True),
        )
        return model.objects.filter(pk=record_id).values_list(*(Exists(part) for part in parts))

    return Prepared(build)


def present(record: Record) -> frozenset[str]:
    """
    What there is about a record, as the letters of the timeline's sources, TASKS and MEETINGS: for a page that shows them
    all, since most records have little. One query spares those that would find nothing.
    """
    found = _presence(type(record)).first(**_place_and_time(record)) or ()
    return frozenset(name for name, there in zip("cmnt", found, strict=False) if there) | frozenset(
        name for name, there in zip((TASKS, MEETINGS), found[4:], strict=False) if there
    )


def timeline(
    actor: Actor, record: Record, *, cursor: str = "", size: int = 20, there: frozenset[str] | None = None
) -> Timeline:
    """
    What happened about a record that the actor was allowed to fetch, newest first; one query for each source, or for each of
    those that are `there`.
    """
    start = read_cursor(cursor, "timeline") if cursor else None
    sources: tuple[_Source, ...] = OWN_STORY if isinstance(record, AboutRecord) else SOURCES
    if there is not None:
        sources = tuple(source for source in sources if source.letter == "e" or source.letter in there)
    merged = [item for source in sources for item in source.items(actor, record, start, size + 1)]
    merged = _with_former(
        merged, [source for source in sources if source.letter == "e"], actor, record, start, size
    )
    merged.sort(key=lambda item: (item.at, item.key), reverse=True)
    shown, rest = merged[:size], merged[size:]
    earlier = write_cursor("timeline", shown[-1].at, shown[-1].key) if rest else ""
    return Timeline(_completed(actor, shown), earlier)


def _with_former(
    items: list[TimelineItem], log: list[_Source], actor: Actor, record: Record, start: Start, size: int
) -> list[TimelineItem]:
    """Together with what the log tells of the records that were merged into this one; each entry once."""
    former = also_known_as(record.kind_name(), record.pk)[1:]
    if not former:
        return items
    told = [
        item
        for pk in former
        for one in log
        for item in one.items(actor, type(record)(id=pk), start, size + 1)
    ]
    return list({item.key: item for item in (*items, *told)}.values())


def _completed(actor: Actor, items: Sequence[TimelineItem]) -> list[TimelineItem]:
    """The items with the names of who acted and of what the log names; a query for each kind named, whatever their number."""
    entries = [item.thing for item in items if isinstance(item.thing, LogEntry)]
    places = {entry.pk: place for entry in entries if (place := _place_named(entry))}
    titles = titles_of(actor, places.values())
    return [
        replace(
            item,
            who=_who(item.thing),
            named=titles.get(places[item.thing.pk][1]) if item.thing.pk in places else None,
        )
        for item in items
    ]


def _place_named(entry: LogEntry) -> tuple[str, UUID] | None:
    thing = event_text(entry.name).thing
    return thing(entry.data) if thing else None


def _who(thing: Any) -> str:
    """The acting person's name; "" for the product itself."""
    if not isinstance(thing, LogEntry):
        return thing.doer_name or thing.doer_email or ""
    if thing.user_name is not None:  # type: ignore[attr-defined]
        return str(thing.user_name)  # type: ignore[attr-defined]
    return "" if thing.actor_kind == "system" else thing.actor_name


AHEAD = _about(Meeting, cancelled_at__isnull=True)
TASKS_AHEAD = Prepared(
    lambda **place: _about(Task, done_at__isnull=True)(**place).order_by("due", "pk")[:PLANNED_SHOWN]
)
MEETINGS_AHEAD = Prepared(
    lambda now, **at: AHEAD(**at).filter(starts__gt=now).order_by("starts", "pk")[:PLANNED_SHOWN]
)


def planned(actor: Actor, record: Record, *, there: frozenset[str] | None = None) -> list[Task | Meeting]:
    """
    Open to-dos and meetings to come about a record that the actor was allowed to fetch, the nearest first; asked only for
    what is `there`.
    """
    has_tasks, has_meetings = there is None or TASKS in there, there is None or MEETINGS in there
    tasks = TASKS_AHEAD.rows(**_place(record)) if has_tasks and actor.may(Task.view_permission) else []
    meetings = (
        MEETINGS_AHEAD.rows(**_place_and_time(record))
        if has_meetings and actor.may(Meeting.view_permission)
        else []
    )
    return sorted([*tasks, *meetings], key=_when)


def _when(thing: Task | Meeting) -> tuple[date, bool]:
    if isinstance(thing, Meeting):
        return clock.day_of(thing.starts), True
    return thing.due or date.max, False


# --- reminders -------------------------------------------------------------------------------------------------------
