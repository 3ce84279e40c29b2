from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.models import Change, Licence, Policy, Tier
from embudo.business.quota.permissions import GRANT_LICENCES
from embudo.business.quota.rules.amounts import LARGEST
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.money import is_currency
from embudo.kernel.record import lock


@dataclass(frozen=True)
class LicenceTerms:
    """
    What a licence allows, as models.Licence: no `policy` is every policy, no `tiers` every tier that needs no licence of its own,
    no `currencies` every currency, `most_minor` 0 any amount. `valid_to` is the last day.
    """

    valid_from: date
    valid_to: date | None = None
    policy: Policy | None = None
    tiers: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    most_minor: int = 0
    may_submit: bool = True
    may_approve: bool = True


@command(GRANT_LICENCES)
def grant_licence(actor: Actor, *, person: User, licence: LicenceTerms) -> Licence:
    """
    Lets somebody ask for or approve changes of quotas. Refuses (Invalid) one for nothing, for days that do not follow each other,
    unknown currencies and tiers, somebody who may not sign in; (Refused) a licence for oneself.
    """
    if person.pk == actor.id:
        raise Refused("quota.own_licence", _("Another administrator has to grant you a licence."))
    _check(person, licence)
    made = create(
        Licence(
            person=person,
            policy=licence.policy,
            tiers=sorted(set(licence.tiers)),
            currencies=sorted(set(licence.currencies)),
            most_minor=licence.most_minor,
            may_submit=licence.may_submit,
            may_approve=licence.may_approve,
            valid_from=licence.valid_from,
            valid_to=licence.valid_to,
        )
    )
    publish(events.LicenceGranted(made.pk, person.pk), made)
    return made


def _check(person: User, terms: LicenceTerms) -> None:
    faults: dict[str, list[Any]] = {}
    if not person.is_active:
        faults["person"] = [_("Choose somebody who may sign in.")]
    if not (terms.may_submit or terms.may_approve):
        faults["may_submit"] = [_("Choose what the licence is for.")]
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        faults["valid_to"] = [_("Choose a last day that is not before the first.")]
    if not all(is_currency(one) for one in terms.currencies):
        faults["currencies"] = [_("Choose currencies.")]
    if not 0 <= terms.most_minor <= LARGEST:
        faults["most_minor"] = [_("Enter an amount of zero or more.")]
    known = Tier.objects.filter(name__in=terms.tiers)
    if terms.policy is not None:
        known = known.filter(policy_version__policy=terms.policy)
    if set(terms.tiers) - set(known.values_list("name", flat=True)):
        faults["tiers"] = [_("Choose tiers of the policy.")]
    if faults:
        raise Invalid(faults)


@command(GRANT_LICENCES)
def end_licence(actor: Actor, licence: Licence, *, last_day: date | None = None) -> Licence:
    """At once, or after a day to come. Refuses (Refused) one that has ended, (Invalid) a day that is past."""
    fresh, today = lock(licence), clock.today()
    if fresh.valid_to is not None and fresh.valid_to < today:
        raise Refused("quota.licence_ended", _("This licence has ended."))
    if last_day is not None and last_day < today:
        raise Invalid({"last_day": [_("Choose today or a later day.")]})
    update(fresh, valid_to=last_day or today - timedelta(days=1))
    publish(events.LicenceEnded(fresh.pk, fresh.person_id), fresh)
    return fresh


@command(GRANT_LICENCES)
def suspend_licence(actor: Actor, licence: Licence, *, reason: str, change: Change | None = None) -> Licence:
    """Nothing is covered by it until it is restored; a second time changes nothing. Refuses (Invalid) no reason."""
    if not reason.strip():
        raise Invalid({"reason": [_("Say why the licence is suspended.")]})
    fresh = lock(licence)
    if fresh.suspended is None:
        change_id = change.pk if change else None
        update(
            fresh,
            suspended=clock.now(),
            suspended_for=reason.strip()[:300],
            suspended_by_change=change_id,
        )
        publish(events.LicenceSuspended(fresh.pk, fresh.person_id, change_id), fresh)
    return fresh


@command(GRANT_LICENCES)
def restore_licence(actor: Actor, licence: Licence, *, reason: str) -> Licence:
    """
    A suspended licence holds again; why stands in the log. Refuses (Invalid) no reason, (Refused) one that is not suspended and
    one's own.
    """
    if not reason.strip():
        raise Invalid({"reason": [_("Say why the licence is restored.")]})
    fresh = lock(licence)
    if fresh.person_id == actor.id:
        raise Refused("quota.own_licence", _("Another administrator has to restore your licence."))
    if fresh.suspended is None:
        raise Refused("quota.not_suspended", _("This licence is not suspended."))
    update(fresh, suspended=None, suspended_for="", suspended_by_change=None)
    publish(events.LicenceRestored(fresh.pk, fresh.person_id, reason.strip()[:300]), fresh)
    return fresh
