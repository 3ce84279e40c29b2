"""What waits on the quota desk, for the badges that stand on every page: one statement for all of them."""

from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection

from embudo.business.quota.rules.states import ChangeState
from embudo.kernel.actor import Actor
from embudo.kernel.prepared import repeating_cursor

MOST_COUNTED = 100  # in the menu
# Changes that somebody's act ends. Whose act it is depends on licences, and is asked only where there are any.
GO_ON = (ChangeState.UNDER_REVIEW, ChangeState.ACCEPTED, ChangeState.SCHEDULED, ChangeState.HELD)
# Who may see these at all sees all of them: their permissions have no scope.
WAITING = """
SELECT
(SELECT COUNT(*) FROM (SELECT 1 FROM quota_spendrequest WHERE state = 'waiting' LIMIT 100) AS asked),
(SELECT COUNT(*) FROM (SELECT 1 FROM quota_switch WHERE state = 'proposed' LIMIT 1000) AS proposed),
(SELECT COUNT(*) FROM (SELECT 1 FROM quota_change WHERE state IN (%s, %s, %s, %s) LIMIT 1) AS changing)
"""


@dataclass(frozen=True)
class Desk:
    """Requests to spend more and proposals, a hundred and a thousand at most, and whether any change waits for somebody."""

    requests: int
    proposals: int
    has_changes: bool


_last: ContextVar[tuple[str, Desk] | None] = ContextVar("quota_desk", default=None)


def desk(actor: Actor) -> Desk:
    """Looked up once for a page, which draws several badges. The caller has checked the grant."""
    known = _last.get()
    if known is not None and actor.request_id and known[0] == actor.request_id:
        return known[1]
    with repeating_cursor(connection, WAITING) as cursor:
        cursor.execute(WAITING, [one.value for one in GO_ON])
        requests, proposals, changing = cursor.fetchone()
    found = Desk(requests, proposals, bool(changing))
    _last.set((actor.request_id, found))
    return found
