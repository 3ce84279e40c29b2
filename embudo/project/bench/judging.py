from collections import Counter
from dataclasses import dataclass
from typing import Any

from embudo.foundation.duplicates.rules.comparing import MISSING
from embudo.foundation.duplicates.rules.scanning import block_entries, candidate_pairs, parted
from embudo.foundation.duplicates.rules.weighing import Comparison, Likeness, rarity_bits
from embudo.project.bench.labelled import Labelled


def candidates(comparison: Comparison, labelled: Labelled) -> tuple[list[Any], list[tuple[int, int]]]:
    """The traits, and the pairs that share a key."""
    known = [comparison.prepare(row) for row in labelled.rows]
    entries = [entry for index, one in enumerate(known) for entry in block_entries(comparison, one, index)]
    return known, [parted(pair) for pair in candidate_pairs(entries, known)]


def likelihoods(comparison: Comparison, labelled: Labelled) -> dict[tuple[int, int], Likeness]:
    known, pairs = candidates(comparison, labelled)
    common = Counter(map(comparison.namesakes, known))
    common[""] = 0
    rarity = [rarity_bits(common[comparison.namesakes(one)]) for one in known]
    return {(a, b): comparison.likeness(known[a], known[b], rarity[a]) for a, b in pairs}


@dataclass(frozen=True)
class Judged:
    precision: float
    recall: float
    reach: float  # the share of the true pairs that share a key at all


def judged(comparison: Comparison, labelled: Labelled, threshold: float) -> Judged:
    """How many of the pairs found are true, and how many of all true pairs are found."""
    likely = likelihoods(comparison, labelled)
    true = labelled.same_pairs()
    found = {pair for pair, likeness in likely.items() if likeness.probability >= threshold}
    right = len(found & true)
    return Judged(right / max(len(found), 1), right / len(true), len(true & likely.keys()) / len(true))


@dataclass(frozen=True)
class Shares:
    """How often each level of a feature was seen: among the same (m) and the others (u)."""

    where: str
    code: str
    m: tuple[float, ...]
    u: tuple[float, ...]


def counted(comparison: Comparison, labelled: Labelled) -> list[Shares]:
    """The shares as they are shipped in duplicates/rules/weighing.py; a half is added to every count."""
    known, pairs = candidates(comparison, labelled)
    true = labelled.same_pairs()
    seen: dict[tuple[str, str, bool], Counter[int]] = {}
    for a, b in pairs:
        levels, is_same = comparison.levels(known[a], known[b]), (a, b) in true
        where = "alike" if levels[0] <= comparison.last_alike else "apart"
        for feature, level in zip(comparison.features(levels[0]), levels, strict=True):
            place = "all" if feature is comparison.lead else where
            seen.setdefault((place, feature.code, is_same), Counter())[level] += 1
    groups = (("all", (comparison.lead,)), ("alike", comparison.alike), ("apart", comparison.apart))
    return [
        Shares(
            where,
            one.code,
            *(_shares(seen.get((where, one.code, kind), Counter()), len(one.m)) for kind in (True, False)),
        )
        for where, features in groups
        for one in features
    ]


def _shares(counter: Counter[int], levels: int) -> tuple[float, ...]:
    total = sum(count for level, count in counter.items() if level != MISSING) + levels / 2
    return tuple(round((counter[level] + 0.5) / total, 4) for level in range(levels))
