from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.business.quota import queries
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.rules.states import AccountState
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Out, Page

router = Router(tags=["Quotas"])


class OutlookOut(Out):
    """What is expected until the period ends: the daily forecast, in the account's currency."""

    day: date
    expected_minor: int
    low80_minor: int
    high80_minor: int
    low95_minor: int
    high95_minor: int
    chance: int = Field(description="Of spending more than is allowed, in %.")
    exhausted_on: date | None
    needs_tier: str


class QuotaAccountOut(Out):
    """A customer's quota as of now: holds past their time do not count, and a period that is over has given way to the next."""

    id: UUID
    reference: str
    company_id: UUID | None
    person_id: UUID | None
    policy_id: UUID
    policy_version: int = Field(description="The version of the policy that judges it.")
    currency: str
    state: AccountState
    why_blocked: str = Field(description="In one sentence; empty where nothing stands against spending.")
    tier: str
    limit_minor: int
    overdraft_minor: int
    topup_minor: int
    consumed_minor: int
    held_minor: int
    available_minor: int = Field(
        description="What may be spent now: 0 where nothing may, or where more is used than is allowed."
    )
    period_start: date
    period_end: date = Field(description="The first day of the next period.")
    created: datetime


class QuotaAccountWholeOut(QuotaAccountOut):
    outlook: OutlookOut | None = Field(description="null where no forecast stands yet.")


class QuotaAccountFilters(Filters):
    state: AccountState | None = Field(None, description="As it was when the account was last looked at.")
    policy: UUID | None = None
    sort: Literal["reference", "-reference"] = "reference"


@router.get("/quota/accounts", response=Page[QuotaAccountOut], summary="List quota accounts")
@operation(VIEW_ACCOUNTS)
def list_quota_accounts(request: Request, filters: Query[QuotaAccountFilters]) -> Any:
    page = page_of(queries.accounts_by(request.actor, **filters.chosen()), filters)
    page["items"] = [told(one) for one in queries.accounts_told(page["items"])]
    return page


@router.get(
    "/quota/accounts/{reference}",
    response=QuotaAccountWholeOut,
    summary="Read a quota account by its reference or id",
)
@operation(VIEW_ACCOUNTS)
def read_quota_account(request: Request, reference: str) -> Any:
    facts = queries.account_facts(request.actor, reference)
    return told(facts) | {"outlook": facts.outlook}


def told(facts: queries.AccountFacts) -> dict[str, Any]:
    one, balance = facts.account, facts.now.balance
    return {
        "id": one.pk,
        "reference": one.reference,
        "company_id": one.company_id,
        "person_id": one.person_id,
        "policy_id": one.policy_id,
        "policy_version": facts.now.version.number,
        "currency": one.currency,
        "state": facts.now.state,
        "why_blocked": facts.why_blocked,
        "tier": one.tier_name,
        "limit_minor": balance.limit,
        "overdraft_minor": balance.overdraft,
        "topup_minor": balance.topups,
        "consumed_minor": balance.consumed,
        "held_minor": balance.held,
        "available_minor": facts.now.spendable,
        "period_start": facts.now.span.starts,
        "period_end": facts.now.span.ends,
        "created": one.created,
    }
