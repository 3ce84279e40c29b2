from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Router
from pydantic import Field

from embudo.business.quota import commands, queries
from embudo.business.quota.api.keys import key_of, told_as_sent
from embudo.business.quota.api.shown import (
    AuthorizationOut,
    MovementOut,
    RefusalOut,
    SpendRequestOut,
    refused,
)
from embudo.business.quota.models import Account, Hold
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.rules.spending import LONGEST_HOLD, USUAL_HOLD, Spending
from embudo.business.quota.rules.states import HoldState
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Amount, Currency, In, MoneyIn
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money

router = Router(tags=["Quotas"])

Word = Annotated[str, Field(max_length=60)]
Seconds = Annotated[int, Field(ge=1, le=int(LONGEST_HOLD.total_seconds()), strict=True)]


class OfCustomer(MoneyIn):
    """On which quota: its reference or id, or the customer whose only one of the currency it is."""

    account: str = Field("", max_length=40, description="Its reference or id.", examples=["Q-0000000000"])
    customer: UUID | None = Field(None, description="The id of a company or person, instead of the account.")
    amount_minor: Amount = Field(description="In the currency's smallest unit: 120.00 USD is 12000.")

    def found(self, actor: Actor) -> Account:
        return queries.account_of(actor, account=self.account, customer=self.customer, currency=self.currency)


class MovementIn(OfCustomer):
    source: Word = Field("", description="What sends it.", examples=["pos-17"])
    note: str = Field("", max_length=140)


class AuthorizationIn(MovementIn):
    expires_in: Seconds = Field(
        int(USUAL_HOLD.total_seconds()), description="For how many seconds it is held."
    )


class Part(In):
    """The whole, or a part in the account's currency or that of the authorization."""

    amount_minor: Amount | None = Field(None, description="null = all of it.")
    currency: Currency | None = Field(None, description="null = the account's.")

    def money(self, hold: Hold) -> Money | None:
        if self.amount_minor is None:
            self._check_currency(hold)
            return None
        return Money(self.amount_minor, self.currency or hold.account.currency)

    def _check_currency(self, hold: Hold) -> None:
        if self.currency not in (None, hold.account.currency, hold.asked_currency):
            raise Invalid({"currency": [_("Send the amount in %s.") % hold.asked_currency]})


class CaptureIn(Part):
    keeps_rest: bool = Field(default=False, description="Whether what is not captured stays held.")


class RefundIn(Part):
    authorization_id: UUID
    note: str = Field("", max_length=140)


class RequestIn(OfCustomer):
    reason: str = Field(min_length=1, max_length=300)


def _afterwards(hold: Hold) -> Hold:
    hold.refresh_from_db()
    return hold


@router.post(
    "/quota/authorizations",
    response={201: AuthorizationOut, 409: RefusalOut},
    summary="Ask whether a customer may spend an amount, and hold it",
)
@operation(commands.authorise_spending, needs_key=True)
def create_authorization(request: Request, data: AuthorizationIn) -> Any:
    """
    201 holds the amount; 409 says why not, what is left, when the period ends and what may be done about it. Both stand: the same
    key and body have the same answer.
    """
    account = data.found(request.actor)
    lasts = timedelta(seconds=data.expires_in)
    asked = Spending(data.money(), lasts, key_of(request), data.source, data.note)
    with told_as_sent():
        hold = commands.authorise_spending(request.actor, account, asked=asked)
    return refused(request, account, hold) if hold.state == HoldState.REFUSED else hold


@router.get(
    "/quota/authorizations/{uuid:authorization_id}",
    response=AuthorizationOut,
    summary="Read an authorization",
)
@operation(VIEW_ACCOUNTS)
def read_authorization(request: Request, authorization_id: UUID) -> Any:
    return queries.authorisation(request.actor, authorization_id)


@router.post(
    "/quota/authorizations/{uuid:authorization_id}/capture",
    response=AuthorizationOut,
    summary="Spend what was held, the whole or a part",
)
@operation(commands.capture_hold, needs_key=True)
def capture_authorization(request: Request, authorization_id: UUID, data: CaptureIn) -> Any:
    """What is not captured is released, unless it is kept. 409 where it has ended or expired."""
    hold = queries.authorisation(request.actor, authorization_id)
    key = key_of(request)
    with told_as_sent():
        commands.capture_hold(
            request.actor, hold, amount=data.money(hold), keeps_rest=data.keeps_rest, key=key
        )
    return _afterwards(hold)


@router.post(
    "/quota/authorizations/{uuid:authorization_id}/release",
    response=AuthorizationOut,
    summary="Let go what is still held",
)
@operation(commands.release_hold, needs_key=True)
def release_authorization(request: Request, authorization_id: UUID) -> Any:
    hold = queries.authorisation(request.actor, authorization_id)
    with told_as_sent():
        commands.release_hold(request.actor, hold, key=key_of(request))
    return _afterwards(hold)


@router.post(
    "/quota/refunds", response={201: AuthorizationOut}, summary="Give back what was captured, or a part"
)
@operation(commands.refund_hold, needs_key=True)
def create_refund(request: Request, data: RefundIn) -> Any:
    """The policy says which quota it gives back: that of today, of the day it was spent, or none."""
    hold = queries.authorisation_sent(request.actor, data.authorization_id)
    key = key_of(request)
    with told_as_sent():
        commands.refund_hold(request.actor, hold, amount=data.money(hold), key=key, note=data.note)
    return _afterwards(hold)


@router.post("/quota/topups", response={201: MovementOut}, summary="Enter money that was paid in advance")
@operation(commands.top_up, needs_key=True)
def create_topup(request: Request, data: MovementIn) -> Any:
    account = data.found(request.actor)
    origin = commands.Origin(key_of(request), data.source, data.note)
    with told_as_sent():
        return commands.top_up(request.actor, account, amount=data.money(), origin=origin)


@router.post(
    "/quota/requests", response={201: SpendRequestOut}, summary="Ask an officer to let a customer spend more"
)
@operation(commands.ask_officer, needs_key=True)
def create_spend_request(request: Request, data: RequestIn) -> Any:
    """Where the policy offers it; what is approved becomes a top-up of the running period."""
    account = data.found(request.actor)
    with told_as_sent():
        return commands.ask_officer(request.actor, account, amount=data.money(), reason=data.reason)
