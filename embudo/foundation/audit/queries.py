from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import user_names
from embudo.foundation.attributes.queries import cell_of, definitions_for, named_value
from embudo.foundation.attributes.rules import Definition
from embudo.foundation.attributes.rules.values import NAMED
from embudo.foundation.audit import permissions
from embudo.foundation.audit.models import LogCheck
from embudo.kernel.actor import Actor
from embudo.kernel.change import revealed
from embudo.kernel.errors import NotFound
from embudo.kernel.former import also_known_as
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.models import LogAbout, LogEntry, Seal
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import Record


def entries(actor: Actor) -> QuerySet[LogEntry]:
    """The whole log, with the acting user's name; nothing without the grant."""
    if not actor.may(permissions.VIEW_LOG):
        return LogEntry.objects.none()
    return named(LogEntry.objects.all())


def named(found: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """With `user_name`, by one sub-query."""
    return found.annotate(user_name=Subquery(User.objects.filter(pk=OuterRef("actor_id")).values("name")[:1]))


def record_of(actor: Actor, kind_name: str, record_id: UUID) -> tuple[RecordKind, Record]:
    """The record whose history is asked for; NotFound where the actor may not see it."""
    kind = kind_named(kind_name)
    if kind is None:
        raise NotFound
    return kind, kind.fetch(actor, record_id)


def entries_about(actor: Actor, kind_name: str, record_id: UUID) -> QuerySet[LogEntry]:
    """A record's history, newest first; NotFound where the actor may not see the record."""
    record_of(actor, kind_name, record_id)
    return _about(also_known_as(kind_name, record_id)).order_by("-seq")


def _about(ids: Sequence[UUID]) -> QuerySet[LogEntry]:
    further = LogAbout.objects.filter(record_id__in=ids).values("entry_id")
    return named(LogEntry.objects.filter(Q(about_id__in=ids) | Q(pk__in=further)))


def newest_about(record: Record, size: int) -> list[LogEntry]:
    """The newest of a history that the actor was allowed to fetch, without what it changed."""
    ids = also_known_as(record.kind_name(), record.pk)
    if len(ids) == 1:
        return _newest(size).rows(record_id=record.pk)
    return list(_about(ids).defer("changes").order_by("-seq")[:size])


@cache
def _newest(size: int) -> Prepared:
    def build(record_id: UUID) -> QuerySet[LogEntry]:
        """Number and words of the few newest by each way to them: each is read off the end of an index."""
        first = LogEntry.objects.filter(about_id=record_id).order_by("-seq").values("seq")[:size]
        further = LogAbout.objects.filter(record_id=record_id).order_by("-entry_id").values("entry_id")[:size]
        found = named(LogEntry.objects.filter(Q(pk__in=first) | Q(pk__in=further)))
        return found.defer("changes").order_by("-seq")[:size]

    return Prepared(build)


def last_set(record: Record, field: str) -> LogEntry | None:
    """The newest entry in which this field of a record was set, of those whose personal values are not erased."""
    own = str(record.pk)
    for one in _about(also_known_as(record.kind_name(), record.pk)).order_by("-seq").iterator(chunk_size=100):
        mine = [change for change in one.changes if change["id"] == own]
        if any(field in (change["after"] or {}) for change in revealed(mine)):
            return one
    return None


def entry(actor: Actor, seq: int) -> LogEntry:
    found = entries(actor).filter(pk=seq).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class FieldChange:
    """One value that changed, as people read it. `name` is what editing calls it."""

    label: str
    before: str
    after: str
    name: str = ""
    restore_url: str = ""


@dataclass(frozen=True)
class RecordChange:
    """What one act did to one record; `is_erased` where its personal values are gone for good."""

    kind: str
    record_id: str
    url: str
    fields: list[FieldChange]
    is_new: bool
    is_removed: bool
    is_erased: bool


def changes(
    actor: Actor, found: list[LogEntry], *, of: Collection[UUID] | None = None
) -> dict[int, list[RecordChange]]:
    """
    The readable changes of each entry, by its number; with `of` only those of these records. One query for the keys, one for the
    names of people, one for the own attributes of each kind.
    """
    ids = None if of is None else {str(record_id) for record_id in of}
    raw = [(one.pk, change) for one in found for change in one.changes if ids is None or change["id"] in ids]
    known = revealed([change for _seq, change in raw])
    words = _Words(actor, known)
    told: dict[int, list[RecordChange]] = {}
    for (seq, _change), shown in zip(raw, known, strict=True):
        told.setdefault(seq, []).append(_readable(shown, words))
    return told


class _Words:
    """How values read: people by name, choices by label, own attributes one by one, as far as the actor may see them."""

    def __init__(self, actor: Actor, known: Sequence[dict[str, Any]]) -> None:
        self.actor = actor
        self.own: dict[str, tuple[Definition, ...]] = {}
        self.names = user_names({UUID(one) for change in known for one in _people_in(change)})

    def fields(self, change: dict[str, Any]) -> Iterator[FieldChange]:
        kind = kind_named(change["kind"])
        before, after = change["before"] or {}, change["after"] or {}
        columns = {one.name: one for one in kind.model._meta.concrete_fields} if kind else {}
        for name in dict.fromkeys((*before, *after)):
            if name == "custom":
                yield from self.own_fields(change["kind"], before.get(name) or {}, after.get(name) or {})
                continue
            column = columns.get(name)
            label = str(column.verbose_name) if column else name.replace("_", " ")
            was, became = (self.shown(column, side.get(name)) for side in (before, after))
            yield FieldChange(label, was, became, name.removesuffix("_minor"))

    def shown(self, column: Any, value: Any) -> str:
        if column is not None and column.related_model is User and value:
            return self.names.get(UUID(value), str(value))
        labels = {str(key): str(label) for key, label in column.flatchoices} if column is not None else {}
        return labels.get(str(value)) or _shown(value)

    def own_fields(self, kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldChange]:
        if kind not in self.own:
            self.own[kind] = definitions_for(self.actor, kind)
        for one in self.own[kind]:
            was, became = before.get(one.key), after.get(one.key)
            if was != became:
                yield FieldChange(str(one), self.own_value(one, was), self.own_value(one, became), one.name)

    def own_value(self, one: Definition, kept: Any) -> str:
        if kept is None:
            return ""
        return named_value(one, kept, self.actor) if one.type in NAMED else str(cell_of(one, {})(kept))


def _people_in(change: dict[str, Any]) -> Iterator[str]:
    """The ids of people among a change's values."""
    kind = kind_named(change["kind"])
    columns = (
        [one.name for one in kind.model._meta.concrete_fields if one.related_model is User] if kind else []
    )
    for side in ("before", "after"):
        for name in columns:
            value = (change[side] or {}).get(name)
            if value:
                yield value


def _readable(change: dict[str, Any], words: _Words) -> RecordChange:
    kind = kind_named(change["kind"])
    fields = list(words.fields(change))
    return RecordChange(
        kind=str(kind.label) if kind else change["kind"].rpartition(".")[2],
        record_id=change["id"],
        url=kind.url(UUID(change["id"])) if kind and change["after"] is not None else "",
        fields=fields,
        is_new=change["before"] is None,
        is_removed=change["after"] is None,
        is_erased=bool(change.get("erased")),
    )


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


def settable_names(actor: Actor, kind: RecordKind, record: Record) -> frozenset[str]:
    """The values of this record that the actor may set outside its form, and so put back."""
    editing = kind.editing
    if editing is None or not editing.is_for(actor):
        return frozenset()
    names = {one.name for one in editing.fields(actor)}
    if not record.is_within(actor, editing.permission):
        names &= {"owner"}
    if editing.owner_permission is None or not record.is_within(actor, editing.owner_permission):
        names -= {"owner"}
    return frozenset(names)


def checks(actor: Actor) -> QuerySet[LogCheck]:
    return LogCheck.objects.visible_to(actor).order_by("-created", "-id")


@dataclass(frozen=True)
class ChainState:
    """How much of the log is sealed; `waiting` entries came after the last seal."""

    sealed: int
    waiting: int
    head: str
    last_check: LogCheck | None


def chain_state(actor: Actor) -> ChainState:
    last = Seal.objects.order_by("-to_seq").only("to_seq", "hash").first()
    to_seq = last.to_seq if last else 0
    return ChainState(
        sealed=to_seq,
        waiting=LogEntry.objects.filter(pk__gt=to_seq).count(),
        head=last.hash if last else "",
        last_check=checks(actor).first(),
    )
