"""Cards that are moved on a board, entries in a calendar, and the next cards of a column."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.permissions import USE_VIEWS
from embudo.foundation.attributes.views.boards import Board
from embudo.foundation.ui.keyset import capped_count
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.pages.base import Page
from embudo.foundation.ui.pages.boards import reason_of
from embudo.foundation.ui.pages.opened import list_page
from embudo.kernel.errors import EmbudoError, Forbidden, Invalid, Refused


class FacePage(Page):
    """Something done on a list's board or calendar; the address holds the list's state, as the list's own does."""

    permission = USE_VIEWS

    def opened(self) -> ListPage:
        """The list with its records found. Refuses one that is no board and no calendar."""
        page = list_page(self.kwargs["list_key"], self.request)
        page.filters_in_use = page.chosen_filters()
        if page.face is None:
            raise Refused("attributes.no_face", _("Show the list as a board or a calendar first."))
        found = page.narrowed(page.get_query(), page.tab or next(iter(page.get_tabs()), None))
        page.count, page.is_capped = capped_count(found)
        page.face.find(found)
        return page


class MoveCard(FacePage):
    """
    Sets the attribute that the list is laid out by: `card` is the record, `lane` the column or the day. Script gets JSON, a
    browser without it the list again.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(self.opened().url())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page, wants_json = self.opened(), request.headers.get("Accept", "").startswith("application/json")
        card, lane = self.asked()
        try:
            page.face.move(card, lane, self.given("version"))
        except (Invalid, Refused, Forbidden) as fault:
            return self.refuse(page, fault, wants_json=wants_json)
        if wants_json:
            return JsonResponse({"lanes": page.face.totals(), "version": self.version_of(page, card)})
        messages.success(request, gettext("Moved."), extra_tags=self.back_url(page, card))
        return HttpResponseRedirect(page.url())

    def given(self, name: str) -> str:
        return self.request.POST.get(name) or self.request.GET.get(f"_{name}", "")

    def asked(self) -> tuple[str, str]:
        """Card and lane; the buttons of browsers without script send both in one value, "Undo" has them in its address."""
        card, _space, lane = self.given("move").partition(" ")
        return self.given("card") or card, self.given("lane") or lane

    def version_of(self, page: ListPage, card: str) -> Any:
        row = queries.value_at(page.get_query(), card, F("version"))
        return row[0] if row else None

    def back_url(self, page: ListPage, card: str) -> str:
        """Where a post takes the move back."""
        was = page.face.was
        if was is None:
            return ""
        asked = {"_card": card, "_lane": was, "_version": self.version_of(page, card) or ""}
        address = page.design.tool_url("move")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def refuse(self, page: ListPage, fault: EmbudoError, *, wants_json: bool) -> HttpResponse:
        reason = gettext("You may not change this.") if isinstance(fault, Forbidden) else reason_of(fault)
        if wants_json:
            return JsonResponse({"reason": reason}, status=422)
        messages.error(self.request, reason)
        return HttpResponseRedirect(page.url())


class MoreCards(FacePage):
    """The next cards of one column, to be put in place of its "Show more"."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page = self.opened()
        found = None
        if isinstance(page.face, Board):
            found = page.face.further(request.GET.get("lane", ""), request.GET.get("after", ""))
        if found is None:
            raise Refused("attributes.no_column", _("The board has no such column any more. Load it again."))
        return HttpResponse(found)
