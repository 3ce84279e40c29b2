import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from embudo.kernel.fold import fold

SHORTEST = 3
CLOSE_ENOUGH = 76  # of 100: two letters swapped or one missing in a name of seven
WORDS = re.compile(r"[^\s,;/()\"']+")
DIGITS = re.compile(r"\D+")
FEWEST_DIGITS = 5


@dataclass(frozen=True)
class Asked:
    """What was typed, folded: `terms` all have to be found; those under three letters only narrow what was found."""

    whole: str
    terms: tuple[str, ...]

    @property
    def long_terms(self) -> tuple[str, ...]:
        return tuple(term for term in self.terms if len(term) >= SHORTEST)

    @property
    def is_enough(self) -> bool:
        return bool(self.long_terms)


def understand(typed: str) -> Asked:
    """A phone or tax number is one term, however it was grouped: "+48 600 100 200"."""
    whole = " ".join(fold(typed.replace("\0", "")).split())[:100]
    digits = DIGITS.sub("", whole)
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[a-z]", whole):
        return Asked(whole, (digits,))
    return Asked(whole, tuple(WORDS.findall(whole))[:8])


def folded_words(title: str, subtitle: str, words: tuple[str, ...]) -> str:
    """One line of everything a record is found by; numbers stand in it once more without their spaces and signs."""
    parts = [fold(part) for part in (title, subtitle, *words) if part]
    bare = [DIGITS.sub("", part) for part in parts if len(DIGITS.sub("", part)) >= FEWEST_DIGITS]
    return " ".join(dict.fromkeys([*parts, *bare]))[:2000]


def rank(asked: Asked, title: str, text: str) -> float:
    """Higher is better: the title itself, then its beginning, then a word's beginning, then anywhere."""
    name = fold(title)
    if name == asked.whole:
        return 400
    if name.startswith(asked.whole):
        return 300 - len(name) / 10
    beginnings = sum(f" {term}" in f" {name}" for term in asked.terms)
    return 100 * beginnings / max(1, len(asked.terms)) + fuzz.ratio(asked.whole, name) / 2


def closeness(asked: Asked, text: str) -> float:
    """How well the worst of the terms matches the best word of the text, 0 to 100; for typing mistakes."""
    words = text.split()
    return min(
        (max((fuzz.ratio(term, word) for word in words), default=0.0) for term in asked.long_terms),
        default=0.0,
    )


def trigrams(term: str) -> list[str]:
    return list(dict.fromkeys(term[at : at + 3] for at in range(len(term) - 2)))
