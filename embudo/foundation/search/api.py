from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import In, Out
from embudo.foundation.search import permissions, queries

router = Router(tags=["Search"])


class SearchIn(In):
    q: str = Field(min_length=3, max_length=100, description="At least three letters or digits.")
    kind: str = Field("", max_length=60, description='Only this kind, for example "sales.lead".')
    limit: int = Field(20, ge=1, le=100)


class HitOut(Out):
    kind: str
    id: UUID
    title: str
    subtitle: str
    match: Literal["exact", "similar"]


@router.get("/search", response=list[HitOut], summary="Search all records")
@operation(permissions.SEARCH)
def search_records(request: Request, asked: Query[SearchIn]) -> Any:
    hits = queries.found(request.actor, asked.q, kind=asked.kind, limit=asked.limit)
    return [
        {
            "kind": hit.kind.name,
            "id": hit.record_id,
            "title": hit.title,
            "subtitle": hit.subtitle,
            "match": "similar" if hit.is_close else "exact",
        }
        for hit in hits
    ]
