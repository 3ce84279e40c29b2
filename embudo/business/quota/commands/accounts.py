from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.quota import events, queries
from embudo.business.quota.commands.posting import judge_state, save_balance
from embudo.business.quota.commands.settling import locked_and_settled, next_settling
from embudo.business.quota.commands.stepping import check_four_eyes
from embudo.business.quota.models import (
    Account,
    Block,
    Change,
    LimitVersion,
    Policy,
    PolicyVersion,
    Reopening,
)
from embudo.business.quota.permissions import BLOCK, LIFT_BLOCK, OPEN_ACCOUNT, RUN_DAILY
from embudo.business.quota.queries.judging import figures_now
from embudo.business.quota.rules.periods import span_of, start_of
from embudo.business.quota.rules.states import OPEN_CHANGES, AccountState, Cause
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock, new_id


@dataclass(frozen=True)
class Limit:
    """What an account may spend a period from a day on: minor units, the tier it is called by, and where that comes from."""

    minor: int
    tier_name: str = ""
    change: UUID | None = None
    reason: str = ""


@command(OPEN_ACCOUNT)
def open_account(
    actor: Actor,
    customer: Company | Person,
    *,
    policy: Policy,
    reference: str = "",
    document_expires: date | None = None,
) -> Account:
    """
    A quota account, on which nobody may spend before a limit is set. A customer who had one under the policy has that one opened
    again, with its ledger, its holds and the history of its limits. Refuses (Refused) a second one, (Invalid) a
    reference that is taken, an archived policy and one without a version.
    """
    fresh = lock(policy)  # whoever publishes a version waits, and then finds the account
    if fresh.current is None or fresh.is_archived:
        raise Invalid({"policy": [_("Choose a policy that is in force.")]})
    mine = {"company" if isinstance(customer, Company) else "person": customer}
    theirs = Account.objects.filter(policy=fresh, **mine)
    if theirs.exclude(state=AccountState.CLOSED).exists():
        raise Refused("quota.has_account", _("This customer has an account under this policy already."))
    before = theirs.order_by("-closed").first()
    name = _free_reference(reference, before)
    try:
        with attempt():
            if before is None:
                account = create(_new_account(fresh.current, name, mine, document_expires))
            else:
                account = _opened_again(actor, before, name, document_expires)
    except IntegrityError:  # somebody was faster
        _free_reference(reference, before)
        raise
    publish(events.AccountOpened(account.pk, account.reference), account, customer)
    return account


def _free_reference(reference: str, account: Account | None) -> str:
    """The one to give it: its own again where none is named; "" where one is to be made up."""
    own = account.reference if account else ""
    name = reference.strip() or own
    if name != own and Account.objects.filter(reference=name).exists():
        raise Invalid({"reference": [_("This reference is taken. Choose another one.")]})
    return name


def _new_account(
    version: PolicyVersion,
    reference: str,
    mine: Mapping[str, Company | Person],
    document_expires: date | None,
) -> Account:
    number = new_id()
    today = clock.today()
    span = span_of(version.period, version.rolling_days, today)
    return Account(
        id=number,
        reference=reference or f"Q-{number.hex[-10:].upper()}",
        policy=version.policy,
        policy_version=version,
        currency=version.policy.currency,
        overdraft_minor=version.overdraft,
        ceiling_minor=version.overdraft,
        opened_on=today,
        document_expires=document_expires,
        period_start=span.starts,
        period_end=span.ends,
        settle_at=start_of(span.ends),
        **mine,
    )


def _opened_again(actor: Actor, account: Account, reference: str, document_expires: date | None) -> Account:
    """What was spent counts on and what holds it stays; the limit has to be set anew, measured by the one before."""
    fresh = locked_and_settled(actor, account)
    closed = fresh.closed or clock.now()
    create(Reopening(account=fresh, closed=closed, close_reason=fresh.close_reason, opened_by_id=actor.id))
    limits = LimitVersion.objects.filter(account=fresh, valid_to=None)
    limits.update(valid_to=clock.today(), updated=clock.now())
    expires = document_expires or fresh.document_expires
    update(fresh, reference=reference, document_expires=expires, closed=None, close_reason="", tier_name="")
    fresh.limit_minor, fresh.state = 0, AccountState.PENDING
    judge_state(fresh)
    save_balance(fresh)
    return fresh


@command(OPEN_ACCOUNT)
def edit_account(
    actor: Actor,
    account: Account,
    *,
    reference: str,
    document_expires: date | None = None,
    version: int | None = None,
) -> Account:
    """
    Its reference, and until when the customer's document is valid. Refuses (Invalid) a reference that is empty or taken, and
    (Refused) an account that was edited since it was read.
    """
    fresh = lock(account, version=version)
    name = reference.strip()
    taken = Invalid({"reference": [_("Choose a reference that no other account has.")]})
    if not name or Account.objects.filter(reference=name).exclude(pk=fresh.pk).exists():
        raise taken
    try:
        with attempt():
            update(fresh, reference=name, document_expires=document_expires)
    except IntegrityError:  # somebody was faster
        raise taken from None
    publish(events.AccountEdited(fresh.pk), fresh)
    return fresh


