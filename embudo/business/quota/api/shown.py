"""How programs are told about authorisations, movements and refusals."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from pydantic import AliasPath, Field

from embudo.business.quota import queries
from embudo.business.quota.models import Account, Hold
from embudo.business.quota.rules.refusals import refusal
from embudo.business.quota.rules.spending import offers
from embudo.business.quota.rules.states import HoldState
from embudo.foundation.rest.problems import problem
from embudo.foundation.rest.schemas import Out, Problem
from embudo.kernel.money import Money

PATHS = {"topup": "/api/v1/quota/topups", "officer": "/api/v1/quota/requests"}
RATE = "What one unit of the other currency was worth, in 1/100 000 000; null where it is the account's own."


class AuthorizationOut(Out):
    """An amount that is held for a while, and what became of it. Amounts are in the account's currency."""

    id: UUID
    account_id: UUID
    account: Annotated[str, Field(validation_alias=AliasPath("account", "reference"))]
    state: Annotated[HoldState, Field(validation_alias="state_now")]
    currency: Annotated[str, Field(validation_alias=AliasPath("account", "currency"))]
    amount_minor: int
    held_minor: int = Field(description="What it still holds.")
    captured_minor: int
    refunded_minor: int
    asked_minor: int
    asked_currency: str
    rate: int | None = Field(description=RATE)
    expires: datetime
    source: str
    note: str
    created: datetime
    version: int


class OfferOut(Out):
    """What may be done about a refusal."""

    kind: Literal["topup", "officer", "change"]
    text: str
    path: str | None = Field(description="Where to send it; null where people do it on a page.")


class RefusalOut(Problem):
    """Not authorised. The same key and body are answered with this again; without an authorization nothing stands."""

    authorization_id: UUID | None = None
    account_id: UUID | None = None
    available_minor: int | None = Field(None, description="What may still be spent.")
    currency: str | None = None
    period_end: date | None = Field(None, description="The first day of the next period.")
    offers: list[OfferOut] = Field([], description="What may be done about it.")


class MovementOut(Out):
    """What was entered in the ledger."""

    id: UUID
    account_id: UUID
    kind: str
    amount_minor: int
    currency: Annotated[str, Field(validation_alias=AliasPath("account", "currency"))]
    available_minor: int = Field(description="What may be spent afterwards.")
    value_date: date
    source: str
    note: str
    created: datetime


class SpendRequestOut(Out):
    id: UUID
    account_id: UUID
    state: str
    amount_minor: int
    currency: Annotated[str, Field(validation_alias=AliasPath("account", "currency"))]
    reason: str
    created: datetime
    version: int


def refused(request: HttpRequest, account: Account, hold: Hold) -> HttpResponse:
    """In the words that an invoice and the portal use too."""
    left = Money(hold.available_minor or 0, account.currency)
    told = refusal(hold.refusal, left, hold.period_end)
    at_limit = queries.settled(account).version.at_limit
    return problem(
        request,
        409,
        told.code,
        str(told.message),
        authorization_id=str(hold.pk),
        account_id=str(account.pk),
        **told.facts,
        offers=[
            {"kind": one, "text": _offer(one), "path": PATHS.get(one)}
            for one in offers(hold.refusal, at_limit)
        ],
    )


def _offer(kind: str) -> str:
    if kind == "topup":
        return _("Take a payment in advance and enter it as a top-up.")
    if kind == "officer":
        return _("Ask an officer to let the customer spend more in this period.")
    return _("Ask for a change of the quota: the customer in their portal, or an officer.")
