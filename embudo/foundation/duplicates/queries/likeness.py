from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count

from embudo.foundation.duplicates.models import MatchKey
from embudo.foundation.duplicates.rules.scanning import hashed
from embudo.foundation.duplicates.rules.traits import Row, Traits
from embudo.foundation.duplicates.rules.weighing import (
    COMPARISONS,
    POSSIBLE,
    Comparison,
    Likeness,
    rarity_bits,
)
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import Matching, RecordKind, kind_named
from embudo.kernel.personal import derived_key

MOST_SHARING = 100  # records with one key; of a key that more share nothing is learnt
MOST_COMPARED = 2000
CHUNK = 500
READ_AT_ONCE = 5000


def matched_kind(name: str) -> tuple[RecordKind, Matching]:
    """The kind of that name, if its duplicates are looked for; NotFound otherwise."""
    kind = kind_named(name)
    if kind is None or kind.matching is None:
        raise NotFound
    return kind, kind.matching


def comparison_of(matching: Matching) -> Comparison:
    return COMPARISONS[matching.sort]


def traits_of(kind: RecordKind, matching: Matching, ids: Collection[UUID]) -> dict[UUID, Traits]:
    """Records as they are compared; those that are gone are left out."""
    prepare, listed = comparison_of(matching).prepare, list(ids)
    found: dict[UUID, Traits] = {}
    for start in range(0, len(listed), CHUNK):
        rows = kind.model._base_manager.filter(pk__in=listed[start : start + CHUNK])
        found |= {pk: prepare(row) for pk, row in _as_roles(matching, rows)}
    return found


def all_traits(kind: RecordKind, matching: Matching) -> Iterator[tuple[UUID, Traits]]:
    """Every record of the kind, streamed."""
    prepare = comparison_of(matching).prepare
    for pk, row in _as_roles(matching, kind.model._base_manager.order_by("pk")):
        yield pk, prepare(row)


def _as_roles(matching: Matching, rows: Any) -> Iterator[tuple[UUID, Row]]:
    roles = tuple(matching.roles)
    for pk, *values in rows.values_list("pk", *matching.roles.values()).iterator(chunk_size=READ_AT_ONCE):
        yield pk, dict(zip(roles, values, strict=True))


def _number(kind_name: str, key: str) -> int:
    return hashed(f"{kind_name}:{key}", secret=derived_key("match keys"))


def key_numbers(kind_name: str, comparison: Comparison, traits: Traits) -> set[int]:
    """The record's keys as they are kept."""
    return {_number(kind_name, key) for key in comparison.keys(traits)}


def searched_numbers(kind_name: str, comparison: Comparison, traits: Traits) -> set[int]:
    """Those of them that others are looked for by."""
    return {_number(kind_name, key) for key in comparison.blocks(traits)}


def namesake_number(kind_name: str, comparison: Comparison, traits: Traits) -> int | None:
    counted = comparison.namesakes(traits)
    return _number(kind_name, counted) if counted else None


def sharing(numbers: Iterable[int]) -> dict[int, list[UUID]]:
    """Who has these keys; one query for each thousand. A key that too many have is left out."""
    holders: dict[int, list[UUID]] = defaultdict(list)
    listed = sorted(numbers)
    for start in range(0, len(listed), CHUNK):
        rows = MatchKey.objects.filter(key__in=listed[start : start + CHUNK]).values_list("key", "record_id")
        for key, record_id in rows[: MOST_COMPARED * 10]:
            holders[key].append(record_id)
    return {key: ids for key, ids in holders.items() if len(ids) <= MOST_SHARING}


def namesakes(numbers: Iterable[int]) -> Mapping[int, int]:
    """How many records bear each of these names."""
    wanted = list(set(numbers))
    rows = (
        MatchKey.objects.filter(key__in=wanted).values_list("key").annotate(n=Count("id")) if wanted else ()
    )
    return dict(rows)


@dataclass(frozen=True)
class Found:
    """A record that may be the one in question. `reasons` are codes with their levels, the weightiest first."""

    record_id: UUID
    likeness: Likeness
    reasons: list[tuple[str, int]]


def alike(actor: Actor, kind_name: str, row: Row, *, but: UUID | None = None) -> list[Found]:
    """
    The records in the actor's sight that may be what `row` (values by role) is about, the surest first. For forms, imports
    and programs that are about to write it: four queries, whatever the base holds.
    """
    kind, matching = matched_kind(kind_name)
    comparison = comparison_of(matching)
    asked = comparison.prepare(row)
    ids = {
        one for holders in sharing(searched_numbers(kind_name, comparison, asked)).values() for one in holders
    }
    seen = kind.model.objects.visible_to(actor).filter(pk__in=list(ids - {but})[:MOST_COMPARED])
    known = {pk: comparison.prepare(values) for pk, values in _as_roles(matching, seen)}
    name = namesake_number(kind_name, comparison, asked)
    rarity = rarity_bits(namesakes([name]).get(name, 0) + 1) if name else 0.0
    found = [
        Found(pk, told, comparison.reasons(told.levels))
        for pk, told in _likely(comparison, asked, known, rarity)
    ]
    return sorted(found, key=lambda one: -one.likeness.bits)


def _likely(
    comparison: Comparison, asked: Traits, known: Mapping[UUID, Traits], rarity: float
) -> Iterator[tuple[UUID, Likeness]]:
    for pk, other in known.items():
        told = comparison.likeness(asked, other, rarity)
        if told.probability >= POSSIBLE:
            yield pk, told
