from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.accounts import Limit, put_limit
from embudo.business.quota.commands.asking import tell_applied
from embudo.business.quota.commands.stepping import locked_change, move
from embudo.business.quota.models import Change
from embudo.business.quota.permissions import RUN_DAILY
from embudo.business.quota.rules.states import CLOSED_CHANGES, ChangeState, check_step
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish


@command(RUN_DAILY)
def apply_change(actor: Actor, change: Change) -> Change:
    """
    Puts the limit in force on its day, once: a change that has ended by now, applied or otherwise, is answered as it is. Unsigned it
    is held back; where a licence, the consent, the policy or the limit is no longer what it was, it fails. The state tells.
    Refuses (Refused) a change whose day is still to come, and one that is not scheduled.
    """
    fresh = locked_change(actor, change)
    if fresh.state in CLOSED_CHANGES:
        return fresh
    check_step(fresh.state, ChangeState.APPLIED)
    if fresh.applies_on is None or fresh.applies_on > clock.today():
        raise Refused("quota.not_yet", _("The day of this change is still to come."))
    if not queries.is_signed(fresh):
        return _held_back(fresh)
    found = queries.dry_run(fresh.account, fresh)["breaches"]
    if found:
        return _failed(fresh, found)
    return _apply(actor, fresh)


def _held_back(change: Change) -> Change:
    move(change, ChangeState.HELD)
    publish(events.ChangeHeldBack(change.pk), change, change.account)
    return change


def _failed(change: Change, found: list[dict[str, object]]) -> Change:
    """What stood against it is kept as codes, put into words for whoever reads them."""
    move(change, ChangeState.FAILED, breaches=found)
    publish(events.ChangeFailed(change.pk, tuple(str(one["code"]) for one in found)), change, change.account)
    return change


def _apply(actor: Actor, change: Change) -> Change:
    limit = Limit(change.to_minor, change.to_tier, change.pk, change.reason[:300])
    put_limit.inner(actor, change.account, limit=limit)
    move(change, ChangeState.APPLIED)
    amounts = (change.from_minor, change.to_minor, change.account.currency)
    publish(events.ChangeApplied(change.pk, change.account_id, *amounts), change, change.account)
    tell_applied(actor, change)
    return change


@command(RUN_DAILY)
def mark_informed(actor: Actor, change: Change) -> Change:
    """A mail server has taken over the mail that says the change is applied. Nothing where it is not applied, or was told before."""
    fresh = locked_change(actor, change)
    if fresh.state == ChangeState.APPLIED:
        move(fresh, ChangeState.INFORMED)
        publish(events.CustomerInformed(fresh.pk), fresh, fresh.account)
    return fresh


@command(RUN_DAILY)
def mark_uninformed(actor: Actor, change: Change) -> Change:
    """
    The mail that says the change is applied came back, be it after a server had taken it over: the customer counts as not informed,
    and whoever is concerned is told. Nothing where it is not applied, or they were told by phone since.
    """
    fresh = locked_change(actor, change)
    if fresh.state not in (ChangeState.APPLIED, ChangeState.INFORMED) or queries.is_told_by_phone(fresh):
        return fresh
    if fresh.state == ChangeState.INFORMED:
        move(fresh, ChangeState.APPLIED)
    publish(events.CustomerNotInformed(fresh.pk), fresh, fresh.account)
    return fresh
