import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from embudo.foundation.duplicates.models import MatchKey
from embudo.foundation.duplicates.rules.scanning import LARGEST_BLOCK, hashed
from embudo.foundation.duplicates.rules.traits import Row, Traits
from embudo.foundation.duplicates.rules.weighing import (
    COMPARISONS,
    Comparison,
    Likeness,
    rarity_bits,
)
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import Matching, RecordKind, kind_named
from embudo.kernel.personal import derived_key
from embudo.kernel.prepared import PreparedSight
from embudo.kernel.record import OwnedQuerySet, RecordQuerySet

MOST_SHARING = LARGEST_BLOCK  # records with one key; of a key that more share nothing is learnt
MOST_COMPARED = 2000
CHUNK = 500
KEYS_AT_ONCE = 4000
FEW = (4, 16, 60)
READ_AT_ONCE = 5000
# The holders of each key; of one that too many have none, or only so many that this shows: what a common key would cost is
# never paid. One parameter for all keys: thousands of them would have to be read and planned one by one. PostgreSQL is told to
# look each up in the index and to stop: it knows tables by old statistics, and while much is coming in would read this as a whole.
SHARING = {
    "sqlite": """
WITH asked(key) AS (SELECT value FROM json_each(%s))
SELECT asked.key, known.record_id FROM asked CROSS JOIN {table} known WHERE known.key = asked.key
AND NOT EXISTS (SELECT 1 FROM {table} more WHERE more.key = asked.key LIMIT 1 OFFSET {most})
""",
    "postgresql": """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SELECT asked.key, known.record_id FROM unnest(%s::bigint[]) AS asked(key)
CROSS JOIN LATERAL (SELECT record_id FROM {table} found WHERE found.key = asked.key LIMIT {most} + 1) known;
SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_bitmapscan = DEFAULT
""",
}
SETTINGS = 2  # statements before the question, which goes out with them


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


def _numbers(kind_name: str, keys: Iterable[str]) -> set[int]:
    secret = derived_key("match keys")
    return {hashed(f"{kind_name}:{key}", secret=secret) for key in keys}


def key_numbers(kind_name: str, comparison: Comparison, traits: Traits) -> set[int]:
    """The record's keys as they are kept."""
    return _numbers(kind_name, comparison.keys(traits))


def searched_numbers(kind_name: str, comparison: Comparison, traits: Traits) -> set[int]:
    """Those of them that others are looked for by."""
    return _numbers(kind_name, comparison.blocks(traits))


def namesake_number(kind_name: str, comparison: Comparison, traits: Traits) -> int | None:
    counted = comparison.namesakes(traits)
    return _numbers(kind_name, [counted]).pop() if counted else None


def sharing(numbers: Iterable[int]) -> dict[int, list[UUID]]:
    """Who has these keys; one query for each few thousand. A key that too many have is left out."""
    holders: dict[int, list[UUID]] = defaultdict(list)
    ids: dict[Any, UUID] = {}  # SQLite keeps them as text: each is read once
    listed = sorted(numbers)
    for start in range(0, len(listed), KEYS_AT_ONCE):
        for key, record_id in _holders(listed[start : start + KEYS_AT_ONCE]):
            if record_id not in ids:
                ids[record_id] = record_id if isinstance(record_id, UUID) else UUID(record_id)
            holders[key].append(ids[record_id])
    return {key: known for key, known in holders.items() if len(known) <= MOST_SHARING}


