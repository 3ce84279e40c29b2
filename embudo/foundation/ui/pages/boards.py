from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.utils.translation import gettext

from embudo.foundation.ui.cards import CardDrawing
from embudo.foundation.ui.pages.base import Page
from embudo.foundation.ui.parts import Card, Lane
from embudo.kernel.errors import EmbudoError, Invalid, NotFound, Refused
from embudo.kernel.permission import Permission


@dataclass(frozen=True)
class Choice:
    """A card and the lanes that it can be moved to, each with the address of the form that the move wants ("" if none)."""

    card: Card
    lanes: list[tuple[Lane, str]]


class BoardPage(Page):
    """
    Lanes of cards, moved by menu, keyboard, touch or dragging. Override `lanes()` and `move(card_id, lane_key)`; `move` runs the
    command and raises what it raises. `move_permission` decides whether cards can be moved at all. The
    page posts to itself (`card`, `lane`): script gets JSON, a browser without script a redirect. Without script a card's
    button asks for the page again (`ask`), with the lanes to choose from.
    """

    template_name = "ui/board.html"
    move_permission: ClassVar[Permission | None] = None
    table_url: ClassVar[str] = ""

    def lanes(self) -> Sequence[Lane]:
        raise NotImplementedError

    def move(self, card_id: str, lane: str) -> None:
        raise NotImplementedError

    def count_text(self, n: int) -> str:
        return str(n)

    def lane_wants_form(self, lane: str) -> str:
        """A lane whose move needs more words (a reason for losing): its dialog's address with "{card}"; "" if none."""
        return ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.move_permission:
            self.require(self.move_permission)
        wants_json = request.headers.get("Accept", "").startswith("application/json")
        try:
            self.move(*self.asked(request))
        except ValueError:  # a card's id that is none
            raise NotFound from None
        except (Invalid, Refused) as fault:
            return self.refuse(fault, wants_json=wants_json)
        return JsonResponse(self.totals()) if wants_json else HttpResponseRedirect(self.own_url)

    @property
    def own_url(self) -> str:
        """This board with what is chosen on it, but for a card that is asked about."""
        query = self.kept_query.urlencode()
        return f"{self.request.path}?{query}" if query else self.request.path

    @property
    def kept_query(self) -> QueryDict:
        query = self.request.GET.copy()
        query.pop("ask", None)
        return query

    def asked(self, request: HttpRequest) -> tuple[str, str]:
        """Card and lane; the menu's own buttons send both in one value, for browsers without script."""
        card, _space, lane = request.POST.get("move", "").partition(" ")
        return request.POST.get("card", card), request.POST.get("lane", lane)

    def refuse(self, fault: EmbudoError, *, wants_json: bool) -> HttpResponse:
        reason = reason_of(fault)
        if wants_json:
            return JsonResponse({"reason": reason}, status=422)
        return self.render(self.get_context() | {"refusal": reason}, status=422)

    def totals(self) -> Mapping[str, Any]:
        """What stands in the lane heads after a move."""
        return {"lanes": {lane.key: {"count": lane.size, "total": str(lane.total)} for lane in self.lanes()}}

    def get_context(self) -> dict[str, Any]:
        lanes = self.lanes()
        may_move = self.move_permission is None or self.actor.may(self.move_permission)
        forms = {lane.key: self.lane_wants_form(lane.key) for lane in lanes}
        drawing = CardDrawing(may_move=may_move)
        return super().get_context() | {
            "lanes": [(lane, forms[lane.key], drawing.cards(lane)) for lane in lanes],
            "may_move": may_move,
            "board_label": self.get_title(),
            "move_url": self.own_url,
            "move_hint": gettext("Drag a card, or use its “Move” button, to change the stage."),
            "may_undo": False,
            "ask_path": self.request.path,
            "kept": list(self.kept_query.items()),
            "choice": self.choice(lanes, forms) if may_move else None,
            "count_shown": self.count_text(sum(lane.size for lane in lanes)),
            "table_url": self.table_url,
            "moved_text": gettext("%card moved to %stage"),
        }

    def choice(self, lanes: Sequence[Lane], forms: Mapping[str, str]) -> Choice | None:
        """For browsers without script: the card that is asked about, and where it can go."""
        asked = self.request.GET.get("ask", "")
        return choice_of(asked, lanes, forms)


def choice_of(asked: str, lanes: Sequence[Lane], forms: Mapping[str, str]) -> Choice | None:
    """The card with this id and the other lanes; `forms` says which of those want more words first."""
    found = ((card, lane) for lane in lanes for card in lane.cards if card.can_move and str(card.id) == asked)
    card, here = next(found, (None, None))
    if card is None:
        return None
    others = [lane for lane in lanes if lane is not here and lane.takes]
    return Choice(card, [(lane, forms.get(lane.key, "").replace("{card}", asked)) for lane in others])


def reason_of(fault: EmbudoError) -> str:
    """A refusal in words."""
    if isinstance(fault, Refused):
        return str(fault.message)
    if isinstance(fault, Invalid):
        return " ".join(str(one) for texts in fault.errors.values() for one in texts)
    return str(fault)
