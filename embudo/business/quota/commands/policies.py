from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.models import Account, ExchangeRate, Policy, PolicyVersion, Tier
from embudo.business.quota.permissions import EDIT_POLICIES
from embudo.business.quota.rules.amounts import LARGEST, RATE_SCALE
from embudo.business.quota.rules.terms import USUAL_THRESHOLDS, Terms, TierTerms, faults_of_terms
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, create_all, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.money import Rate, is_currency, round_half_up
from embudo.kernel.record import lock

__all__ = ["Terms", "TierTerms", "archive_policy", "define_policy", "enter_rate", "publish_version"]

BEFORE_ANY_CALL = timedelta(hours=1)  # one that waits for its account has read the clock before


@command(EDIT_POLICIES)
def define_policy(actor: Actor, *, name: str, currency: str, terms: Terms) -> Policy:
    """A policy with its first version, in force from today. Refuses (Invalid) a name that is empty or taken, an unknown currency."""
    title = name.strip()
    faults: dict[str, list[Any]] = {}
    if not title or Policy.objects.filter(name=title).exists():
        faults["name"] = [_("Choose a name that no other policy has.")]
    if not is_currency(currency):
        faults["currency"] = [_("Enter the three letters of a currency, such as EUR.")]
    if faults:
        raise Invalid(faults | faults_of_terms(terms))
    policy = create(Policy(name=title, currency=currency))
    publish(events.PolicyDefined(policy.pk, title), policy)
    publish_version.inner(actor, policy, terms=terms)
    return policy


@command(EDIT_POLICIES)
def publish_version(
    actor: Actor, policy: Policy, *, terms: Terms, version: int | None = None
) -> PolicyVersion:
    """
    What the policy says from today on. Its accounts are judged by it as soon as they are looked at. Refuses (Invalid) terms that
    contradict each other, and Stale when `version` (of the policy, as it was read) is no longer current.
    """
    fresh = lock(policy, version=version)
    values = _checked(terms)
    number = PolicyVersion.objects.filter(policy=fresh).count() + 1
    made = create(PolicyVersion(policy=fresh, number=number, valid_from=clock.today(), **values))
    tiers = [replace(one, name=one.name.strip()) for one in terms.tiers]
    create_all([Tier(policy_version=made, **vars(one)) for one in tiers])
    update(fresh, current=made)
    # All of them, also what is due already: somebody may be settling it by the version before, and is waited for.
    Account.objects.filter(policy=fresh).update(settle_at=clock.now() - BEFORE_ANY_CALL)
    publish(events.PolicyVersionPublished(fresh.pk, made.pk, number), fresh)
    policy.current, policy.version = made, fresh.version
    return made


def _checked(terms: Terms) -> dict[str, Any]:
    values = {"thresholds": list(USUAL_THRESHOLDS)} | terms.values
    faults = faults_of_terms(Terms(values, terms.tiers))
    if faults:
        raise Invalid(faults)
    return values


@command(EDIT_POLICIES)
def archive_policy(actor: Actor, policy: Policy, *, is_archived: bool = True) -> Policy:
    """Nobody opens accounts under it any more; those that stand go on."""
    update(policy, is_archived=is_archived)
    publish(events.PolicyArchived(policy.pk, is_archived), policy)
    return policy


@command(EDIT_POLICIES)
def enter_rate(actor: Actor, *, currency: str, into: str, rate: Rate, valid_from: date) -> ExchangeRate:
    """
    What one unit of `currency` is worth in `into`, from a day on; rates are never overwritten. Refuses (Invalid) unknown or equal
    currencies, a rate that is not above zero, and a second one for the same day.
    """
    faults: dict[str, list[Any]] = {}
    if not is_currency(currency) or not is_currency(into) or currency == into:
        faults["currency"] = [_("Choose two different currencies.")]
    scaled = round_half_up(rate * RATE_SCALE)
    if not 0 < scaled < LARGEST:
        faults["rate"] = [_("Enter a rate above zero.")]
    if ExchangeRate.objects.filter(currency=currency, into=into, valid_from=valid_from).exists():
        faults["valid_from"] = [_("There is a rate from that day already. Choose a later day.")]
    if faults:
        raise Invalid(faults)
    made = create(ExchangeRate(currency=currency, into=into, rate=scaled, valid_from=valid_from))
    publish(events.RateEntered(made.pk, currency, into), made)
    return made
