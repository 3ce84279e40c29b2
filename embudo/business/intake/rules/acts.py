from datetime import datetime
from enum import StrEnum

from embudo.business.intake.rules.states import CORRECTABLE, NEXT, TO_HAND_IN, EntryState


class Act(StrEnum):
    """What somebody can do with one entry."""

    CORRECT = "correct"
    HAND_IN = "hand_in"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"
    DECIDE = "decide"
    VERIFY = "verify"
    CONVERSE = "converse"


def acts_of_owner(state: str, *, is_open: bool, is_disputed: bool) -> set[Act]:
    """What is left to whoever entered the record; in a closed part nothing but to dispute."""
    found: set[Act] = set()
    if is_open:
        found |= {Act.CORRECT} if state in CORRECTABLE else set()
        found |= {Act.HAND_IN} if state in TO_HAND_IN else set()
        found |= {Act.WITHDRAW} if EntryState.WITHDRAWN in NEXT[state] else set()
    if state == EntryState.REJECTED and not is_disputed:
        found.add(Act.DISPUTE)
    return found


def is_disputed(state: str, disputed: datetime | None) -> bool:
    return state == EntryState.REJECTED and disputed is not None
