"""How programs are told about authorisations, movements and refusals."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from pydantic import AliasPath, Field

from embudo.business.quota import queries
from embudo.business.quota.models import Account, Hold
from embudo.business.quota.rules.states import HoldState
from embudo.foundation.rest.problems import problem
from embudo.foundation.rest.schemas import Out, Problem

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
    available_minor: int = Field(description="What is left of limit, overdraft and top-ups afterwards.")
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
    """In the words that an invoice is refused with, too, and where to send what is offered."""
    told = queries.refusal_of(account, hold)
    places = [one | {"path": PATHS.get(one["kind"])} for one in told.facts["offers"]]
    facts = {"authorization_id": str(hold.pk), "account_id": str(account.pk)} | told.facts
    return problem(request, 409, told.code, str(told.message), **facts | {"offers": places})
