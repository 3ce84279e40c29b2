from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from embudo.business.directory import commands, queries
from embudo.business.directory.api.records import COMPANIES, CompanyOut, router
from embudo.business.directory.permissions import VIEW_COMPANIES
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out


class CheckIn(In):
    register_code: str = Field(
        min_length=1, max_length=20, description="vies or regon, where an administrator has switched it on."
    )


class CheckOut(Out):
    id: UUID
    company_id: UUID
    register_code: str
    number: str
    outcome: str = Field(description="waiting, valid, invalid or unknown.")
    reason: str
    consultation: str
    answered: datetime | None
    values: dict[str, str]
    created: datetime


class MemberOut(Out):
    id: UUID
    name: str
    town: str
    parent_id: UUID | None


@router.get(
    "/companies/{uuid:company_id}/checks",
    response=list[CheckOut],
    tags=COMPANIES,
    summary="What public registers said about a company",
)
@operation(VIEW_COMPANIES)
def list_checks(request: Request, company_id: UUID) -> Any:
    return list(queries.checks_of(request.actor, queries.company(request.actor, company_id))[:100])


@router.post(
    "/companies/{uuid:company_id}/checks",
    response={201: CheckOut},
    tags=COMPANIES,
    summary="Ask a public register; the answer is written down a little later",
)
@operation(commands.ask_register)
def create_check(request: Request, company_id: UUID, data: CheckIn) -> Any:
    company = queries.company(request.actor, company_id)
    return commands.ask_register(request.actor, company, register=data.register_code)


@router.get("/checks/{uuid:check_id}", response=CheckOut, tags=COMPANIES, summary="Read a register's answer")
@operation(VIEW_COMPANIES)
def read_check(request: Request, check_id: UUID) -> Any:
    return queries.check(request.actor, check_id)


@router.post(
    "/checks/{uuid:check_id}/fill",
    response=CompanyOut,
    tags=COMPANIES,
    summary="Fill in what is empty from a register's answer",
)
@operation(commands.fill_from_register)
def fill_from_register(request: Request, check_id: UUID) -> Any:
    check = queries.check(request.actor, check_id)
    return commands.fill_from_register(request.actor, check.company, check=check)


@router.get(
    "/companies/{uuid:company_id}/group",
    response=list[MemberOut],
    tags=COMPANIES,
    summary="The group of companies that a company belongs to",
)
@operation(VIEW_COMPANIES)
def list_group(request: Request, company_id: UUID) -> Any:
    tops = queries.group_of(request.actor, queries.company(request.actor, company_id))
    found, waiting = [], list(reversed(tops))
    while waiting:
        member = waiting.pop()
        found.append(member)
        waiting += reversed(member.members)
    return found
