from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.models import Entry, Likeness
from embudo.business.intake.permissions import DECIDE
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
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


LONGEST_COMMENT = 300
MOST_AT_ONCE = 100


@command(DECIDE)
def decide_likeness(actor: Actor, likeness: Likeness, *, is_same: bool, comment: str = "") -> Likeness:
    """
    Says whether two entries are of the same company or person, and why. Refuses a second decision, (NotFound) a pair that the
    actor leads not both of, and (Invalid) too long a reason. The entry's own history tells nothing of a pair across principals.
    """
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": [_("Use at most %(n)d characters.") % {"n": LONGEST_COMMENT}]})
    likeness = lock(queries.likeness(actor, likeness.pk))
    if likeness.decided:
        raise Refused("intake.likeness_decided", _("This was decided already."))
    by = User.objects.filter(pk=actor.id).first()
    update(likeness, is_same=is_same, decided=clock.now(), by=by, comment=comment.strip())
    about = [likeness] if likeness.is_across else [likeness, likeness.entry]
    publish(events.LikenessDecided(likeness.id, is_same), *about)
    return likeness


@command(DECIDE)
def decide_likenesses(
    actor: Actor, *, ids: Sequence[UUID], is_same: bool, comment: str
) -> list[tuple[UUID, bool]]:
    """
    Says the same of several pairs, for one reason, in one act; answers of each whether it was decided: what somebody else decided
    meanwhile, or is out of sight, stays. Refuses (Invalid) none, more than a hundred, and no reason.
    """
    chosen = list(dict.fromkeys(ids))
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise Invalid({"ids": [_("Select one pair at least, and %(n)d at most.") % {"n": MOST_AT_ONCE}]})
    if not comment.strip():
        raise Invalid({"comment": [_("Say why.")]})
    return [(one, _decided(actor, one, is_same=is_same, comment=comment)) for one in chosen]


def _decided(actor: Actor, likeness_id: UUID, *, is_same: bool, comment: str) -> bool:
    try:
        with attempt():
            pair = queries.likeness(actor, likeness_id)
            decide_likeness.inner(actor, pair, is_same=is_same, comment=comment)
    except (NotFound, Refused):
        return False
    return True