def _holders(asked: list[int]) -> list[tuple[int, Any]]:
    statement = SHARING[connection.vendor].format(table=MatchKey._meta.db_table, most=MOST_SHARING)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(statement, [json.dumps(asked)])
        else:
            cursor.execute(statement, [asked])
            for _setting in range(SETTINGS):
                cursor.nextset()
        return list(cursor.fetchall())


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
    The records in the actor's sight that may be what `row` (values by role) is about, the surest first. For forms and
    programs that are about to write it.
    """
    return [one for one in alike_rows(actor, kind_name, [row])[0] if one.record_id != but]


@dataclass(frozen=True)
class Question:
    """Rows (values by role) whose like is looked for among one kind; `also` are records to be compared in any case."""

    kind_name: str
    rows: Sequence[Row]
    also: Collection[UUID] = ()


def alike_rows(
    actor: Actor, kind_name: str, rows: Sequence[Row], *, also: Collection[UUID] = (), is_even: bool = False
) -> list[list[Found]]:
    """For each row the records that may be what it is about: three queries at most for some hundred rows."""
    return answers(actor, [Question(kind_name, rows, also)], is_even=is_even)[0]


def answers(actor: Actor, questions: Sequence[Question], *, is_even: bool = False) -> list[list[list[Found]]]:
    """
    The same for several kinds, whose keys are looked up together. With `is_even` the odds are even before anything is
    compared: whoever writes a name rather means the one that is there.
    """
    asked, numbers = [], []
    for one in questions:
        comparison = comparison_of(matched_kind(one.kind_name)[1])
        traits = [comparison.prepare(row) for row in one.rows]
        asked.append(traits)
        numbers.append([searched_numbers(one.kind_name, comparison, each) for each in traits])
    holders = sharing({number for rows in numbers for some in rows for number in some})
    return [
        _answer(actor, one, traits, [{pk for number in some for pk in holders.get(number, ())} for some in rows], is_even=is_even)
        for one, traits, rows in zip(questions, asked, numbers, strict=True)
    ]  # fmt: skip


def _answer(
    actor: Actor, question: Question, asked: Sequence[Traits], sharers: Sequence[set[UUID]], *, is_even: bool
) -> list[list[Found]]:
    kind, matching = matched_kind(question.kind_name)
    comparison = comparison_of(matching)
    ids = [some | set(question.also) for some in sharers]
    known = _seen(actor, kind, matching, {pk for some in ids for pk in some})
    rarity = _rarities(kind.name, comparison, asked) if known else {}
    least = comparison.prior if is_even else 0.0
    return [
        _likely(
            comparison, one, {pk: known[pk] for pk in some if pk in known}, rarity.get(one.last, 0.0), least
        )
        if some
        else []
        for one, some in zip(asked, ids, strict=True)
    ]


def padded(ids: Sequence[UUID]) -> dict[str, UUID]:
    """Some ids as values of a statement made in advance, of which there is one for each of few lengths."""
    size = next(size for size in FEW if size >= len(ids))
    return {f"id{n}": ids[min(n, len(ids) - 1)] for n in range(size)}


def follows_from_owner(kind: RecordKind) -> bool:
    """Whether who sees a record follows from the grant and its owner alone, as statements made in advance need it."""
    rows: Any = type(kind.model.objects.all())
    return rows.visible_to is RecordQuerySet.visible_to and rows.owned_within is OwnedQuerySet.owned_within


@cache
def _few(kind_name: str) -> PreparedSight:
    """The roles of few records: building the query would cost more than all else that a form waits for."""
    kind, matching = matched_kind(kind_name)

    def build(actor: Actor, **ids: UUID) -> Any:
        seen = kind.model.objects.visible_to(actor).filter(pk__in=list(ids.values()))
        return seen.values_list("pk", *matching.roles.values())

    return PreparedSight(kind.model.view_permission, build)


def _seen(actor: Actor, kind: RecordKind, matching: Matching, ids: Collection[UUID]) -> dict[UUID, Traits]:
    """Those of the records that the actor sees, as they are compared."""
    prepare, listed = comparison_of(matching).prepare, list(ids)[: MOST_COMPARED * 5]
    found: dict[UUID, Traits] = {}
    if 0 < len(listed) <= FEW[-1] and follows_from_owner(kind):
        roles = tuple(matching.roles)
        for pk, *values in _few(kind.name).seen(actor, **padded(listed)):
            found[pk] = prepare(dict(zip(roles, values, strict=True)))
        return found
    for start in range(0, len(listed), CHUNK):
        seen = kind.model.objects.visible_to(actor).filter(pk__in=listed[start : start + CHUNK])
        found |= {pk: prepare(row) for pk, row in _as_roles(matching, seen)}
    return found


def _rarities(kind_name: str, comparison: Comparison, asked: Sequence[Traits]) -> dict[str, float]:
    """How rare the name is that each would be counted by, with the new one among its bearers."""
    named = {one.last: namesake_number(kind_name, comparison, one) for one in asked}
    common = namesakes(number for number in named.values() if number is not None)
    return {
        last: rarity_bits(common.get(number, 0) + 1) for last, number in named.items() if number is not None
    }


def _likely(
    comparison: Comparison, asked: Traits, known: Mapping[UUID, Traits], rarity: float, least: float
) -> list[Found]:
    found = []
    for pk, other in known.items():
        told = comparison.likeness(asked, other, rarity)
        if told.bits >= least:
            found.append(Found(pk, told.weighed_anew(-least), comparison.reasons(told.levels)))
    return sorted(found, key=lambda one: -one.likeness.bits)
