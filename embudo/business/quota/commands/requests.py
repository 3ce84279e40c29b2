from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.commands.funds import Origin, enter_top_up
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.models import Account, SpendRequest
from embudo.business.quota.permissions import ANSWER_REQUESTS, ASK_OFFICER
from embudo.business.quota.rules.amounts import BY_OFFICER, LARGEST, AtLimit
from embudo.business.quota.rules.states import SPENDABLE
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock


@command(ASK_OFFICER)
def ask_officer(actor: Actor, account: Account, *, amount: Money, reason: str) -> SpendRequest:
    """
    Asks an officer to let the customer spend `amount` more in the running period. Refuses (Invalid) another currency, an amount that
    is none, no reason; (Refused) where the policy does not offer it, an account that may not spend, and while one is waiting.
    """
    _check_asked(account, amount, reason)
    fresh = locked_and_settled(actor, account)
    if fresh.policy_version.at_limit != AtLimit.ASK:
        raise Refused("quota.not_offered", _("This policy does not let anybody ask for more."))
    if fresh.state not in SPENDABLE:
        raise Refused("quota.not_spendable", _("Nothing may be spent on this account now."))
    asker = actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None
    request = SpendRequest(
        account=fresh, amount_minor=amount.minor, reason=reason.strip()[:300], asked_by_id=asker
    )
    try:
        with attempt():
            create(request)
    except IntegrityError:
        raise Refused(
            "quota.asked_already", _("An officer was asked already. Wait for the answer.")
        ) from None
    publish(events.OfficerAsked(fresh.pk, request.pk, amount.minor, fresh.currency), fresh)
    return request


def _check_asked(account: Account, amount: Money, reason: str) -> None:
    if amount.currency != account.currency:
        raise Invalid({"currency": [_("This account is kept in %s.") % account.currency]})
    if not 0 < amount.minor <= LARGEST:
        raise Invalid({"amount": [_("Enter an amount above zero.")]})
    if not reason.strip():
        raise Invalid({"reason": [_("Say what it is needed for.")]})


@command(ANSWER_REQUESTS)
def approve_request(actor: Actor, request: SpendRequest, *, reason: str = "") -> SpendRequest:
    """
    Lets the customer spend what was asked for: a top-up that ends with the running period. Refuses (Refused) a request that was
    answered before, one's own, and an account that was closed since.
    """
    account, fresh = _both(actor, request)
    note = reason.strip() or fresh.reason
    origin = Origin(key=f"request:{fresh.pk}", source=BY_OFFICER, note=note)
    entry = enter_top_up(actor, account, account.money(fresh.amount_minor), origin)
    return _answer(actor, account, fresh, SpendRequest.State.APPROVED, reason=reason.strip(), entry=entry.pk)


@command(ANSWER_REQUESTS)
def deny_request(actor: Actor, request: SpendRequest, *, reason: str) -> SpendRequest:
    """Refuses (Invalid) no reason, (Refused) a request that was answered before."""
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is denied.")]})
    account, fresh = _both(actor, request)
    return _answer(actor, account, fresh, SpendRequest.State.DENIED, reason=reason.strip())


def _both(actor: Actor, request: SpendRequest) -> tuple[Account, SpendRequest]:
    """Locked in this order everywhere."""
    account = locked_and_settled(actor, request.account)
    fresh = lock(request)
    if fresh.state != SpendRequest.State.WAITING:
        raise Refused("quota.request_answered", _("This request was answered before."))
    if fresh.asked_by_id is not None and fresh.asked_by_id == actor.id:
        raise Refused("quota.own_request", _("Somebody else has to answer what you asked for."))
    return account, fresh


def _answer(
    actor: Actor, account: Account, request: SpendRequest, state: SpendRequest.State, **values: object
) -> SpendRequest:
    said = {"answer_reason": values.get("reason", ""), "entry": values.get("entry")}
    update(request, state=state, answered=clock.now(), answered_by_id=actor.id, **said)
    is_approved = state == SpendRequest.State.APPROVED
    amount = (request.amount_minor, account.currency)
    publish(events.SpendRequestAnswered(account.pk, request.pk, is_approved, *amount), account)
    return request
