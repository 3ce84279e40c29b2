from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from embudo.business.quota.models import Change, Licence, Tier
from embudo.business.quota.rules.licences import Deed, Lack, Purpose, Warrant, lack, nearest_lack
from embudo.foundation.access.models import RoleMember, User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Permission
from embudo.kernel.record import RecordQuerySet


def licences(actor: Actor) -> RecordQuerySet[Licence]:
    return Licence.objects.visible_to(actor).select_related("person", "policy")


def licence(actor: Actor, licence_id: UUID) -> Licence:
    found = licences(actor).filter(pk=licence_id).first()
    if found is None:
        raise NotFound
    return found


def licences_in_force(day: date) -> Q:
    """Those that neither ended nor are suspended; one that begins later is not among them."""
    return Q(suspended=None, valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))


def warrant_of(one: Licence) -> Warrant:
    return Warrant(
        policy=one.policy_id,
        tiers=tuple(one.tiers),
        currencies=tuple(one.currencies),
        most=one.most_minor,
        may_submit=one.may_submit,
        may_approve=one.may_approve,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        is_suspended=one.suspended is not None,
    )


def deed_of(change: Change, purpose: Purpose, day: date | None = None) -> Deed:
    """What somebody puts their name to, by the tiers of the policy as it stands now."""
    account = change.account
    locked = Tier.objects.filter(
        policy_version__policy=account.policy_id,
        policy_version=F("policy_version__policy__current"),
        needs_licence=True,
    )
    return Deed(
        purpose=purpose,
        policy=account.policy_id,
        currency=account.currency,
        day=day or clock.today(),
        from_minor=change.from_minor,
        to_minor=change.to_minor,
        from_tier=change.from_tier,
        to_tier=change.to_tier,
        locked=frozenset(locked.values_list("name", flat=True)),
    )


def licence_covering(person_id: UUID, deed: Deed) -> tuple[Licence | None, Lack | None]:
    """A licence of theirs that covers the deed, else why none does. Whoever may not sign in any more has none."""
    held = list(
        Licence.objects.filter(person_id=person_id, person__is_active=True).order_by("valid_from", "pk")
    )
    warrants = [(one, warrant_of(one)) for one in held]
    found = next((one for one, warrant in warrants if lack(warrant, deed) is None), None)
    return found, None if found else nearest_lack([warrant for _one, warrant in warrants], deed)


def licensed_people(deed: Deed, *, but: Any = ()) -> QuerySet[User]:
    """Who could put their name to it today."""
    held = Licence.objects.filter(licences_in_force(deed.day), person__is_active=True).exclude(person__in=but)
    fit = {one.person_id for one in held if lack(warrant_of(one), deed) is None}
    return User.objects.filter(pk__in=fit).order_by("name", "pk")  # type: ignore[no-any-return]


def people_who_may(permission: Permission) -> set[UUID]:
    """Everybody with a role that grants it."""
    held = RoleMember.objects.filter(role__grants__permission=permission.code, user__is_active=True)
    return set(held.values_list("user_id", flat=True))
