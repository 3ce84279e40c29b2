import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

NEWCOMER = 50  # so many verified entries, and an operator's track record counts
LEAST_PERCENT = 5  # of an experienced operator's entries are always looked at


class Policy(TextChoices):
    OFF = "off", _("No verification")
    SAMPLE = "sample", _("A sample")
    ALL = "all", _("Every entry")
    EARNED = "earned", _("Every entry of newcomers, fewer as the track record grows")


@dataclass(frozen=True)
class Track:
    """How an operator's verified entries came out in their first round."""

    verified: int = 0
    rejected: int = 0


def earned_percent(track: Track) -> int:
    """
    How many of 100 entries are looked at: all of a newcomer's; later five for each hundredth that was rejected, never
    under LEAST_PERCENT. At 20 rejected of 100 it is every entry again.
    """
    if track.verified < NEWCOMER:
        return 100
    return max(LEAST_PERCENT, min(100, round(500 * track.rejected / track.verified)))


def is_sampled(entry_id: UUID, percent: int) -> bool:
    """Drawn by the entry's id, so that it stays drawn, and nobody can foresee or repeat the draw."""
    drawn = int.from_bytes(hashlib.sha256(entry_id.bytes).digest()[:4], "big") % 100
    return drawn < percent


def wants_verification(policy: str, percent: int, entry_id: UUID, track: Track) -> bool:
    if policy == Policy.OFF:
        return False
    if policy == Policy.ALL:
        return True
    return is_sampled(entry_id, percent if policy == Policy.SAMPLE else earned_percent(track))
