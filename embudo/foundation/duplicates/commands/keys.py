from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Min, Q

from embudo.foundation.duplicates.models import MatchKey, Merge, Pair, PairState
from embudo.foundation.duplicates.queries.likeness import (
    MOST_COMPARED,
    all_traits,
    comparison_of,
    key_numbers,
    matched_kind,
    namesake_number,
    namesakes,
    searched_numbers,
    sharing,
    traits_of,
)
from embudo.foundation.duplicates.rules.traits import Traits
from embudo.foundation.duplicates.rules.weighing import Comparison, Likeness, rarity_bits
from embudo.kernel import clock
from embudo.kernel.change import update
from embudo.kernel.erasing import Erased

CHUNK = 500
KEYS_AT_ONCE = 5000
Likely = Mapping[tuple[UUID, UUID], Likeness]

# Keys and open pairs are derived from the records and may be thrown away at any time: they are written without an act.


def match_records(kind_name: str, ids: Collection[UUID], fresh: Collection[UUID] = ()) -> int:
    """
    Brings keys and open pairs of these records up to date; those of records that are gone are removed. `fresh` are new
    ones: their keys need not be compared with what is there.
    """
    kind, matching = matched_kind(kind_name)
    comparison = comparison_of(matching)
    traits = traits_of(kind, matching, ids)
    sought: dict[UUID, set[int]] = {
        pk: searched_numbers(kind_name, comparison, one) for pk, one in traits.items()
    }
    named = {pk: namesake_number(kind_name, comparison, one) for pk, one in traits.items()}
    _write_keys(kind_name, sought, named, frozenset(fresh))
    holders = sharing({number for numbers in sought.values() for number in numbers})
    pairs = {
        (min(pk, other), max(pk, other))
        for pk, numbers in sought.items()
        for number in numbers
        for other in holders.get(number, ())
        if other != pk
    }
    others = {one for pair in pairs for one in pair} - traits.keys()
    known = {**traits, **traits_of(kind, matching, list(others)[: MOST_COMPARED * 5])}
    likely = _likely(kind_name, comparison, known, pairs)
    write_pairs(kind_name, comparison, likely)
    gone = _open_pairs(kind_name, frozenset(ids).difference(fresh))
    stale = [pk for pk, one, other in gone if (one, other) not in likely]
    Pair.objects.filter(pk__in=stale).delete()
    return len(likely)


def _open_pairs(kind_name: str, ids: Collection[UUID]) -> list[tuple[UUID, UUID, UUID]]:
    if not ids:
        return []
    found = Pair.objects.filter(Q(one__in=ids) | Q(other__in=ids), kind=kind_name, state=PairState.OPEN)
    return list(found.values_list("pk", "one", "other"))


def _write_keys(
    kind_name: str,
    sought: Mapping[UUID, set[int]],
    named: Mapping[UUID, int | None],
    fresh: Collection[UUID],
) -> None:
    """Only what is new is written: most changes of a record leave its keys as they are."""
    wanted = {(number, pk) for pk, numbers in sought.items() for number in numbers}
    wanted |= {(number, pk) for pk, number in named.items() if number is not None}
    older = [pk for pk in sought if pk not in fresh]
    numbers = sorted({number for number, pk in wanted if pk not in fresh})
    kept: set[tuple[int, UUID]] = set()
    for start in range(0, len(numbers), CHUNK):
        rows = MatchKey.objects.filter(key__in=numbers[start : start + CHUNK], record_id__in=older)
        kept |= set(rows.values_list("key", "record_id"))
    _insert_plainly(kind_name, sorted(wanted - kept))


def _likely(
    kind_name: str, comparison: Comparison, known: Mapping[UUID, Traits], pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Likeness]:
    present = [(one, other) for one, other in pairs if one in known and other in known]
    first = {one for one, _other in present}
    named = {one: namesake_number(kind_name, comparison, known[one]) for one in first}
    common = namesakes(number for number in named.values() if number is not None)
    found = {}
    for one, other in present:
        rarity = rarity_bits(common.get(named[one] or 0, 0))
        if comparison.is_possible(known[one], known[other], rarity):
            found[one, other] = comparison.likeness(known[one], known[other], rarity)
    return found


def write_pairs(kind_name: str, comparison: Comparison, likely: Likely) -> None:
    """Adds open pairs and refreshes the weight of known ones; what somebody decided stays decided."""
    now = clock.now()
    rows = [
        Pair(
            kind=kind_name,
            one=one,
            other=other,
            bits=round(told.bits, 4),
            probability=round(told.probability, 6),
            reasons=comparison.reasons(told.levels),
            created=now,
            updated=now,
        )
        for (one, other), told in likely.items()
    ]
    Pair.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["kind", "one", "other"],
        update_fields=["bits", "probability", "reasons", "updated"],
        batch_size=CHUNK,
    )


@dataclass
class Rebuilt:
    records: int = 0
    keys: int = 0


def forget_erased(erased: Erased) -> None:
    """Keys and open pairs of what was erased; a merge's snapshot can't be read any more and goes too."""
    MatchKey.objects.filter(record_id__in=erased.ids).delete()
    Pair.objects.filter(Q(one__in=erased.ids) | Q(other__in=erased.ids)).delete()
    for merge in Merge.objects.filter(survivor_id__in=erased.ids).exclude(snapshot=[]):
        update(merge, snapshot=[], links=[])


def rebuild_keys(kind_name: str) -> Rebuilt:
    """Makes the keys of a whole kind anew, in short transactions, sorted, so that the index grows at its end."""
    kind, matching = matched_kind(kind_name)
    comparison, result = comparison_of(matching), Rebuilt()
    entries: list[tuple[int, UUID]] = []
    for pk, traits in all_traits(kind, matching):
        result.records += 1
        entries += [(number, pk) for number in key_numbers(kind_name, comparison, traits)]
    entries.sort()
    result.keys = len(entries)
    _remove_all(kind_name)
    pending = iter(entries)
    while chunk := list(islice(pending, KEYS_AT_ONCE)):
        with transaction.atomic():
            _insert_plainly(kind_name, chunk)
    return result


def _remove_all(kind_name: str) -> None:
    ends = MatchKey.objects.filter(kind=kind_name).aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    for start in range(ends["first"], ends["last"] + 1, KEYS_AT_ONCE):
        MatchKey.objects.filter(kind=kind_name, pk__gte=start, pk__lt=start + KEYS_AT_ONCE).delete()


def _insert_plainly(kind_name: str, entries: Sequence[tuple[int, UUID]]) -> None:
    """A record has seven keys: making an object of each would take longer than all else."""
    if not entries:
        return
    table, as_stored = MatchKey._meta.db_table, MatchKey._meta.get_field("record_id").get_db_prep_value
    rows = [(kind_name, key, as_stored(pk, connection)) for key, pk in entries]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} (kind, key, record_id) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} (kind, key, record_id) VALUES (%s, %s, %s)", rows)  # noqa: S608
