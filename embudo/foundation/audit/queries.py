from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext

from embudo.foundation.access.models import User
from embudo.foundation.audit import permissions
from embudo.foundation.audit.models import LogCheck
from embudo.kernel.actor import Actor
from embudo.kernel.change import revealed
from embudo.kernel.errors import NotFound
from embudo.kernel.former import also_known_as
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.models import LogAbout, LogEntry, Seal
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
    ids = also_known_as(kind_name, record_id)
    further = LogAbout.objects.filter(record_id__in=ids).values("entry_id")
    return named(LogEntry.objects.filter(Q(about_id__in=ids) | Q(pk__in=further)).order_by("-seq"))


def entry(actor: Actor, seq: int) -> LogEntry:
    found = entries(actor).filter(pk=seq).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class FieldChange:
    """One value that changed, as people read it."""

    label: str
    before: str
    after: str


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


def changes(found: list[LogEntry], *, of: Collection[UUID] | None = None) -> dict[int, list[RecordChange]]:
    """The readable changes of each entry, by its number; with `of` only those of these records. One query for the keys."""
    ids = None if of is None else {str(record_id) for record_id in of}
    raw = [(one.pk, change) for one in found for change in one.changes if ids is None or change["id"] in ids]
    told: dict[int, list[RecordChange]] = {}
    for (seq, _change), shown in zip(raw, revealed([change for _seq, change in raw]), strict=True):
        told.setdefault(seq, []).append(_readable(shown))
    return told


def _readable(change: dict[str, Any]) -> RecordChange:
    kind = kind_named(change["kind"])
    before, after = change["before"] or {}, change["after"] or {}
    labels = _labels(kind)
    fields = [
        FieldChange(
            labels.get(name, name.replace("_", " ")), _shown(before.get(name)), _shown(after.get(name))
        )
        for name in dict.fromkeys((*before, *after))
    ]
    return RecordChange(
        kind=str(kind.label) if kind else change["kind"].rpartition(".")[2],
        record_id=change["id"],
        url=kind.url(UUID(change["id"])) if kind and change["after"] is not None else "",
        fields=fields,
        is_new=change["before"] is None,
        is_removed=change["after"] is None,
        is_erased=bool(change.get("erased")),
    )


def _labels(kind: RecordKind | None) -> dict[str, str]:
    if kind is None:
        return {}
    return {one.name: str(one.verbose_name) for one in kind.model._meta.concrete_fields}


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


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
