"""What a till asks about all day: by statements made once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.models import Account, Block, Hold, LedgerEntry, Outlook, Policy, PolicyVersion
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.queries.accounts import account_for, accounts_listed
from embudo.business.quota.queries.settled import Settled, settled
from embudo.business.quota.queries.standing import blocks_of, why_blocked
from embudo.business.quota.rules.refusals import refusal
from embudo.business.quota.rules.spending import offers
from embudo.business.quota.rules.states import AccountState
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.money import Money
from embudo.kernel.prepared import PreparedSight
from embudo.kernel.record import RecordQuerySet

Keyed = TypeVar("Keyed", Hold, LedgerEntry)
# Written out, as the index has it: a parameter would be looked at anew in each call.
NOTHING = RawSQL("''", ())


@dataclass(frozen=True)
class AccountFacts:
    """An account as of now, for a program: whether or not anybody has settled it."""

    account: Account
    now: Settled
    why_blocked: str
    outlook: Outlook | None = None


def _seen(actor: Actor) -> QuerySet[Account]:
    return Account.objects.visible_to(actor)


BY_REFERENCE = PreparedSight(VIEW_ACCOUNTS, lambda actor, reference: _seen(actor).filter(reference=reference))
BY_ID = PreparedSight(VIEW_ACCOUNTS, lambda actor, account_id: _seen(actor).filter(pk=account_id))


def _hold(actor: Actor, hold_id: UUID) -> QuerySet[Hold]:
    return Hold.objects.visible_to(actor).select_related("account").filter(pk=hold_id)


ONE_HOLD = PreparedSight(VIEW_ACCOUNTS, _hold)


def under_key(rows: QuerySet[Keyed], key: str, **place: Any) -> QuerySet[Keyed]:
    """
    What was entered under a caller's key at this `place` (an account: one row at most), nothing under an empty key. Says what the
    condition of the index says, word by word: SQLite finds no partial index otherwise, and reads all the rows of the account.
    """
    return rows.filter(key=key, **place).exclude(key=NOTHING)


def authorisation(actor: Actor, hold_id: UUID) -> Hold:
    """With its account. Refuses NotFound."""
    found = ONE_HOLD.seen(actor, hold_id=hold_id)
    if not found:
        raise NotFound
    one: Hold = found[0]
    return one


def account_named(actor: Actor, name: str) -> Account:
    """By its id or reference. Refuses NotFound."""
    account_id = _id_of(name)
    found = BY_ID.seen(actor, account_id=account_id) if account_id else []
    if not found and name.isprintable():  # the database takes no NUL
        found = BY_REFERENCE.seen(actor, reference=name)
    if not found:
        raise NotFound
    one: Account = found[0]
    return one


def _id_of(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def account_of(actor: Actor, *, account: str, customer: UUID | None, currency: str) -> Account:
    """
    As a till names it: the account, or the customer's one account of a currency; both only where they agree. Refuses (Invalid) by
    the name that was sent.
    """
    try:
        if not account:
            return account_for(actor, customer=customer, currency=currency)
        found = account_named(actor, account)
    except NotFound:
        field = "account" if account or customer is None else "customer"
        raise Invalid({field: [_("There is no such account, or you may not see it.")]}) from None
    if customer not in (None, found.customer_id):
        raise Invalid({"customer": [_("This account is another customer's.")]})
    return found


def refusal_of(account: Account, hold: Hold) -> Refused:
    """What a refused authorisation is told with, to a till and on an invoice alike."""
    causes = {block.cause for block in blocks_of(account)} if hold.refusal == "quota.held" else ()
    offered = offers(hold.refusal, settled(account).version.at_limit, causes)
    left = Money(hold.available_minor or 0, account.currency)
    return refusal(hold.refusal, left, hold.period_end, offered)


def authorisation_sent(actor: Actor, hold_id: UUID) -> Hold:
    """The same by an id in a body. Refuses (Invalid) by the name that was sent."""
    try:
        return authorisation(actor, hold_id)
    except NotFound:
        raise Invalid(
            {"authorization_id": [_("There is no such authorization, or you may not see it.")]}
        ) from None


def accounts_by(
    actor: Actor, *, state: str | None = None, policy: UUID | None = None
) -> RecordQuerySet[Account]:
    found = accounts_listed(actor)
    if state:
        found = found.filter(state=state)
    return found.filter(policy=policy) if policy else found


def account_facts(actor: Actor, name: str) -> AccountFacts:
    """By its reference or id, with all that is said about it. Refuses NotFound."""
    [found] = accounts_told([account_named(actor, name)])
    outlook = Outlook.objects.filter(account=found.account).first()
    return AccountFacts(found.account, found.now, found.why_blocked, outlook)


def accounts_told(accounts: Sequence[Account]) -> list[AccountFacts]:
    """Of those of a page: each further query is for all of them, but for what fell due since somebody looked."""
    policies = Policy.objects.select_related("current").in_bulk({one.policy_id for one in accounts})
    versions = PolicyVersion.objects.in_bulk({one.policy_version_id for one in accounts})
    held = [one.pk for one in accounts if one.state == AccountState.HELD]
    blocks: dict[UUID, list[Block]] = defaultdict(list)
    for block in Block.objects.filter(account__in=held, lifted=None).order_by("created") if held else ():
        blocks[block.account_id].append(block)
    for one in accounts:
        one.policy, one.policy_version = policies[one.policy_id], versions[one.policy_version_id]
    return [AccountFacts(one, settled(one), why_blocked(one, blocks[one.pk])) for one in accounts]
