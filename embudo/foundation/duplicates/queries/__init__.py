from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from embudo.foundation.duplicates.models import MatchKey, Merge, Pair, PairState, Scan, matched_kinds
from embudo.foundation.duplicates.queries.likeness import matched_kind
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.record import Record

MOST_TOGETHER = 6  # records reviewed side by side


def pairs(
    actor: Actor, *, kind: str = "", state: str = PairState.OPEN, record: UUID | None = None
) -> QuerySet[Pair]:
    """The pairs in the actor's sight."""
    found: QuerySet[Pair] = Pair.objects.visible_to(actor)
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    return found.filter(Q(one=record) | Q(other=record)) if record else found


def pair(actor: Actor, pair_id: UUID) -> Pair:
    """One pair; NotFound outside the actor's sight."""
    found: Pair = Pair.objects.one(actor, pair_id)
    return found


def next_pair(actor: Actor, kind: str = "") -> Pair | None:
    """What is to be reviewed next: the surest first."""
    return pairs(actor, kind=kind).order_by("-bits", "-pk").first()


def pairs_of(actor: Actor, record: Record) -> list[Pair]:
    """The open pairs of one record, the surest first."""
    return list(pairs(actor).filter(pk__in=Pair.objects.about(record).values("pk")).order_by("-bits")[:20])


def merges(actor: Actor) -> QuerySet[Merge]:
    """The merges whose survivor the actor sees, newest first."""
    return Merge.objects.visible_to(actor).select_related("by").defer("links", "snapshot")


def merge(actor: Actor, merge_id: UUID) -> Merge:
    """One merge; NotFound outside the actor's sight."""
    found: Merge = Merge.objects.select_related("by").one(actor, merge_id)
    return found


def merges_into(actor: Actor, record: Record) -> list[Merge]:
    """What was merged into a record and may still be undone."""
    found = merges(actor).filter(kind=record.kind_name(), survivor_id=record.pk, undone_at=None)
    return list(found.order_by("-created")[:10])


def scans(actor: Actor) -> QuerySet[Scan]:
    return Scan.objects.visible_to(actor).select_related("by")


def latest_scans(actor: Actor) -> list[Scan]:
    """The last search of each kind."""
    newest: dict[str, Scan] = {}
    for scan in scans(actor).order_by("-created")[:20]:
        newest.setdefault(scan.kind, scan)
    return [newest[kind.name] for kind in matched_kinds() if kind.name in newest]


def scan(actor: Actor, scan_id: UUID) -> Scan:
    found: Scan = Scan.objects.one(actor, scan_id)
    return found


def records(actor: Actor, kind_name: str, ids: Iterable[UUID]) -> list[Record]:
    """Those of the records that the actor sees, in the order of their making."""
    kind, _matching = matched_kind(kind_name)
    related = [one.name for one in kind.model._meta.concrete_fields if one.is_relation]
    found = kind.model.objects.visible_to(actor).filter(pk__in=list(ids)).select_related(*related)
    return sorted(found, key=lambda record: (record.created, record.pk))


def titles(actor: Actor, places: Iterable[tuple[str, UUID]]) -> dict[UUID, tuple[str, str]]:
    """Title and address of records of several kinds; a query a kind."""
    by_kind: dict[str, set[UUID]] = {}
    for name, record_id in places:
        by_kind.setdefault(name, set()).add(record_id)
    told: dict[UUID, tuple[str, str]] = {}
    for name, ids in by_kind.items():
        kind = kind_named(name)
        if kind is not None:
            found = kind.model.objects.visible_to(actor).filter(pk__in=ids)
            told |= {record.pk: (kind.title(record), kind.url(record.pk)) for record in found}
    return told


@dataclass(frozen=True)
class Group:
    """Records that are reviewed together: the two of a pair and what else may be the same."""

    kind: RecordKind
    records: Sequence[Record]
    asked: frozenset[UUID]  # the two that the page is about

    @property
    def fields(self) -> tuple[str, ...]:
        return self.kind.matching.fields if self.kind.matching else ()


def group(actor: Actor, found: Pair) -> Group:
    """The pair with the records that open pairs tie to either of the two."""
    kind, _matching = matched_kind(found.kind)
    two = (found.one, found.other)
    tied = pairs(actor, kind=found.kind).filter(Q(one__in=two) | Q(other__in=two)).order_by("-bits")
    ids = dict.fromkeys(two)
    for one, other in tied.values_list("one", "other")[: MOST_TOGETHER * 2]:
        ids |= dict.fromkeys((one, other))
    known = records(actor, found.kind, list(ids)[:MOST_TOGETHER])
    if not {record.pk for record in known} >= set(two):
        raise NotFound
    return Group(kind, known, frozenset(two))


def shown(record: Record, name: str) -> Any:
    display = getattr(record, f"get_{name}_display", None)
    value = display() if display else getattr(record, name)
    return "" if value is None else value


def kinds_without_keys() -> list[str]:
    """Kinds of which there are records, but nothing they could be found by."""
    return [
        kind.name
        for kind in matched_kinds()
        if not MatchKey.objects.filter(kind=kind.name).exists() and kind.model._base_manager.exists()
    ]