@command(OPEN_ACCOUNT)
def close_account(actor: Actor, account: Account, *, reason: str) -> Account:
    """
    Nothing is spent on it any more; what was is kept. Refuses (Invalid) no reason, (Refused) while authorisations or a change are
    open or a denial by the customer holds it, and an account that was closed before.
    """
    if not reason.strip():
        raise Invalid({"reason": [_("Say why the account is closed.")]})
    fresh = locked_and_settled(actor, account)
    if fresh.state == AccountState.CLOSED:
        raise Refused("quota.closed", _("This quota account is closed."))
    if fresh.held_minor:
        raise Refused("quota.open_holds", _("Open authorisations hold a part of it. Release them first."))
    if Change.objects.filter(account=fresh, state__in=OPEN_CHANGES).exists():
        raise Refused("quota.open_change", _("A change of this quota is open. Recall it first."))
    if Block.objects.filter(account=fresh, cause=Cause.DENIED, lifted=None).exists():
        raise Refused(
            "quota.denied", _("The customer denied a change. An approver has to lift the hold first.")
        )
    update(fresh, closed=clock.now(), close_reason=reason.strip())
    fresh.state = AccountState.CLOSED
    save_balance(fresh)
    publish(events.AccountClosed(fresh.pk, reason.strip()), fresh)
    return fresh


@command(RUN_DAILY)
def put_limit(actor: Actor, account: Account, *, limit: Limit) -> Account:
    """
    The limit in force from today on: the one before ends. Changes of quotas come here when their day is there. Lowering it may leave
    the account above; then nothing is authorised until it is below. Refuses (Refused) a closed account.
    """
    fresh = locked_and_settled(actor, account)
    if fresh.state == AccountState.CLOSED:
        raise Refused("quota.closed", _("This quota account is closed."))
    today = clock.today()
    before = LimitVersion.objects.filter(account=fresh, valid_to=None).first()
    if before is not None:
        LimitVersion.objects.filter(pk=before.pk).update(valid_to=today, updated=clock.now())
    create(
        LimitVersion(
            account=fresh,
            limit_minor=limit.minor,
            tier_name=limit.tier_name,
            policy_version_id=fresh.policy_version_id,
            valid_from=today,
            change=limit.change,
            reason=limit.reason,
        )
    )
    was, fresh.limit_minor = fresh.limit_minor, limit.minor
    Account.objects.filter(pk=fresh.pk).update(tier_name=limit.tier_name)
    fresh.tier_name = limit.tier_name
    judge_state(fresh)
    save_balance(fresh)
    publish(events.LimitPut(fresh.pk, was, limit.minor, fresh.currency, today), fresh)
    return fresh


@dataclass(frozen=True)
class Grounds:
    """Why an account is held, and by what it was judged."""

    cause: Cause
    reason: str = ""
    figures: dict[str, object] | None = None
    change: UUID | None = None
    is_by_run: bool = False


@command(BLOCK)
def block_account(actor: Actor, account: Account, *, grounds: Grounds) -> Block:
    """
    Holds the account at once; open authorisations may still be captured. One block a cause: a second one for the same cause answers
    the first. Refuses (Invalid) an officer's hold without a reason.
    """
    if grounds.cause == Cause.OFFICER and not grounds.reason.strip():
        raise Invalid({"reason": [_("Say why the account is held.")]})
    fresh = locked_and_settled(actor, account)
    known = Block.objects.filter(account=fresh, cause=grounds.cause, lifted=None).first()
    if known is not None:
        return known
    block = Block(
        account=fresh,
        cause=grounds.cause,
        reason=grounds.reason,
        figures=grounds.figures or {},
        change=grounds.change,
        is_by_run=grounds.is_by_run,
        placed_by_id=actor.id,
    )
    create(block)
    judge_state(fresh)
    save_balance(fresh)
    publish(events.AccountBlocked(fresh.pk, block.pk, grounds.cause), fresh)
    return block


@command(LIFT_BLOCK)
def lift_block(actor: Actor, block: Block, *, reason: str) -> Block:
    """
    Takes the hold off, with a reason. Refuses (Invalid) none, (Refused) a block that was lifted before, and one for a denial to
    who had asked for what the customer denied.
    """
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is lifted.")]})
    fresh = locked_and_settled(actor, block.account)
    if not Block.objects.filter(pk=block.pk, lifted=None).exists():
        raise Refused("quota.lifted", _("This was lifted before."))
    if actor.id is not None:
        for change in queries.denied_during(block):
            check_four_eyes(change, actor.id)
    lifted = {"lifted": clock.now(), "lifted_by_id": actor.id, "lift_reason": reason.strip()}
    update(block, **lifted, waived=figures_now(fresh, Cause(block.cause)))
    judge_state(fresh)
    fresh.settle_at = next_settling(fresh)
    save_balance(fresh)
    publish(events.BlockLifted(fresh.pk, block.pk, block.cause), fresh)
    return block
