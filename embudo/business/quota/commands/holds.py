from django.utils.translation import gettext_lazy as _

from embudo.business.quota.commands.spending import release_hold
from embudo.business.quota.models import Hold, LedgerEntry
from embudo.business.quota.permissions import RELEASE_HOLD
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid


@command(RELEASE_HOLD)
def release_by_hand(actor: Actor, hold: Hold, *, reason: str) -> LedgerEntry:
    """Lets go what a till still holds and forgot. Refuses (Invalid) no reason, (Refused) a hold that has ended."""
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is released.")]})
    return release_hold.inner(actor, hold, note=reason.strip())
