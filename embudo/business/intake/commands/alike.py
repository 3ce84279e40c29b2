from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.models import Entry, Likeness
from embudo.business.intake.permissions import DECIDE
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


def note_likenesses(entry: Entry, alike: queries.Alike) -> None:
    """Keeps the pairs for supervisor and coordinator; across principals nobody else is told of them."""
    pairs = [
        Likeness(entry=entry, other_id=other, reason=reason, is_across=is_across)
        for found, is_across in ((alike.within, False), (alike.across, True))
        for other, reason in found
    ]
    create_all(pairs)


@command(DECIDE)
def decide_likeness(actor: Actor, likeness: Likeness, *, is_same: bool) -> Likeness:
    """
    Says whether two entries are of the same company or person. Refuses a second decision, and (NotFound) a pair that the
    actor leads not both of. The entry's own history tells nothing of a pair across principals.
    """
    likeness = lock(queries.likeness(actor, likeness.pk))
    if likeness.decided:
        raise Refused("intake.likeness_decided", _("This was decided already."))
    by = User.objects.filter(pk=actor.id).first()
    update(likeness, is_same=is_same, decided=clock.now(), by=by)
    about = [likeness] if likeness.is_across else [likeness, likeness.entry]
    publish(events.LikenessDecided(likeness.id, is_same), *about)
    return likeness
