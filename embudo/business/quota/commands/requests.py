from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events
from embudo.business.quota.commands.funds import Origin, enter_top_up
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.commands.spending import check_not_closed
from embudo.business.quota.models import Account, PortalLink, SpendRequest
from embudo.business.quota.permissions import ANSWER_REQUESTS, ASK_OFFICER, TOP_UP
from embudo.business.quota.rules.amounts import BY_OFFICER, AtLimit
from embudo.business.quota.rules.spending import check_amount
from embudo.business.quota.rules.states import SPENDABLE
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock


@command(ASK_OFFICER)
def ask_officer(actor: Actor, account: Account, *, amount: Money, reason: str) -> SpendRequest:
    """
    Asks an officer to let the customer spend `amount` more in the running period. Refuses (Invalid) another currency, an amount that
    is none, no reason; (Refused) where the policy does not offer it, an account that may not spend, and while one is waiting.
    """
    return ask_for_more(actor, account, amount, reason)


def ask_for_more(
    actor: Actor, account: Account, amount: Money, reason: str, *, link: PortalLink | None = None
) -> SpendRequest:
    """What colleagues, tills and customers by their `link` have in common. Only customers ask to pay in advance: others enter it."""
    _check_asked(account, amount, reason)
    fresh = locked_and_settled(actor, account)
    check_not_closed(fresh)
    offered = fresh.policy_version.at_limit
    if offered not in ((AtLimit.ASK, AtLimit.TOPUP) if link else (AtLimit.ASK,)):
        raise Refused("quota.not_offered", _("This policy does not let anybody ask for more."))
    if fresh.state not in SPENDABLE:
        raise Refused("quota.not_spendable", _("Nothing may be spent on this account now."))
    asker = actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None
    request = SpendRequest(
        account=fresh,
        amount_minor=amount.minor,
        reason=reason.strip()[:300],
        asked_by_id=asker,
        link=link,
        is_prepaid=offered == AtLimit.TOPUP,
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
    check_amount(amount.minor)
    if not reason.strip():
        raise Invalid({"reason": [_("Say what it is needed for.")]})


@command(ANSWER_REQUESTS)
def approve_request(actor: Actor, request: SpendRequest, *, reason: str = "") -> SpendRequest:
    """
    Lets the customer spend what was asked for: a top-up that ends with the running period, or one that is paid in advance, once it
    was paid. Refuses (Refused) a request that was answered before, one's own, and an account that was closed since; of one that is
    paid in advance (Invalid) no word about the payment, (Forbidden) who may enter no top-up.
    """
    account, fresh = _both(actor, request)
    if fresh.is_prepaid:
        _check_paid(actor, reason)
    note = reason.strip() or fresh.reason
    origin = Origin(key=f"request:{fresh.pk}", source="" if fresh.is_prepaid else BY_OFFICER, note=note)
    entry = enter_top_up(actor, account, account.money(fresh.amount_minor), origin)
    return _answer(actor, account, fresh, SpendRequest.State.APPROVED, reason=reason.strip(), entry=entry.pk)


def _check_paid(actor: Actor, reason: str) -> None:
    if not actor.may(TOP_UP):
        raise Forbidden(TOP_UP.code)
    if not reason.strip():
        raise Invalid({"reason": [_("Say how it was paid.")]})


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
    named = fresh.link.named_by_id if fresh.link else None
    if actor.id is not None and actor.id in (fresh.asked_by_id, named):
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
