from collections.abc import Mapping
from typing import Any

from embudo.business.sales.rules.leads import LeadStatus
from embudo.business.sales.rules.pipelines import StageKind, shown_name
from embudo.foundation.ui import atoms

# A status is tone and icon and word, always three.
LEAD_TONES: Mapping[str, tuple[str, str]] = {
    LeadStatus.NEW: ("info", "inbox"),
    LeadStatus.WORKING: ("accent", "play"),
    LeadStatus.QUALIFIED: ("ok", "badge-check"),
    LeadStatus.DISQUALIFIED: ("plain", "ban"),
    LeadStatus.CONVERTED: ("ok", "arrow-right"),
}
STAGE_TONES: Mapping[str, tuple[str, str]] = {
    StageKind.OPEN: ("accent", "circle-dot"),
    StageKind.WON: ("ok", "trophy"),
    StageKind.LOST: ("bad", "thumbs-down"),
}


@atoms.kept
def lead_badge(status: str) -> Any:
    return atoms.badge(*LEAD_TONES[status], LeadStatus(status).label)


@atoms.kept
def stage_badge(state: str, name: str) -> Any:
    return atoms.badge(*STAGE_TONES[state], shown_name(name))
