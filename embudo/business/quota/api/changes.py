from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import AliasPath, Field

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Change
from embudo.business.quota.permissions import VIEW_CHANGES
from embudo.business.quota.rules.answers import DenialCode
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.rules.states import ChangeState
from embudo.foundation.rest.naming import named_as
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Amount, In, Out, Page

router = Router(tags=["Quotas"])
SENT = {"minor": "amount_minor", "tier_name": "tier"}  # what commands name otherwise

Tier = Annotated[str, Field(max_length=60)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class WishIn(In):
    """To an amount, to a tier with its limit, or to both."""

    amount_minor: Amount | None = Field(
        None, description="The new limit, in the account's currency; null = that of the tier."
    )
    tier: Tier = ""
    reason: Reason
    wanted: date | None = Field(None, description="Not before this day; null = as soon as may be.")

    def wish(self) -> Wish:
        return Wish(self.amount_minor, self.tier, self.reason, self.wanted)


class ChangeIn(WishIn):
    account: str = Field(
        min_length=1, max_length=40, description="Its reference or id.", examples=["Q-0000000000"]
    )


class NoteIn(In):
    note: str = Field("", max_length=300, description="It stands beside your name on the change.")


class ReasonIn(In):
    reason: Reason


class AnswerIn(In):
    """What the customer said by phone."""

    is_accepted: bool
    code: DenialCode | None = Field(None, description="Of a no: why.")
    reason: str = Field("", max_length=1000, description="Of a no: in their words.")
    evidence: str = Field(
        min_length=1,
        max_length=1000,
        description="Who called which number when, and how you knew that it was them.",
    )

    def said(self) -> commands.Said:
        code = self.code.value if self.code else ""
        return commands.Said(self.is_accepted, code, self.reason)


class LanguageIn(In):
    language: str = Field("", max_length=5, description="Of the mail; empty = the customer's own.")


class QuotaChangeOut(Out):
    """A change of a customer's limit. Amounts are in the account's currency."""

    id: UUID
    account_id: UUID
    account: Annotated[str, Field(validation_alias=AliasPath("account", "reference"))]
    state: ChangeState
    asked_by_id: UUID | None = Field(description="A user; null where the customer asked, in their portal.")
    currency: Annotated[str, Field(validation_alias=AliasPath("account", "currency"))]
    from_minor: int
    to_minor: int
    from_tier: str
    to_tier: str
    reason: str
    wanted: date
    submitted: datetime | None
    approvers: int = Field(description="How many people have to approve it.")
    applies_on: date | None
    ended: datetime | None
    ended_reason: str
    created: datetime
    version: int


class SignatureOut(Out):
    person_id: UUID
    name: Annotated[str, Field(validation_alias=AliasPath("person", "name"))]
    purpose: Literal["submit", "approve", "rehearsal"]
    note: str
    created: datetime


class RehearsalOut(Out):
    """A dry run of the change on a day's data."""

    id: UUID
    day: date
    has_breach: bool = Field(description="Whether something stands against the change: it can't be signed.")
    result: dict[str, Any]


class QuotaChangeWholeOut(QuotaChangeOut):
    facts: dict[str, Any] = Field(description="What was known of the account when the change was submitted.")
    signatures: list[SignatureOut]
    rehearsal: RehearsalOut | None = Field(description="The newest.")


class QuotaChangeFilters(Filters):
    sort: Literal["-created", "created"] = "-created"
    state: ChangeState | None = None
    account: UUID | None = None


@router.get("/quota/changes", response=Page[QuotaChangeOut], summary="List changes of quotas")
@operation(VIEW_CHANGES)
def list_quota_changes(request: Request, filters: Query[QuotaChangeFilters]) -> Any:
    return page_of(queries.changes_by(request.actor, **filters.chosen()), filters)


@router.get(
    "/quota/changes/{uuid:change_id}",
    response=QuotaChangeWholeOut,
    summary="Read a change of a quota with what was frozen on it, who signed it, and its rehearsal",
)
@operation(VIEW_CHANGES)
def read_quota_change(request: Request, change_id: UUID) -> Any:
    return whole(queries.change(request.actor, change_id))


def whole(change: Change) -> Change:
    change.signatures = queries.signatures(change)  # type: ignore[attr-defined]  # what the answer reads
    change.rehearsal = queries.newest_rehearsal(change)  # type: ignore[attr-defined]
    return change


@router.post("/quota/changes", response={201: QuotaChangeOut}, summary="Draft a change of a quota")
@operation(commands.request_change)
def create_quota_change(request: Request, data: ChangeIn) -> Any:
    """Nobody decides on it before it is submitted. 409 while another one of the account is on its way."""
    account = queries.account_of(request.actor, account=data.account, customer=None, currency="")
    with named_as(SENT):
        return commands.request_change(request.actor, account, wish=data.wish())


@router.post("/quota/changes/{uuid:change_id}/edit", response=QuotaChangeOut, summary="Write a draft anew")
@operation(commands.edit_change)
def edit_quota_change(request: Request, change_id: UUID, data: WishIn) -> Any:
    change = queries.change(request.actor, change_id)
    with named_as(SENT):
        return commands.edit_change(request.actor, change, wish=data.wish())


@router.post(
    "/quota/changes/{uuid:change_id}/submit",
    response=QuotaChangeOut,
    summary="Hand a draft to those who approve",
)
@operation(commands.submit_change)
def submit_quota_change(request: Request, change_id: UUID) -> Any:
    """Freezes what is known of the account on it. The policy may refuse it at once: state `refused`, and `facts` say why."""
    return commands.submit_change(request.actor, queries.change(request.actor, change_id))


@router.post(
    "/quota/changes/{uuid:change_id}/approve",
    response=QuotaChangeOut,
    summary="Put your name to a change under review",
)
@operation(commands.approve_change)
def approve_quota_change(request: Request, change_id: UUID, data: NoteIn) -> Any:
    """409 for who asked for it, and who is not licensed."""
    change = queries.change(request.actor, change_id)
    return commands.approve_change(request.actor, change, note=data.note)


@router.post(
    "/quota/changes/{uuid:change_id}/reject", response=QuotaChangeOut, summary="Reject a change under review"
)
@operation(commands.reject_change)
def reject_quota_change(request: Request, change_id: UUID, data: ReasonIn) -> Any:
    change = queries.change(request.actor, change_id)
    return commands.reject_change(request.actor, change, reason=data.reason)


@router.post(
    "/quota/changes/{uuid:change_id}/recall",
    response=QuotaChangeOut,
    summary="Take back a change that is on its way",
)
@operation(commands.recall_change)
def recall_quota_change(request: Request, change_id: UUID, data: ReasonIn) -> Any:
    change = queries.change(request.actor, change_id)
    return commands.recall_change(request.actor, change, reason=data.reason)


@router.post(
    "/quota/changes/{uuid:change_id}/supersede",
    response={201: QuotaChangeOut},
    summary="Draft another change in place of one that is on its way",
)
@operation(commands.supersede_change)
def supersede_quota_change(request: Request, change_id: UUID, data: WishIn) -> Any:
    change = queries.change(request.actor, change_id)
    with named_as(SENT):
        return commands.supersede_change(request.actor, change, wish=data.wish())


@router.post(
    "/quota/changes/{uuid:change_id}/ask",
    response={204: None},
    summary="Send the customer the question again",
)
@operation(commands.send_question_again)
def ask_about_quota_change(request: Request, change_id: UUID, data: LanguageIn) -> Any:
    """The link that was sent before ends, and the time to answer begins anew."""
    change = queries.change(request.actor, change_id)
    commands.send_question_again(request.actor, change, language=data.language)


@router.post(
    "/quota/changes/{uuid:change_id}/answer",
    response=QuotaChangeOut,
    summary="Record what the customer said by phone",
)
@operation(commands.record_answer)
def record_quota_answer(request: Request, change_id: UUID, data: AnswerIn) -> Any:
    """A no has all the consequences of one by link."""
    change = queries.change(request.actor, change_id)
    return commands.record_answer(request.actor, change, said=data.said(), evidence=data.evidence)


@router.post(
    "/quota/changes/{uuid:change_id}/rehearse",
    response={201: RehearsalOut},
    summary="Rehearse an accepted change on today's data",
)
@operation(commands.rehearse_change)
def rehearse_quota_change(request: Request, change_id: UUID) -> Any:
    """Nothing is changed. A newer rehearsal has to be signed anew."""
    return commands.rehearse_change(request.actor, queries.change(request.actor, change_id))


@router.post(
    "/quota/changes/{uuid:change_id}/sign", response=QuotaChangeOut, summary="Sign the newest rehearsal"
)
@operation(commands.sign_rehearsal)
def sign_quota_rehearsal(request: Request, change_id: UUID) -> Any:
    """Without it the change is not applied on its day."""
    return commands.sign_rehearsal(request.actor, queries.change(request.actor, change_id))
