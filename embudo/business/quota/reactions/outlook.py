from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.quota import commands, queries
from embudo.business.quota.events import MoreLikelyNeeded, RunFinished, ThresholdReached
from embudo.business.quota.models import Account
from embudo.business.quota.permissions import REQUEST_CHANGE
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import on
from embudo.kernel.job import enqueue, task

ACTOR = system_actor("forecast")
TOLD = "quota.outlook"
AT_ONCE = 50  # accounts, which take about half a second; nothing is locked while they are worked out


@task(in_chunks=True)
def foresee_all() -> int:
    """Every account that needs it; killed halfway it goes on with those that have no forecast of today."""
    kept, last = 0, None
    while accounts := queries.accounts_to_foresee(last, AT_ONCE):
        kept += commands.keep_outlooks(ACTOR, foreseen=queries.foreseen(accounts))
        last = accounts[-1].pk
    return kept


@task(in_chunks=True)
def foresee_one(account_id: str) -> int:
    return commands.keep_outlooks(
        ACTOR, foreseen=queries.foreseen(queries.accounts_named([UUID(account_id)]))
    )


@on(RunFinished)
def foresee_after_run(event: RunFinished, _entry: Any) -> None:
    """Once a day, when the daily run has brought all accounts up to it."""
    enqueue(foresee_all, unique_key=f"quota.outlook:{clock.today()}")


@on(ThresholdReached)
def foresee_at_threshold(event: ThresholdReached, entry: Any) -> None:
    enqueue(foresee_one, event.account_id, unique_key=f"quota.outlook:{event.account_id}:{entry.seq}")


@on(MoreLikelyNeeded)
def tell_officers_of_outlook(event: MoreLikelyNeeded, _entry: Any) -> None:
    """In one line, until they have read it, however many accounts it is about."""
    account = Account.objects.visible_to(ACTOR).filter(pk=event.account_id).first()
    if account is None:
        return
    people = User.objects.filter(pk__in=queries.people_who_may(REQUEST_CHANGE), is_active=True)
    for user in people.order_by("pk"):
        with translation.override(user.language):
            title = gettext("Customers are likely to need more than their quota")
            values = {"reference": account.reference, "chance": event.chance, "tier": event.needs_tier}
            body = gettext("%(reference)s: with a chance of %(chance)s %% within its period.") % values
            if event.needs_tier:
                body += " " + gettext("It will need the tier %(tier)s.") % values
        url = reverse("quota:account", args=[account.pk])
        tell_user(ACTOR, user=user, kind=TOLD, title=title, body=body, url=url, key=TOLD)
