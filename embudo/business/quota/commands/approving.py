from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.commands.asking import ask_customer, tell_declined, tell_notice
from embudo.business.quota.commands.stepping import (
    check_four_eyes,
    colleague_of,
    licence_for,
    locked_change,
    move,
    sign,
)
from embudo.business.quota.models import Change, Signature
from embudo.business.quota.permissions import APPROVE_CHANGE
from embudo.business.quota.rules.answers import first_day
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import ChangeState, check_step
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish


@command(APPROVE_CHANGE)
def approve_change(actor: Actor, change: Change, *, note: str = "") -> Change:
    """
    Puts one's name to a change under review. With as many as its size needs it is approved, and the customer is asked, or told
    where the policy asks no consent. Refuses (Refused) who asked for it, who approved it before, and who is not licensed.
    """
    person = colleague_of(actor)
    fresh = locked_change(actor, change)
    check_step(fresh.state, ChangeState.APPROVED)
    check_four_eyes(fresh, person)
    approvals = Signature.objects.filter(change=fresh, purpose=Signature.For.APPROVE)
    if approvals.filter(person=person).exists():
        raise Refused("quota.approved_before", _("You have approved this. Somebody else has to do it, too."))
    licence = licence_for(fresh, person, Purpose.APPROVE)
    sign(fresh, person, Signature.For.APPROVE, licence, note=note.strip()[:300])
    count = approvals.count()
    publish(events.ChangeSigned(fresh.pk, person, count, fresh.approvers), fresh, fresh.account)
    if count >= fresh.approvers:
        _approved(actor, fresh)
    return fresh


def _approved(actor: Actor, change: Change) -> None:
    version, today = change.policy_version, clock.today()
    applies_on = first_day(change.wanted, today, version.notice_days, today)
    if version.needs_consent:
        move(change, ChangeState.APPROVED, ChangeState.AWAITING, applies_on=applies_on)
        publish(events.ChangeApproved(change.pk), change, change.account)
        ask_customer(actor, change)
        return
    move(change, ChangeState.APPROVED, ChangeState.ACCEPTED, applies_on=applies_on)
    publish(events.ChangeApproved(change.pk), change, change.account)
    publish(events.ChangeAccepted(change.pk, ""), change, change.account)
    if version.notice_days:
        tell_notice(actor, change)


@command(APPROVE_CHANGE)
def reject_change(actor: Actor, change: Change, *, reason: str) -> Change:
    """Ends a change under review. Refuses (Invalid) no reason, (Refused) who asked for it: they recall it, and who is not licensed."""
    person = colleague_of(actor)
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is rejected.")]})
    fresh = locked_change(actor, change)
    check_step(fresh.state, ChangeState.REJECTED)
    check_four_eyes(fresh, person)
    licence_for(fresh, person, Purpose.APPROVE)
    move(fresh, ChangeState.REJECTED, ended_reason=reason.strip()[:1000])
    publish(events.ChangeRejected(fresh.pk), fresh, fresh.account)
    tell_declined(actor, fresh)
    return fresh
