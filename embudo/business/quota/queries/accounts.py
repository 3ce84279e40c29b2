from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.quota.models import Account, Block, Change, Hold
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.rules.states import AccountState, Cause, ChangeState
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.prepared import PreparedSight, found_one
from embudo.kernel.record import RecordQuerySet


def accounts(actor: Actor) -> RecordQuerySet[Account]:
    return Account.objects.visible_to(actor).select_related("company", "person", "policy")


def accounts_listed(actor: Actor) -> RecordQuerySet[Account]:
    """For lists, which name the columns they need."""
    return Account.objects.visible_to(actor)


def searched(found: QuerySet[Account], words: str) -> QuerySet[Account]:
    """By reference or the customer's name, every word."""
    for word in words.split():
        companies = Company.objects.all().matching(word).values("pk")
        people = Person.objects.all().matching(word).values("pk")
        found = found.filter(Q(reference__icontains=word) | Q(company__in=companies) | Q(person__in=people))
    return found


ACCOUNT = PreparedSight(
    VIEW_ACCOUNTS,
    lambda actor, pk: accounts(actor).select_related("policy__current", "policy_version").filter(pk=pk),
)


def account(actor: Actor, account_id: UUID) -> Account:
    """With what judges it."""
    return found_one(ACCOUNT.seen(actor, pk=account_id))  # type: ignore[no-any-return]


def account_for(actor: Actor, *, customer: UUID | None, currency: str = "") -> Account:
    """
    The customer's one account of a currency, as a till names it. Refuses NotFound, and (Invalid) no customer, and one with
    several accounts that the currency does not tell apart.
    """
    seen = Account.objects.visible_to(actor)
    if customer is None:
        raise Invalid({"account": [_("Name the account or the customer.")]})
    theirs = list(
        seen.filter(Q(company=customer) | Q(person=customer)).exclude(state=AccountState.CLOSED)[:20]
    )
    same = [one for one in theirs if one.currency == currency] or theirs
    if not same:
        raise NotFound
    if len(same) > 1:
        raise Invalid({"account": [_("This customer has several accounts. Name one of them.")]})
    return same[0]


def hold(actor: Actor, hold_id: UUID) -> Hold:
    found = Hold.objects.visible_to(actor).select_related("account").filter(pk=hold_id).first()
    if found is None:
        raise NotFound
    return found


def block(actor: Actor, block_id: UUID) -> Block:
    found = Block.objects.visible_to(actor).select_related("account").filter(pk=block_id).first()
    if found is None:
        raise NotFound
    return found


def denied_during(block: Block) -> list[Change]:
    """What the customer denied while a hold for a denial stood: the one it was put for, and others since."""
    if block.cause != Cause.DENIED:
        return []
    denied = Change.objects.filter(account=block.account_id, state=ChangeState.DENIED)
    return list(denied.filter(Q(pk=block.change) | Q(ended__gte=block.created)))
