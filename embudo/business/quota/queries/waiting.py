"""Which changes wait for somebody: as conditions of the database, where queries/acting.py looks at one change."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from embudo.business.quota.models import Change, Licence, Rehearsal, Signature, Tier
from embudo.business.quota.permissions import APPROVE_CHANGE, REHEARSE_CHANGE
from embudo.business.quota.queries.desk import GO_ON, MOST_COUNTED, desk
from embudo.business.quota.queries.licences import licences_in_force
from embudo.business.quota.rules.states import ChangeState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.record import RecordQuerySet

MOST_TOLD = 5  # on the dashboard


def changes_listed(actor: Actor) -> RecordQuerySet[Change]:
    """For lists, which name the columns they need."""
    return Change.objects.visible_to(actor)


def waiting_for(actor: Actor, found: Any = None) -> Any:
    """
    Those that go on only when the actor does something: approves as far as their licences reach, signs a rehearsal, or rehearses
    what was accepted.
    """
    rows = Change.objects.visible_to(actor) if found is None else found
    if actor.id is None:
        return rows.none()
    either = Q(pk__in=())
    covered = licensed_for(actor) if actor.may(APPROVE_CHANGE) or actor.may(REHEARSE_CHANGE) else either
    if actor.may(APPROVE_CHANGE):
        either |= (
            Q(state=ChangeState.UNDER_REVIEW)
            & _of_others(actor)
            & ~Q(_signed_by(actor, Signature.For.APPROVE))
            & covered
        )
    if actor.may(REHEARSE_CHANGE):
        either |= Q(state__in=(ChangeState.ACCEPTED, ChangeState.HELD)) | _to_sign(actor) & covered
    return rows.filter(either, state__in=GO_ON)


def waiting_count(actor: Actor) -> int:
    """How many wait for the actor; no more than a hundred are counted."""
    if not desk(actor).has_changes:
        return 0
    return len(waiting_for(actor).order_by().values_list("pk")[:MOST_COUNTED])


def waiting_told(actor: Actor) -> list[Change]:
    """The few that have waited longest."""
    rows = waiting_for(actor).select_related("account__company", "account__person", "asked_by")
    return list(rows.order_by("created", "pk")[:MOST_TOLD])


def held_back(actor: Actor) -> Any:
    """Those whose day came without a signature."""
    return Change.objects.visible_to(actor).filter(state=ChangeState.HELD)


def unsigned(actor: Actor) -> Any:
    """Those that will be held back on their day unless somebody signs."""
    scheduled = Change.objects.visible_to(actor).filter(state=ChangeState.SCHEDULED)
    return scheduled.filter(Exists(_unsigned_rehearsals()))


def held_back_told(actor: Actor) -> list[Change]:
    rows = held_back(actor).select_related("account__company", "account__person", "asked_by")
    return list(rows.order_by("applies_on", "pk")[:MOST_TOLD])


def held_back_counts(actor: Actor) -> tuple[int, int]:
    """(held back, scheduled without a signature), no more than a hundred of each."""
    found = [
        len(rows.order_by().values_list("pk")[:MOST_COUNTED]) for rows in (held_back(actor), unsigned(actor))
    ]
    return found[0], found[1]


def licensed_for(actor: Actor) -> Any:
    """Changes that a licence of the actor lets them approve today: rules.licences.lack as a condition."""
    today = clock.today()
    held = Licence.objects.filter(licences_in_force(today), person=actor.id, may_approve=True)
    either = Q(pk__in=())
    for one in held:
        either |= _covered_by(one)
    return either


def _covered_by(licence: Licence) -> Any:
    covered = Q(pk__isnull=False)
    if licence.policy_id is not None:
        covered &= Q(account__policy=licence.policy_id)
    if licence.currencies:
        covered &= Q(account__currency__in=licence.currencies)
    if licence.most_minor:
        covered &= Q(from_minor__lte=licence.most_minor, to_minor__lte=licence.most_minor)
    if licence.tiers:
        return covered & Q(to_tier__in=licence.tiers) & Q(from_tier__in=["", *licence.tiers])
    locked = Tier.objects.filter(
        Q(name=OuterRef("to_tier")) | Q(name=OuterRef("from_tier")),
        policy_version__policy=OuterRef("account__policy"),
        policy_version=F("policy_version__policy__current"),
        needs_licence=True,
    )
    return covered & ~Q(Exists(locked))


def _of_others(actor: Actor) -> Any:
    """What queries.requesters says of one change."""
    asked = Q(asked_by=actor.id, asked_by__isnull=False)
    named = Q(link__named_by=actor.id, link__named_by__isnull=False)
    return ~Q(_signed_by(actor, Signature.For.SUBMIT)) & ~asked & ~named


def _signed_by(actor: Actor, purpose: Signature.For) -> Any:
    """By the index that holds each of these once; `rehearsal` is named because it is of those without one."""
    return Exists(
        Signature.objects.filter(change=OuterRef("pk"), person=actor.id, purpose=purpose, rehearsal=None)
    )


def _unsigned_rehearsals(**narrowed: Any) -> Any:
    """Of the change at hand: the newest rehearsal, if nobody has signed it."""
    newest = Rehearsal.objects.filter(change=OuterRef("change")).order_by("-created", "-pk").values("pk")[:1]
    signed = Signature.objects.filter(rehearsal=OuterRef("pk"))
    return Rehearsal.objects.filter(~Exists(signed), change=OuterRef("pk"), pk=Subquery(newest), **narrowed)


def _to_sign(actor: Actor) -> Any:
    """Scheduled by a sound rehearsal, by others, that nobody has signed."""
    sound = Exists(_unsigned_rehearsals(has_breach=False))
    return Q(state=ChangeState.SCHEDULED) & _of_others(actor) & Q(sound)
