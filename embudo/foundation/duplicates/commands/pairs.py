from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import events
from embudo.foundation.duplicates.models import Pair, PairState
from embudo.foundation.duplicates.permissions import DISMISS
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.kind import kind_named
from embudo.kernel.record import lock

PEOPLE = (ActorKind.USER, ActorKind.TOKEN)


@command(DISMISS)
def dismiss_pair(actor: Actor, pair: Pair) -> Pair:
    """Says that the two are no duplicates, which is remembered. Refuses a pair that is already decided."""
    pair = lock(pair)
    if pair.state != PairState.OPEN:
        raise Refused("duplicates.already_decided", _("Somebody has already decided about these two."))
    decide(actor, pair, PairState.DISMISSED)
    publish(
        events.PairDismissed(pair.id, pair.kind, pair.one, pair.other),
        *referred(pair.kind, pair.one, pair.other),
        pair,
    )
    return pair


@command(DISMISS)
def reopen_pair(actor: Actor, pair: Pair) -> Pair:
    """Puts a pair that was called no duplicate back into the queue. Refuses any other."""
    pair = lock(pair)
    if pair.state != PairState.DISMISSED:
        raise Refused("duplicates.not_dismissed", _("Only what was called no duplicate can be put back."))
    update(pair, state=PairState.OPEN, decided_by=None, decided_at=None)
    publish(
        events.PairReopened(pair.id, pair.kind, pair.one, pair.other),
        *referred(pair.kind, pair.one, pair.other),
        pair,
    )
    return pair


def decide(actor: Actor, pair: Pair, state: PairState) -> None:
    update(pair, state=state, decided_by_id=user_id(actor), decided_at=clock.now())


def user_id(actor: Actor) -> UUID | None:
    return actor.id if actor.kind in PEOPLE else None


def referred(kind_name: str, *ids: UUID) -> list[Any]:
    """Records of which only kind and id are filled, for `publish`."""
    kind = kind_named(kind_name)
    assert kind is not None  # noqa: S101 - a pair is made of a known kind
    model: Any = kind.model
    return [model(pk=pk) for pk in ids]
