"""How a change goes from state to state, of an account and a change that are locked in this transaction, in this order."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.models import Change, Licence, Signature
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import CLOSED_CHANGES, ChangeState, check_step
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.errors import Refused
from embudo.kernel.record import lock


def locked_change(actor: Actor, change: Change) -> Change:
    """The change as it stands, with its account: both locked until the transaction ends, the account settled."""
    account = locked_and_settled(actor, change.account)
    fresh = lock(change)
    fresh.account = account
    return fresh


def move(change: Change, *to: ChangeState, **values: Any) -> Change:
    """Through one state or several, each as the table of transitions allows; `values` are set along."""
    state = change.state
    for one in to:
        check_step(state, one)
        state = one
    if state in CLOSED_CHANGES and change.ended is None:
        values["ended"] = clock.now()
    return update(change, state=ChangeState(state), **values)


def person_of(actor: Actor) -> UUID | None:
    """Who acts: a user's id, or None for the customer, who comes by a link. Refuses everything that is no person."""
    if actor.kind is ActorKind.LINK:
        return None
    if actor.id is None or actor.kind not in (ActorKind.USER, ActorKind.TOKEN):
        raise Refused("quota.no_person", _("Only a person changes quotas. Sign in first."))
    return actor.id


def colleague_of(actor: Actor) -> UUID:
    """The same, where customers have no part."""
    found = person_of(actor)
    if found is None:
        raise Refused("quota.no_person", _("Only a person changes quotas. Sign in first."))
    return found


def check_four_eyes(change: Change, person: UUID) -> None:
    """Refuses (Refused) who asked for the change themselves."""
    if person in queries.requesters(change):
        raise Refused(
            "quota.four_eyes",
            _("You asked for this change, so somebody else has to do this. Ask a colleague."),
        )


def licence_for(change: Change, person: UUID, purpose: Purpose) -> Licence:
    """Refuses (Refused) whoever has no licence that covers the change, and says what is missing."""
    found, why = queries.licence_covering(person, queries.deed_of(change, purpose))
    if found is None:
        raise Refused(
            "quota.not_licensed",
            _("You can't sign this: %(why)s. An administrator grants licences.")
            % {"why": why.label if why else ""},
            lack=why.value if why else "",
        )
    return found


def check_licensed(change: Change, person: UUID) -> None:
    """Refuses (Refused) whoever may neither ask for such a change nor approve it."""
    if queries.licence_covering(person, queries.deed_of(change, Purpose.SUBMIT))[0] is None:
        licence_for(change, person, Purpose.APPROVE)


def check_may_end(change: Change, person: UUID) -> None:
    """Who asked for it takes it back; of anybody else's, only the licensed dispose."""
    if person not in queries.requesters(change):
        check_licensed(change, person)


def sign(change: Change, person: UUID, purpose: Signature.For, licence: Licence, **values: Any) -> Signature:
    return create(Signature(change=change, person_id=person, purpose=purpose, licence=licence, **values))
