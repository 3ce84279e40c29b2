from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from embudo.kernel import bell, personal
from embudo.kernel.actor import Actor
from embudo.kernel.models import LogAbout, LogEntry
from embudo.kernel.prepared import insert_all, insert_made, made
from embudo.kernel.record import Record, new_id


@dataclass
class RecordedChange:
    """Before and after of one record: plain values by field; before is None for a new record, after for a removed one."""

    kind: str
    record_id: UUID
    subject_id: UUID
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    personal: tuple[str, ...]
    order: int = 0  # its place among the act's changes: the log groups them by event, undoing needs the order


@dataclass
class RecordedEvent:
    name: str
    data: dict[str, Any]
    about: list[tuple[str, UUID]]
    changes: list[RecordedChange] = field(default_factory=list)


@dataclass
class Act:
    """One command run by one actor, with all that it changed and announced; written to the log as it ends."""

    actor: Actor
    command: str
    id: UUID = field(default_factory=new_id)
    changes: list[RecordedChange] = field(default_factory=list)
    events: list[RecordedEvent] = field(default_factory=list)
    keys: dict[UUID, bytes] = field(default_factory=dict)  # of new records' subjects, made ahead
    after: ExitStack = field(default_factory=ExitStack)  # left when the transaction has ended
    depth: int = 0  # how many acts have joined this one

    def add_event(self, name: str, data: dict[str, Any], about: Sequence[Record]) -> None:
        self.events.append(RecordedEvent(name, data, [(record.kind_name(), record.pk) for record in about]))

    def write(self) -> None:
        """Each change goes with the first event about its record, else with the act's first event."""
        if not self.events:
            if self.changes:
                raise RuntimeError(f"{self.command} changed records but published no event")
            return
        firsts: dict[tuple[str, UUID], RecordedEvent] = {}
        for event in self.events:
            for about in event.about:
                firsts.setdefault(about, event)
        for order, change in enumerate(self.changes):
            change.order = order
            firsts.get((change.kind, change.record_id), self.events[0]).changes.append(change)
        personally = [change for change in self.changes if change.personal]
        fresh = {change.record_id for change in personally if change.before is None}
        subjects = {change.subject_id for change in personally} - self.keys.keys()
        keys = {**self.keys, **personal.keys_for(subjects, fresh)}
        entries = [self._entry(event, keys) for event in self.events]
        has_further = any(len(event.about) > 1 for event in self.events)
        if has_further:
            LogEntry.objects.bulk_create(entries)
        elif len(entries) > 1:
            insert_all(entries)
        else:
            insert_made(entries[0])
        further = [
            LogAbout(entry=entry, kind=kind, record_id=record_id)
            for entry, event in zip(entries, self.events, strict=True)
            for kind, record_id in dict.fromkeys(event.about[1:])
        ]
        if further:
            LogAbout.objects.bulk_create(further)
        bell.ring_on_commit()

    def _entry(self, event: RecordedEvent, keys: personal.Keys) -> LogEntry:
        kind, record_id = event.about[0] if event.about else ("", None)
        actor = self.actor
        told = {
            "act": self.id,
            "name": event.name,
            "command": self.command,
            "actor_kind": actor.kind.value,
            "actor_id": actor.id,
            "actor_name": "" if actor.kind == "user" else actor.name[:120],
            "origin": actor.origin,
            "request_id": actor.request_id,
            "about_kind": kind,
            "about_id": record_id,
            "data": event.data,
            "changes": [logged(change, keys) for change in event.changes],
        }
        return made(LogEntry, told)


def logged(change: RecordedChange, keys: personal.Keys) -> dict[str, Any]:
    """A change as the log keeps it: personal values apart, encrypted under their subject's key."""
    hidden: dict[str, dict[str, Any]] = {}
    entry: dict[str, Any] = {"kind": change.kind, "id": str(change.record_id)}
    entry |= {"version": change.version, "order": change.order}
    for side, values in (("before", change.before), ("after", change.after)):
        if values:
            hidden[side] = {name: values[name] for name in change.personal if name in values}
            entry[side] = {name: value for name, value in values.items() if name not in hidden[side]}
        else:
            entry[side] = values
    if any(hidden.values()):
        entry["subject"] = str(change.subject_id)
        entry["personal"] = personal.encrypt(keys[change.subject_id], hidden)
    return entry


_current: ContextVar[Act | None] = ContextVar("act", default=None)
_falls_whole: ContextVar[bool] = ContextVar("falls_whole", default=False)


def current_act() -> Act:
    act = _current.get()
    if act is None:
        raise RuntimeError("records change only inside a command")
    return act


def is_acting() -> bool:
    return _current.get() is not None


@contextmanager
def falling_whole() -> Iterator[None]:
    """
    A transaction around acts that ends with the first of them that fails: they need no savepoint of their own, which costs two
    round trips each. Whoever goes on after an act's error has to say so with `attempt`.
    """
    token = _falls_whole.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _falls_whole.reset(token)


@contextmanager
def acting(actor: Actor, command: str) -> Iterator[Act]:
    """Opens the act and its transaction; inside another act it simply joins that one."""
    outer = _current.get()
    if outer is not None:
        outer.depth += 1
        try:
            yield outer
        finally:
            outer.depth -= 1
        return
    act = Act(actor, command)
    with act.after, transaction.atomic(savepoint=not _falls_whole.get()):
        token = _current.set(act)
        try:
            yield act
            act.write()
        finally:
            _current.reset(token)


def ready_key(record: Record) -> None:
    """Makes the key of a new record's subject now, for an act that will hold what others wait for."""
    act = current_act()
    act.keys |= personal.keys_for({record.subject_id}, {record.subject_id})


def finish_together() -> None:
    """
    What the act still writes goes to the database in one piece, and the end of its transaction with it: for an act that
    holds what others wait for. Whatever is read after this is waited for as ever. Nothing, where the act is part of another.
    """
    act = current_act()
    if act.depth == 0 and connection.vendor == "postgresql":
        act.after.enter_context(connection.sent_together())  # type: ignore[attr-defined]  # of our own backend


@contextmanager
def attempt() -> Iterator[None]:
    """Part of an act that may fail alone: on an error its writes and events are taken back and the error goes on."""
    act = current_act()
    changes, events = len(act.changes), len(act.events)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        del act.changes[changes:], act.events[events:]
        raise
