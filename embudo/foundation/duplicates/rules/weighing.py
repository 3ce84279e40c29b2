from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp2, log2

from embudo.foundation.duplicates.rules import comparing
from embudo.foundation.duplicates.rules.comparing import MISSING, Compare, Levels
from embudo.foundation.duplicates.rules.traits import (
    Blocking,
    Preparing,
    Traits,
    company_blocks,
    company_traits,
    person_blocks,
    person_traits,
)

POSSIBLE, CERTAIN = 0.5, 0.99
POSSIBLE_BITS = 0.0  # log2 of the odds that POSSIBLE stands for
USUAL_NAMESAKES = 32


@dataclass(frozen=True)
class Feature:
    """
    One thing two records are compared by. `m`: how often each level is seen in pairs that are the same, `u`: in pairs
    that are not, though they share a key.
    """

    code: str
    compare: Compare
    m: tuple[float, ...]
    u: tuple[float, ...]

    @cached_property
    def weights(self) -> tuple[float, ...]:
        """Fellegi and Sunter's log2(m / u) a level; the last place, read by level -1, is "nothing to compare"."""
        return (*(log2(m / u) for m, u in zip(self.m, self.u, strict=True)), 0.0)


@dataclass(frozen=True)
class Likeness:
    """How surely two records are the same: the sum of the weights in bits, as a probability, and what it comes from."""

    bits: float
    probability: float
    levels: Levels

    def weighed_anew(self, further: float) -> "Likeness":
        """With more bits, or fewer."""
        return Likeness(self.bits + further, probability(self.bits + further), self.levels)


Step = tuple[Compare, tuple[float, ...], float]  # what this and all later features can add at most


def _plan(features: Sequence[Feature]) -> list[Step]:
    plan: list[Step] = []
    at_most = 0.0
    for feature in reversed(features):
        at_most += max(feature.weights)
        plan.insert(0, (feature.compare, feature.weights, at_most))
    return plan


@dataclass(frozen=True)
class Comparison:
    """
    How the records of one sort are compared. What their names say decides how the rest is read: a shared switchboard
    means much between two of one name and little between two of different names (`alike`, `apart`).
    """

    name: str
    prepare: Preparing
    blocks: Blocking
    lead: Feature
    last_alike: int  # the last level of the lead that is still the same name
    alike: tuple[Feature, ...]
    apart: tuple[Feature, ...]
    prior: float  # bits: how rare a duplicate is among the pairs that share a key
    namesakes: Callable[[Traits], str] = lambda _traits: ""  # what common names are counted by; "" = nothing

    def keys(self, one: Traits) -> list[str]:
        """What is kept of a record: the keys it is found by and the one its namesakes are counted by."""
        counted = self.namesakes(one)
        return [*dict.fromkeys(self.blocks(one)), *([counted] if counted else [])]

    def features(self, lead: int) -> tuple[Feature, ...]:
        """What is compared where the lead has this level, the lead first."""
        return (self.lead, *(self.alike if lead <= self.last_alike else self.apart))

    def levels(self, one: Traits, two: Traits) -> Levels:
        return tuple(feature.compare(one, two) for feature in self.features(self.lead.compare(one, two)))

    @cached_property
    def _plans(self) -> tuple[list[Step], list[Step]]:
        return _plan(self.alike), _plan(self.apart)

    def is_possible(self, one: Traits, two: Traits, rarity: float = 0.0) -> bool:
        """Whether the weights reach POSSIBLE; stops as soon as the rest could not change the answer."""
        lead = self.lead.compare(one, two)
        is_apart = lead > self.last_alike
        found = self.prior + self.lead.weights[lead] + (0.0 if is_apart else rarity)
        for compare, weights, at_most in self._plans[is_apart]:
            if found + at_most < POSSIBLE_BITS:
                return False
            found += weights[compare(one, two)]
        return found >= POSSIBLE_BITS

    def likeness(self, one: Traits, two: Traits, rarity: float = 0.0) -> Likeness:
        levels = self.levels(one, two)
        weighed = zip(self.features(levels[0]), levels, strict=True)
        bits = self.prior + sum(feature.weights[level] for feature, level in weighed)
        bits += rarity if levels[0] <= self.last_alike else 0.0
        return Likeness(bits, probability(bits), levels)

    def reasons(self, levels: Sequence[int]) -> list[tuple[str, int]]:
        """What speaks for it and what against it, the strongest first, without what could not be compared."""
        weighed = zip(self.features(levels[0]), levels, strict=True)
        told = [(feature, level) for feature, level in weighed if level != MISSING]
        told.sort(key=lambda pair: -pair[0].weights[pair[1]])
        return [(feature.code, level) for feature, level in told]


