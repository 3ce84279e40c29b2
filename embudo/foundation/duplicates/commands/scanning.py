import gc
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import events
from embudo.foundation.duplicates.commands.keys import CHUNK, rebuild_keys, write_pairs
from embudo.foundation.duplicates.commands.pairs import user_id
from embudo.foundation.duplicates.models import MatchKey, Pair, PairState, Scan, ScanState
from embudo.foundation.duplicates.permissions import SCAN
from embudo.foundation.duplicates.queries.likeness import all_traits, comparison_of, matched_kind
from embudo.foundation.duplicates.rules.scanning import block_entries, candidate_pairs, parted
from embudo.foundation.duplicates.rules.traits import Traits
from embudo.foundation.duplicates.rules.weighing import Comparison, Likeness, rarity_bits
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

STEP = 50_000  # pairs or records between two looks at the clock


class Cancelled(Exception):
    """Somebody stopped the search."""


@command(SCAN)
def request_scan(actor: Actor, *, kind: str) -> Scan:
    """Asks for a search of all records of a kind, in the background. Refuses a second one while the first goes on."""
    matched_kind(kind)
    if Scan.objects.filter(kind=kind, state__in=(ScanState.WAITING, ScanState.RUNNING)).exists():
        raise Refused("duplicates.scan_goes_on", _("A search for these duplicates is already going on."))
    scan = create(Scan(kind=kind, by_id=user_id(actor)))
    publish(events.ScanRequested(scan.id, kind), scan)
    return scan


@command(SCAN)
def cancel_scan(actor: Actor, scan: Scan) -> Scan:
    """Stops a search; what it has found stays. Refuses one that has ended."""
    scan = lock(scan)
    if not scan.is_going_on:
        raise Refused("duplicates.scan_ended", _("This search has already ended."))
    update(scan, state=ScanState.CANCELLED, finished=clock.now())
    publish(events.ScanCancelled(scan.id), scan)
    return scan


def run_scan(scan_id: UUID) -> int:
    """
    Reads all records of the kind, compares those that share a key and writes the pairs in short transactions. Killed
    halfway it is begun anew: what it wrote is written again, the same.
    """
    scan = Scan.objects.get(pk=scan_id)
    if not scan.is_going_on:
        return 0
    started = clock.now()
    Scan.objects.filter(pk=scan_id, state=ScanState.WAITING).update(state=ScanState.RUNNING)
    gc.disable()  # a million tuples made and kept: looking them over again and again takes longer than all else
    try:
        found = _searched(scan)
    except Cancelled:
        return 0
    finally:
        gc.enable()
    _drop_stale(scan.kind, started)
    Scan.objects.filter(pk=scan_id).update(
        state=ScanState.DONE, finished=clock.now(), found=found, version=scan.version + 1
    )
    return found


def _searched(scan: Scan) -> int:
    kind, matching = matched_kind(scan.kind)
    comparison = comparison_of(matching)
    if not MatchKey.objects.filter(kind=scan.kind).exists():
        rebuild_keys(scan.kind)
    ids: list[UUID] = []
    known: list[Traits] = []
    entries: list[int] = []
    _progress(scan.pk, 0, 2 * kind.model._base_manager.count())
    for pk, traits in all_traits(kind, matching):
        entries += block_entries(comparison, traits, len(ids))
        ids.append(pk)
        known.append(traits)
        if len(ids) % STEP == 0:
            _progress(scan.pk, len(ids))
    candidates = candidate_pairs(entries, known)
    del entries
    _progress(scan.pk, len(ids), len(ids) + len(candidates))
    found, likely = 0, _likely(scan.pk, comparison, known, candidates)
    while chunk := list(islice(likely, CHUNK)):
        with transaction.atomic():
            write_pairs(scan.kind, comparison, {_in_order(ids[a], ids[b]): told for (a, b), told in chunk})
        found += len(chunk)
    return found


def _in_order(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


def _likely(
    scan_id: UUID, comparison: Comparison, known: list[Traits], candidates: list[int]
) -> Iterator[tuple[tuple[int, int], Likeness]]:
    """Every pair that may be the same; the exact weight is worked out for those alone."""
    common = Counter(map(comparison.namesakes, known))
    common[""] = 0
    rarity = {name: rarity_bits(count) for name, count in common.items()}
    namesakes, is_possible = comparison.namesakes, comparison.is_possible
    for number, pair in enumerate(candidates):
        a, b = parted(pair)
        one, two = known[a], known[b]
        rare = rarity[namesakes(one)]
        if is_possible(one, two, rare):
            yield (a, b), comparison.likeness(one, two, rare)
        if number % STEP == 0:
            _progress(scan_id, len(known) + number)


def _progress(scan_id: UUID, done: int, total: int | None = None) -> None:
    """Says how far it is; ends the search when somebody cancelled it."""
    values = {"done": done} if total is None else {"done": done, "total": total}
    if not Scan.objects.filter(pk=scan_id, state=ScanState.RUNNING).update(**values):
        raise Cancelled


def _drop_stale(kind_name: str, started: object) -> None:
    """Open pairs that this search did not find again."""
    stale = Pair.objects.filter(kind=kind_name, state=PairState.OPEN, updated__lt=started)
    while ids := list(stale.values_list("pk", flat=True)[:CHUNK]):
        Pair.objects.filter(pk__in=ids).delete()
