from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.commands.judging import has_ground, judged_and_locked, lapse, make_switches
from embudo.business.quota.models import Switch
from embudo.business.quota.permissions import DECIDE_SWITCHES
from embudo.business.quota.queries.judging import Judged
from embudo.business.quota.rules.states import Cause
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update_all
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Decided:
    """What became of proposals, in numbers: made or denied, lapsed because the cause was gone, decided by somebody before."""

    done: int = 0
    lapsed: int = 0
    late: int = 0


@command(DECIDE_SWITCHES)
def approve_switches(actor: Actor, *, ids: Sequence[UUID]) -> Decided:
    """
    Makes what a daily run proposed, all in one. A proposal whose cause is gone lapses instead, one that somebody has decided is left
    alone. Refuses (Invalid) none, and more than can be decided at once.
    """
    found = _locked(actor, ids)
    standing = [(one, switch) for one, switch in found if has_ground(one, switch)]
    lapse([switch for one, switch in found if not has_ground(one, switch)])
    make_switches(actor, standing)
    return Decided(len(standing), len(found) - len(standing), len(set(ids)) - len(found))


@command(DECIDE_SWITCHES)
def deny_switches(actor: Actor, *, ids: Sequence[UUID], reason: str) -> Decided:
    """
    Says no to what a daily run proposed, with a reason for each: it is not proposed again while it stands as it does now. Refuses
    (Invalid) no reason, none, and more than can be decided at once.
    """
    why = " ".join(reason.split())
    if not why:
        raise Invalid({"reason": [_("Say why it is denied.")]})
    if len(why) > 300:
        raise Invalid({"reason": [_("Shorten the reason to 300 characters.")]})
    found = _locked(actor, ids)
    values = {
        "state": Switch.State.DENIED,
        "decided": clock.now(),
        "decided_by_id": actor.id,
        "reason": why,
    }
    update_all([(switch, {**values, "waived": _waived(of, switch)}) for of, switch in found])
    for _of, one in found:
        publish(events.SwitchDenied(one.account_id, one.pk, one.cause, one.is_reopening), one.account, one)
    return Decided(len(found), 0, len(set(ids)) - len(found))


def _waived(one: Judged, switch: Switch) -> dict[str, Any] | None:
    """What is said no to; nothing where the proposal has no ground any more."""
    return one.question(Cause(switch.cause)) if has_ground(one, switch) else None


@command(DECIDE_SWITCHES)
def approve_switch(actor: Actor, switch: Switch) -> Decided:
    """The same for one. Refuses (Refused) one that somebody has decided."""
    return _alone(approve_switches.inner(actor, ids=[switch.pk]))


@command(DECIDE_SWITCHES)
def deny_switch(actor: Actor, switch: Switch, *, reason: str) -> Decided:
    """The same for one, with the reason. Refuses (Refused) one that somebody has decided, (Invalid) no reason."""
    return _alone(deny_switches.inner(actor, ids=[switch.pk], reason=reason))


def _alone(decided: Decided) -> Decided:
    if decided.late:
        raise Refused("quota.switch_decided", _("This was decided before. Look at the list again."))
    return decided


def _locked(actor: Actor, ids: Sequence[UUID]) -> list[tuple[Judged, Switch]]:
    """Those that wait for a decision and that the actor may see, with their accounts locked, settled and looked at anew."""
    if not ids:
        raise Invalid({"": [_("Select at least one proposal.")]})
    if len(ids) > MOST_AT_ONCE:
        raise Invalid({"": [_("At most %(n)s proposals are decided at once.") % {"n": MOST_AT_ONCE}]})
    seen = Switch.objects.visible_to(actor).filter(pk__in=ids, state=Switch.State.PROPOSED)
    accounts = sorted(set(seen.values_list("account", flat=True)))
    chosen = set(ids)
    return [
        (one, switch)
        for one in judged_and_locked(actor, accounts)
        for switch in one.proposed.values()
        if switch.pk in chosen
    ]
