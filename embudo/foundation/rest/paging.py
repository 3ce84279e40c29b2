from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import Field

from embudo.foundation.rest.schemas import In
from embudo.kernel.errors import Invalid
from embudo.kernel.keyset import capped_count, keyset_page, read_cursor


class Filters(In):
    """
    The query parameters of a list: paging here, filters in the subclass, named like the keywords of its query.
    A subclass declares `sort: Literal["-updated", "name"] = "-updated"` with orders that an index serves.
    """

    PAGING: ClassVar[frozenset[str]] = frozenset({"cursor", "limit", "sort", "count"})

    cursor: str = Field("", max_length=1000, description="The value of next on the page before.")
    limit: int = Field(50, ge=1, le=200)
    count: bool = Field(default=False, description="Also tell how many there are.")

    def chosen(self) -> dict[str, Any]:
        """The filters in use, as keywords for the query."""
        return {
            name: value
            for name, value in self.given().items()
            if name not in self.PAGING and value is not None
        }


class TreeFilters(Filters):
    """The filters of a list that can also be asked by any attribute, as the lists on screen can."""

    PAGING: ClassVar[frozenset[str]] = Filters.PAGING | {"filter"}

    filter: str = Field(
        "",
        max_length=8000,
        description=(
            'A tree as JSON: {"and": [{"attribute": "country", "op": "is", "value": "PL"}, {"not": …}]}. '
            "Attributes of the organisation's own are called custom_<key>."
        ),
    )


def page_of(queryset: QuerySet[Any], filters: Filters, *, fields: Sequence[str] = ()) -> dict[str, Any]:
    """One page of a query, to be returned where the response is Page[...]. With `fields` rows are lean dicts."""
    sort = getattr(filters, "sort", "-created")
    if filters.cursor and read_cursor(filters.cursor, sort) is None:
        raise Invalid(
            {"cursor": [_("Send `next` of the page before, with the same sort; or begin without a cursor.")]}
        )
    found = keyset_page(queryset, sort=sort, size=filters.limit, after=filters.cursor, fields=fields)
    page: dict[str, Any] = {"items": found.rows, "next": found.next or None}
    if filters.count:
        page["count"], has_more = capped_count(queryset)
        page["count_is_exact"] = not has_more
    return page
