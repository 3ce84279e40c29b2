from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.keyset import capped_count, keyset_page, order_of, write_cursor
from embudo.foundation.ui.pages.lists import CAME_FROM, ListPage
from embudo.foundation.ui.pages.opened import list_page
from embudo.foundation.ui.table import cell_of
from embudo.kernel.errors import Forbidden, NotFound

LONGEST = 8000


@dataclass(frozen=True)
class Neighbour:
    title: str
    url: str


@dataclass(frozen=True)
class Neighbours:
    """Where a record stands in the list that its page was opened from; `is_in` False when it is there no longer."""

    title: Any
    back: str
    is_in: bool = False
    position: str = ""
    previous: Neighbour | None = None
    next: Neighbour | None = None


def neighbours_of(request: HttpRequest, record: Any) -> Neighbours | None:
    """
    What stands before and after the record in the list that the address names; None where it names none that this person
    may see. The list and its filter are asked anew: the address carries no rights. At most five queries beyond the list's own.
    """
    page = list_came_from(request)
    if page is None:
        return None
    page.filters_in_use = page.chosen_filters()
    back = page.url(**{key: page.given_cursor(key) for key in ("after", "before")})
    found = page.get_query()
    if found.model is not type(record):
        return Neighbours(page.get_title(), back, is_in=True)
    found = page.narrowed(found, page.tab or next(iter(page.get_tabs()), None))
    order = order_of(found, page.order)
    row = found.filter(pk=record.pk).values("pk", *order.fields).first()
    if row is None:
        return Neighbours(page.get_title(), back)
    cursor = write_cursor(page.order, order.values(row), row["pk"])
    return Neighbours(
        page.get_title(),
        back,
        is_in=True,
        position=_position(found, order.beyond(order.values(row), row["pk"], reverse=True)),
        previous=_one(page, found, request, before=cursor),
        next=_one(page, found, request, after=cursor),
    )


def list_came_from(request: HttpRequest) -> ListPage | None:
    """The list that the address names, as it looked; None where it names none that this person may see."""
    list_key, _mark, asked = request.GET.get(CAME_FROM, "")[:LONGEST].partition("?")
    given = QueryDict(asked)
    if not list_key or any("\0" in value for value in given.values()):
        return None
    try:
        return list_page(list_key, request, given)
    except (NotFound, Forbidden):
        return None


def _one(page: ListPage, found: QuerySet[Any], request: HttpRequest, **cursor: str) -> Neighbour | None:
    rows = keyset_page(found, sort=page.order, size=1, fields=page.fields, **cursor).rows
    address = page.row_url(rows[0]) if rows else None
    if not address:
        return None
    title = str(cell_of(page.columns[0])(rows[0]))
    return Neighbour(title, f"{address}?{urlencode({CAME_FROM: request.GET[CAME_FROM]}, safe=':/?')}")


def _position(found: QuerySet[Any], before: Any) -> str:
    """ "4 of 10,000+"; "" beyond what is counted."""
    ahead, is_beyond = capped_count(found.filter(before))
    if is_beyond:
        return ""
    count, is_capped = capped_count(found)
    shown = atoms.number(count) + ("+" if is_capped else "")
    return gettext("%(place)s of %(count)s") % {"place": atoms.number(ahead + 1), "count": shown}