def rarity_bits(namesakes: int) -> float:
    """
    What a name says by being rare: with only the two bearing it they are hardly strangers, with hundreds it says less
    than the average. `namesakes` counts the records with the last name, both included; 0 = not counted.
    """
    return min(max(log2(USUAL_NAMESAKES / namesakes), -2.0), 4.0) if namesakes else 0.0


def probability(bits: float) -> float:
    return 1 / (1 + exp2(-max(min(bits, 60.0), -60.0)))


# The shares were counted on the labelled set of `embudo bench dedupe` (made with another seed than the one it judges), over
# all pairs that share a key: `counted`, beside that bench.
COMPANY = Comparison(
    "company",
    company_traits,
    company_blocks,
    Feature(
        "name", comparing.company_name, (0.8317, 0.0702, 0.0938, 0.0044), (0.0815, 0.0021, 0.0401, 0.8764)
    ),
    2,
    (
        Feature("tax", comparing.tax, (0.7228, 0.2771, 0.004), (0.0005, 0.0005, 0.9999)),
        Feature(
            "email",
            comparing.email,
            (0.6883, 0.167, 0.004, 0.004, 0.1445),
            (0.0021, 0.0014, 0.0259, 0.4558, 0.5147),
        ),
        Feature("phone", comparing.phone, (0.7839, 0.0672, 0.1489), (0.0086, 0.0005, 0.9912)),
        Feature("site", comparing.site, (0.9998, 0.004), (0.5741, 0.4259)),
        Feature(
            "address",
            comparing.address,
            (0.5914, 0.1833, 0.004, 0.1317, 0.0936),
            (0.017, 0.006, 0.0005, 0.2435, 0.7336),
        ),
    ),
    (
        Feature("tax", comparing.tax, (0.5745, 0.4043, 0.0213), (0.0005, 0.0005, 1.0)),
        Feature(
            "email",
            comparing.email,
            (0.6735, 0.2653, 0.0204, 0.0204, 0.0204),
            (0.0019, 0.0005, 0.0789, 0.9097, 0.0094),
        ),
        Feature("house", comparing.house, (0.125, 0.4861, 0.3472, 0.0417), (0.0013, 0.0031, 0.0135, 0.9821)),
    ),
    prior=-5.0,
)
PERSON = Comparison(
    "person",
    person_traits,
    person_blocks,
    Feature(
        "person",
        comparing.person_name,
        (0.6441, 0.2111, 0.1181, 0.0046, 0.0096, 0.0125),
        (0.2734, 0.0236, 0.0392, 0.4917, 0.0544, 0.1178),
    ),
    2,
    (
        Feature(
            "email",
            comparing.person_email,
            (0.6291, 0.335, 0.004, 0.004, 0.0308),
            (0.0011, 0.0011, 0.0303, 0.3939, 0.5735),
        ),
        Feature("phone", comparing.phone, (0.7521, 0.081, 0.1669), (0.0022, 0.0005, 0.9974)),
        Feature("work", comparing.work, (0.9334, 0.0666), (0.0025, 0.9975)),
    ),
    (
        Feature(
            "email",
            comparing.person_email,
            (0.7033, 0.2632, 0.0144, 0.0048, 0.0144),
            (0.0005, 0.0005, 0.0014, 0.6208, 0.3774),
        ),
        Feature("phone", comparing.phone, (0.7841, 0.1111, 0.1048), (0.264, 0.0055, 0.7305)),
        Feature("work", comparing.work, (0.922, 0.078), (0.3699, 0.6301)),
    ),
    prior=-3.0,
    namesakes=lambda one: f"l{one.last}" if one.last else "",
)
COMPARISONS = {one.name: one for one in (COMPANY, PERSON)}
