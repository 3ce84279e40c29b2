from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from embudo.foundation.editing import rules
from embudo.foundation.editing.models import BulkPart, BulkRun
from embudo.foundation.editing.permissions import CHANGE_MANY
from embudo.foundation.editing.rules import What
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named

FIRST = 50


def runs(actor: Actor) -> QuerySet[BulkRun]:
    """The changes of many records in sight."""
    found: QuerySet[BulkRun] = BulkRun.objects.visible_to(actor)
    return found


def run(actor: Actor, run_id: UUID) -> BulkRun:
    """One of them; NotFound outside the actor's sight."""
    found: BulkRun = BulkRun.objects.select_related("owner", "undone_by").one(actor, run_id)
    return found


def may_undo(actor: Actor, found: BulkRun) -> bool:
    is_over = found.state in rules.UNDOABLE and found.changed_count > 0
    return is_over and found.is_within(actor, CHANGE_MANY)


def next_part(found: BulkRun) -> BulkPart | None:
    return BulkPart.objects.filter(run=found, written=None).order_by("number").first()


def last_standing_part(found: BulkRun) -> BulkPart | None:
    standing = BulkPart.objects.filter(run=found, act__isnull=False, undone=None)
    return standing.order_by("-number").first()


def parts(found: BulkRun) -> QuerySet[BulkPart]:
    return BulkPart.objects.filter(run=found).order_by("number")


def titles(actor: Actor, kind_name: str, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(title, address) of those of the records that the actor sees."""
    kind = kind_named(kind_name)
    if kind is None:
        return {}
    found = kind.model.objects.visible_to(actor).filter(pk__in=list(ids)).select_related(*kind.search_with)
    return {str(record.pk): (kind.title(record), kind.url(record.pk)) for record in found}


def failed_rows(actor: Actor, found: BulkRun, *, limit: int | None = None) -> Iterator[tuple[str, str, str]]:
    """(title, address, reason) of the records that were not changed; only the reason of those out of sight."""
    count = 0
    for (failures,) in parts(found).exclude(failures=[]).values_list("failures").iterator():
        named = titles(actor, found.kind, (pk for pk, _reason in failures))
        for pk, reason in failures:
            yield (*named.get(pk, ("", "")), reason)
            count += 1
            if count == limit:
                return


@dataclass(frozen=True)
class Failure:
    """Why a record was not changed; `id` is None where it is somebody else's run and record."""

    id: UUID | None
    reason: str


def failures(
    actor: Actor, found: BulkRun, *, after: tuple[int, int] = (0, 0), limit: int = FIRST
) -> tuple[list[Failure], tuple[int, int] | None]:
    """The failures from a place on (a part's number, and the place within), and the place of the next page."""
    rows = list(islice(_failures_from(found, after), limit + 1))
    first, more = rows[:limit], rows[limit:]
    seen = _seen(actor, found, [pk for _place, pk, _reason in first])
    told = [Failure(UUID(pk) if pk in seen else None, reason) for _place, pk, reason in first]
    return told, more[0][0] if more else None


def values_seen(actor: Actor, found: BulkRun) -> dict[str, Any]:
    """What was to be set, as far as the actor may set it too."""
    kind = kind_named(found.kind)
    names = {one.name for one in kind.editing.fields(actor)} if kind and kind.editing else set()
    if found.what == What.TAG:
        return dict(found.values) if found.values.get("attribute") in names else {}
    return {name: value for name, value in found.values.items() if name in names}


def _failures_from(found: BulkRun, after: tuple[int, int]) -> Iterator[tuple[tuple[int, int], str, str]]:
    kept = parts(found).filter(number__gte=after[0]).exclude(failures=[]).values_list("number", "failures")
    for number, failed in kept.iterator(chunk_size=20):
        for place, (pk, reason) in enumerate(failed):
            if (number, place) >= after:
                yield (number, place), pk, reason


def _seen(actor: Actor, found: BulkRun, ids: Iterable[str]) -> set[str]:
    return set(ids) if found.owner_id == actor.id else set(titles(actor, found.kind, ids))


def left_records(actor: Actor, found: BulkRun) -> list[tuple[str, str]]:
    """(title, address) of the first records that undoing left alone, as far as the actor sees them."""
    ids: list[str] = []
    for (left,) in parts(found).exclude(left=[]).values_list("left")[:FIRST]:
        ids += left
    return list(titles(actor, found.kind, ids[:FIRST]).values())


def results(actor: Actor, found: BulkRun) -> Mapping[str, Any]:
    """The first records of each outcome, named."""
    changed: list[str] = []
    for part in parts(found).exclude(written=None)[:3]:
        told = {pk for pk, _reason in part.failures} | set(part.same)
        changed += [pk for pk in part.ids if pk not in told]
    named = titles(actor, found.kind, changed[:FIRST])
    return {
        "changed": list(named.values()),
        "failed": list(failed_rows(actor, found, limit=FIRST)),
        "left": left_records(actor, found),
    }
