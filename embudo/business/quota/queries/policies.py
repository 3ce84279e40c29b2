from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from embudo.business.quota.models import Account, ExchangeRate, Policy, PolicyVersion, Tier
from embudo.business.quota.rules.states import AccountState
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.record import RecordQuerySet

MOST_VERSIONS = 12  # side by side on a page
STANDING = ~Q(accounts__state=AccountState.CLOSED)


def policies(actor: Actor) -> RecordQuerySet[Policy]:
    return Policy.objects.visible_to(actor)


def policy(actor: Actor, policy_id: UUID) -> Policy:
    found = policies(actor).select_related("current").filter(pk=policy_id).first()
    if found is None:
        raise NotFound
    return found


def policies_in_force(actor: Actor) -> RecordQuerySet[Policy]:
    """Those under which accounts may be opened."""
    return policies(actor).filter(is_archived=False, current__isnull=False).order_by("name")


def accounts_by_policy(policy_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many accounts that are not closed stand under each. One query."""
    found = Policy.objects.filter(pk__in=policy_ids).annotate(n=Count("accounts", filter=STANDING))
    return dict(found.values_list("pk", "n"))


@dataclass(frozen=True)
class Version:
    """A version with its tiers from the lowest limit up, and how many accounts it judges now."""

    version: PolicyVersion
    tiers: Sequence[Tier]
    accounts: int


def versions_of(actor: Actor, policy: Policy, *, most: int = MOST_VERSIONS) -> list[Version]:
    """The newest versions, newest first, each with its tiers."""
    found = list(PolicyVersion.objects.visible_to(actor).filter(policy=policy).order_by("-number")[:most])
    ids = [one.pk for one in found]
    ladders: dict[UUID, list[Tier]] = {pk: [] for pk in ids}
    for tier in Tier.objects.filter(policy_version__in=ids).order_by("limit_minor", "pk"):
        ladders[tier.policy_version_id].append(tier)
    judged: Any = Account.objects.filter(policy=policy).exclude(state=AccountState.CLOSED)
    counts = dict(judged.values_list("policy_version").annotate(n=Count("pk")).order_by())
    return [Version(one, ladders[one.pk], counts.get(one.pk, 0)) for one in found]


def tiers_of(version: PolicyVersion) -> list[Tier]:
    """From the lowest limit up."""
    return list(Tier.objects.filter(policy_version=version).order_by("limit_minor", "pk"))


def tier_names(actor: Actor) -> list[str]:
    """Of every policy's current version, each once: what a licence may name."""
    current = policies(actor).filter(current__isnull=False).values("current")
    return sorted(set(Tier.objects.filter(policy_version__in=current).values_list("name", flat=True)))


def policy_currencies(actor: Actor) -> list[str]:
    return sorted(set(policies(actor).values_list("currency", flat=True)))


def exchange_rates(actor: Actor) -> RecordQuerySet[ExchangeRate]:
    return ExchangeRate.objects.visible_to(actor)


def exchange_rate(actor: Actor, rate_id: UUID) -> ExchangeRate:
    return ExchangeRate.objects.one(actor, rate_id)
