from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.stepping import (
    check_four_eyes,
    colleague_of,
    licence_for,
    locked_change,
    move,
    sign,
)
from embudo.business.quota.models import Change, Rehearsal, Signature
from embudo.business.quota.permissions import REHEARSE_CHANGE
from embudo.business.quota.rules.answers import first_day
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import ChangeState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish


@command(REHEARSE_CHANGE)
def rehearse_change(actor: Actor, change: Change) -> Rehearsal:
    """
    A dry run on today's data, kept on the change, which is scheduled for its day: tomorrow at the earliest. It waits for a signature
    then; a newer rehearsal needs a new one. Refuses (Refused) a change that was not accepted.
    """
    fresh = locked_change(actor, change)
    today = clock.today()
    asked = queries.told_on(fresh) or today
    applies_on = first_day(fresh.wanted, asked, fresh.policy_version.notice_days, today)
    result = queries.dry_run(fresh.account, fresh)
    made = create(Rehearsal(change=fresh, day=today, result=result, has_breach=bool(result["breaches"])))
    move(fresh, ChangeState.REHEARSED, ChangeState.SCHEDULED, applies_on=applies_on)
    told = events.ChangeRehearsed(fresh.pk, made.pk, made.has_breach, applies_on)
    publish(told, fresh, fresh.account)
    return made


@command(REHEARSE_CHANGE)
def sign_rehearsal(actor: Actor, change: Change) -> Change:
    """
    Puts one's name to the newest rehearsal: without it the change is not applied. Refuses (Refused) one with a breach, one that is
    no longer true, who asked for the change, and who is not licensed to approve it.
    """
    person = colleague_of(actor)
    fresh = locked_change(actor, change)
    rehearsal = queries.newest_rehearsal(fresh)
    if fresh.state != ChangeState.SCHEDULED or rehearsal is None:
        raise Refused("quota.not_rehearsed", _("Rehearse this change first."))
    check_four_eyes(fresh, person)
    if rehearsal.has_breach:
        raise Refused(
            "quota.breach", _("The rehearsal found what stands against it. Mend that, then rehearse again.")
        )
    if queries.essence(queries.dry_run(fresh.account, fresh)) != queries.essence(rehearsal.result):
        raise Refused("quota.rehearsal_old", _("Things have changed since the rehearsal. Rehearse again."))
    licence = licence_for(fresh, person, Purpose.APPROVE)
    if not Signature.objects.filter(rehearsal=rehearsal.pk, person=person).exists():
        sign(fresh, person, Signature.For.REHEARSAL, licence, rehearsal=rehearsal.pk)
        publish(events.RehearsalSigned(fresh.pk, rehearsal.pk, person), fresh, fresh.account)
    return fresh
