from collections.abc import Iterator, Sequence
from hashlib import blake2b

from rapidfuzz.fuzz import ratio

from embudo.foundation.duplicates.rules.comparing import SIMILAR
from embudo.foundation.duplicates.rules.traits import Traits
from embudo.foundation.duplicates.rules.weighing import Comparison

LARGEST_BLOCK = 30  # records that share a key and are all compared; of more, each with its neighbours by name
NEIGHBOURS = 8
INDEX_BITS, KEY_BITS = (
    24,
    40,
)  # 16 million records; two strange keys of 10 million that meet cost one comparison each


def hashed(key: str, bits: int = 63, secret: bytes = b"") -> int:
    """A key as a number; with a `secret` nobody else can guess what it was made of."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8, key=secret).digest(), "big") >> (64 - bits)


def block_entries(comparison: Comparison, traits: Traits, index: int) -> list[int]:
    """The record's keys, each as one number that sorts by key and then by record."""
    return [hashed(key, KEY_BITS) << INDEX_BITS | index for key in set(comparison.blocks(traits))]


def blocks(entries: list[int]) -> Iterator[list[int]]:
    """Groups of records that share a key; the entries are sorted in place."""
    entries.sort()
    mask, at, last = (1 << INDEX_BITS) - 1, 0, len(entries)
    while at < last - 1:
        key = entries[at] >> INDEX_BITS
        if entries[at + 1] >> INDEX_BITS != key:
            at += 1
            continue
        end = at + 2
        while end < last and entries[end] >> INDEX_BITS == key:
            end += 1
        yield [entry & mask for entry in entries[at:end]]
        at = end


def block_pairs(block: list[int], known: Sequence[Traits]) -> Iterator[int]:
    """The pairs of one block worth a comparison, each as one number: the smaller record first."""
    if len(block) <= LARGEST_BLOCK:
        for place, one in enumerate(block):
            for two in block[place + 1 :]:
                yield one << INDEX_BITS | two
        return
    block.sort(key=lambda index: known[index].name)
    for place, one in enumerate(block):
        name = known[one].name
        for two in block[place + 1 : place + 1 + NEIGHBOURS]:
            # what many share proves nothing between different names
            if ratio(name, known[two].name, score_cutoff=SIMILAR):
                yield min(one, two) << INDEX_BITS | max(one, two)


def candidate_pairs(entries: list[int], known: Sequence[Traits]) -> list[int]:
    """Every pair to compare, once."""
    found: set[int] = set()
    for block in blocks(entries):
        found.update(block_pairs(block, known))
    return sorted(found)


def parted(pair: int) -> tuple[int, int]:
    return pair >> INDEX_BITS, pair & ((1 << INDEX_BITS) - 1)
