import hashlib
import hmac
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Max
from django.db.utils import OperationalError

from embudo.kernel.models import LogAbout, LogEntry, Seal
from embudo.kernel.personal import derived_key

LEAF = struct.Struct(">q32s")
BATCH = 1000
START = "0" * 64


@dataclass(frozen=True)
class Fault:
    """What is wrong with one entry of the log (or, where seq is None, with the chain itself)."""

    kind: str  # changed, missing, inserted, seal
    seq: int | None
    detail: str = ""


def leaf(entry: LogEntry, further: list[str]) -> bytes:
    """The keyed hash of everything an entry says. `txid` is left out: a restore renumbers it."""
    said = [
        entry.seq,
        entry.at.isoformat(),
        str(entry.act),
        entry.name,
        entry.command,
        entry.actor_kind,
        str(entry.actor_id),
        entry.actor_name,
        entry.origin,
        entry.request_id,
        entry.about_kind,
        str(entry.about_id),
        entry.data,
        entry.changes,
        further,
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(derived_key("audit chain"), text.encode(), hashlib.sha256)


def leaves(from_seq: int, to_seq: int) -> Iterator[tuple[int, bytes]]:
    """(seq, hash) of each entry with from_seq < seq <= to_seq, in order."""
    entries = list(LogEntry.objects.filter(seq__gt=from_seq, seq__lte=to_seq).order_by("seq"))
    further: dict[int, list[str]] = {}
    abouts = LogAbout.objects.filter(entry_id__gt=from_seq, entry_id__lte=to_seq).order_by("entry_id", "id")
    for seq, kind, record_id in abouts.values_list("entry_id", "kind", "record_id"):
        further.setdefault(seq, []).append(f"{kind}:{record_id}")
    for entry in entries:
        yield entry.seq, leaf(entry, further.get(entry.seq, []))


def chained(previous: str, packed: bytes, to_seq: int) -> str:
    body = previous.encode() + struct.pack(">q", to_seq) + packed
    return hmac.new(derived_key("audit chain"), body, hashlib.sha256).hexdigest()


def quiet_end() -> int | None:
    """
    The highest number below which nothing can appear any more. PostgreSQL gives numbers out before commits, so for a
    moment no one may be writing; None when that moment did not come, and the next run tries again.
    """
    if connection.vendor != "postgresql":
        return LogEntry.objects.aggregate(end=Max("seq"))["end"] or 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '150ms'")
            cursor.execute("LOCK TABLE kernel_logentry IN SHARE MODE")
            return LogEntry.objects.aggregate(end=Max("seq"))["end"] or 0
    except OperationalError:
        return None


def seal_new() -> int:
    """Seals what the log has gained since the last seal; returns how many entries."""
    end, sealed = quiet_end(), 0
    while end is not None:
        with transaction.atomic():
            last = Seal.objects.select_for_update().order_by("-to_seq").first()
            after, previous = (last.to_seq, last.hash) if last else (0, START)
            if after >= end:
                break
            sealed += _seal_range(after, min(end, after + BATCH), previous)
    return sealed


def _seal_range(after: int, to_seq: int, previous: str) -> int:
    covered = list(leaves(after, to_seq))
    packed = b"".join(LEAF.pack(seq, digest) for seq, digest in covered)
    Seal.objects.create(
        to_seq=to_seq, count=len(covered), leaves=packed, hash=chained(previous, packed, to_seq)
    )
    return len(covered)


def verify(*, head: str | None = None) -> list[Fault]:
    """
    Walks the whole chain and names every changed, missing or inserted entry and every broken seal. `head` is a seal's
    hash that was written down earlier: it must still be part of the chain, else the end was cut off.
    """
    faults: list[Fault] = []
    after, previous, hashes = 0, START, set()
    for seal in Seal.objects.order_by("to_seq").iterator(chunk_size=50):
        packed = bytes(seal.leaves)
        expected = [(seq, digest) for seq, digest in LEAF.iter_unpack(packed)]
        if chained(previous, packed, seal.to_seq) != seal.hash:
            faults.append(
                Fault("seal", None, f"the seal up to entry {seal.to_seq} does not follow from the one before")
            )
        faults += compare(dict(expected), dict(leaves(after, seal.to_seq)))
        after, previous = seal.to_seq, seal.hash
        hashes.add(seal.hash)
    if head and head not in hashes:
        faults.append(Fault("seal", None, "the end of the chain that was written down is gone"))
    return faults


def compare(expected: dict[int, bytes], found: dict[int, bytes]) -> list[Fault]:
    """Swapped entries show as two changed ones."""
    faults = [Fault("missing", seq) for seq in expected.keys() - found.keys()]
    faults += [Fault("inserted", seq) for seq in found.keys() - expected.keys()]
    faults += [Fault("changed", seq) for seq in expected.keys() & found.keys() if expected[seq] != found[seq]]
    return sorted(faults, key=lambda fault: fault.seq or 0)


def chain_head() -> str:
    """The hash of the last seal, to be written down outside the database."""
    return Seal.objects.order_by("-to_seq").values_list("hash", flat=True).first() or START
