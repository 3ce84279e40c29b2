"""What belongs to one change and is acted on by itself."""

from typing import Any
from uuid import UUID

from embudo.business.quota.models import Account, Answer
from embudo.business.quota.queries.outlook import LIVE, foreseen
from embudo.business.quota.rules.forecast import METHOD
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound


def question_sent(actor: Actor, change_id: UUID, answer_id: UUID) -> Answer:
    """A question of that change that was mailed to the customer."""
    rows = Answer.objects.visible_to(actor).select_related("change__account")
    found = rows.filter(pk=answer_id, change=change_id, mail__isnull=False).first()
    if found is None:
        raise NotFound
    return found


def forecast_now(account: Account) -> dict[str, Any] | None:
    """The forecast made this moment, as frozen on a change; None where the account's days are too few for one."""
    found = foreseen([account])[0].found if account.state in LIVE else None
    if found is None:
        return None
    last = found.last
    return {
        "day": clock.today().isoformat(),
        "method": METHOD,
        "expected": last.expected,
        "band80": [last.low80, last.high80],
        "band95": [last.low95, last.high95],
        "chance": found.chance,
        "exhausted_on": found.exhausted_on.isoformat() if found.exhausted_on else None,
    }
