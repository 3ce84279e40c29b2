from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from embudo.business.quota.models import SpendRequest
from embudo.business.quota.rules.states import AccountState
from embudo.foundation.ui import atoms

# A state is tone and icon and word, always three.
ACCOUNT_LOOKS: Mapping[str, tuple[str, str]] = {
    AccountState.PENDING: ("plain", "clock"),
    AccountState.OPEN: ("ok", "circle-check"),
    AccountState.WATCH: ("warn", "eye"),
    AccountState.AT_LIMIT: ("bad", "gauge"),
    AccountState.HELD: ("bad", "lock"),
    AccountState.CLOSED: ("plain", "archive"),
}
REQUEST_LOOKS: Mapping[str, tuple[str, str]] = {
    SpendRequest.State.WAITING: ("warn", "clock"),
    SpendRequest.State.APPROVED: ("ok", "circle-check"),
    SpendRequest.State.DENIED: ("bad", "circle-x"),
}


@atoms.kept
def account_badge(state: str) -> Any:
    return atoms.badge(*ACCOUNT_LOOKS[state], AccountState(state).label)


@atoms.kept
def request_badge(state: str) -> Any:
    return atoms.badge(*REQUEST_LOOKS[state], SpendRequest.State(state).label)


def percent_text(part: int, whole: int) -> str:
    share = part * 100 // whole if whole > 0 else 0
    return gettext("%(rate)s %%") % {"rate": atoms.number(share)}
