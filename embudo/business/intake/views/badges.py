from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from embudo.business.intake.rules.states import AssignmentState, EntryState
from embudo.business.intake.rules.verdicts import Judgement
from embudo.foundation.ui import atoms

# A state is tone and icon and word, always three.
ASSIGNMENT_TONES: Mapping[str, tuple[str, str]] = {
    AssignmentState.DRAFT: ("plain", "pencil"),
    AssignmentState.OPEN: ("accent", "play"),
    AssignmentState.CLOSED: ("info", "lock"),
    AssignmentState.DELIVERED: ("ok", "package"),
    AssignmentState.ARCHIVED: ("plain", "archive"),
}
ENTRY_TONES: Mapping[str, tuple[str, str]] = {
    EntryState.ENTERED: ("plain", "pencil"),
    EntryState.HANDED_IN: ("info", "inbox"),
    EntryState.IN_VERIFICATION: ("accent", "eye"),
    EntryState.REJECTED: ("bad", "circle-alert"),
    EntryState.CORRECTED: ("warn", "notebook-pen"),
    EntryState.ACCEPTED: ("ok", "circle-check"),
    EntryState.WITHDRAWN: ("plain", "ban"),
}
JUDGEMENT_TONES: Mapping[str, tuple[str, str]] = {
    Judgement.RIGHT: ("ok", "check"),
    Judgement.WRONG: ("bad", "circle-alert"),
    Judgement.UNKNOWN: ("warn", "circle-help"),
}


@atoms.kept
def assignment_badge(state: str) -> Any:
    return atoms.badge(*ASSIGNMENT_TONES[state], AssignmentState(state).label)


@atoms.kept
def entry_badge(state: str) -> Any:
    return atoms.badge(*ENTRY_TONES[state], EntryState(state).label)


@atoms.kept
def judgement_badge(judgement: str) -> Any:
    return atoms.badge(*JUDGEMENT_TONES[judgement], Judgement(judgement).label)


def duration_text(seconds: int) -> str:
    """ "2 min 5 s"; "" for no time."""
    if not seconds:
        return ""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return gettext("%(s)d s") % {"s": rest}
    whole = gettext("%(m)d min %(s)d s") if rest else gettext("%(m)d min")
    return whole % {"m": minutes, "s": rest}
