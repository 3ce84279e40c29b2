import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import panels_for
from embudo.foundation.ui.pages.base import Page, plain
from embudo.foundation.ui.pages.lists import CAME_FROM
from embudo.foundation.ui.pages.neighbours import neighbours_of
from embudo.foundation.ui.parts import Action
from embudo.kernel.former import looked_up_once
from embudo.kernel.kind import RecordKind, kind_of
from embudo.kernel.permission import permission_named
from embudo.kernel.record import Record

AT_ONCE = 8  # statements of the panels that come by one request, beside those of every request
SLOTS = ("main", "side")


@dataclass(frozen=True)
class Shown:
    """A panel on the page of one record."""

    id: str
    label: Any
    url: str
    slot: str
    statements: int


def loads(panels: Sequence[Shown], most: int = AT_ONCE) -> list[list[Shown]]:
    """Which panels come together: in their order, as many as one request may ask for."""
    found: list[list[Shown]] = []
    asked = most + 1
    for panel in panels:
        if asked + panel.statements > most:
            found.append([])
            asked = 0
        found[-1].append(panel)
        asked += panel.statements
    return found


def _address(name: str, *args: Any) -> str:
    """ "" where no module provides it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def fetched(page: Page) -> Any:
    """What the page's `query(actor, *url arguments)` finds; None when the page names no query."""
    query = plain(type(page), "query")
    return query(page.actor, *page.kwargs.values()) if query else None


class RecordPage(Page):
    """
    The page of one record. `query(actor, id)` fetches it (raising NotFound). The template extends "ui/record.html" and fills the
    blocks `subtitle`, `notices`, `steps`, `facts`, `body` and `side`; panels that other modules registered for
    the record's kind come right after the page into their slots ("main", "side"), several by one request.
    """

    template_name = "ui/record.html"
    query: ClassVar[Callable[..., Any]]
    knows_its_list: ClassVar[bool] = True  # lists tell it where it was opened from
    inline: ClassVar[Any] = None  # the slot that `editing` fills: values that are edited where they stand

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._record: Any = None

    @property
    def record(self) -> Any:
        if self._record is None:
            self._record = fetched(self)
        return self._record

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.htmx_target == "neighbours":  # a part of its own: the page itself does not wait for it
            return self.render(self.neighbours_context(), template="ui/neighbours.html")
        asked = request.GET.get("panels", "")
        if asked.isdecimal() and request.headers.get("HX-Request") == "true":
            return HttpResponse(self.drawn_panels(int(asked)), headers={"Vary": "HX-Request, HX-Target"})
        return super().get(request, *args, **kwargs)

    def neighbours_context(self) -> dict[str, Any]:
        return {"neighbours": neighbours_of(self.request, self.record)}

    def came_from(self) -> dict[str, Any]:
        """The list that the page was opened from; without script its rows around this one come with the page."""
        address = self.request.get_full_path() if self.request.GET.get(CAME_FROM) else ""
        near = self.neighbours_context() if address and "near" in self.request.GET else {}
        return {"came_from": address} | near

    @property
    def kind(self) -> RecordKind | None:
        return kind_of(self.record) if isinstance(self.record, Record) else None

    def get_title(self) -> Any:
        return self.kind.title(self.record) if self.kind else str(self.record)

    @cached_property
    def panels(self) -> list[Shown]:
        if not self.kind:
            return []
        return [
            Shown(
                f"panel-{slot}-{number}",
                panel.label,
                panel.address(self.kind.name, self.record.pk),
                slot,
                panel.statements,
            )
            for slot in SLOTS
            for number, panel in enumerate(panels_for(self.actor, self.kind.name, slot))
            if panel.holds is None or panel.holds(self.record)
        ]

    def drawn_panels(self, number: int) -> SafeString:
        """The panels that come by one request, each for its own place; one that cannot be drawn here asks for itself."""
        together = loads(self.panels)
        shown = together[number] if number < len(together) else []
        with atoms.asked_once(), looked_up_once():
            return mark_safe("".join(self._placed(panel) for panel in shown))  # noqa: S308 - pages of their own wrote it

    def _placed(self, panel: Shown) -> str:
        drawn = self._drawn(panel.url)
        if drawn is None:
            address = atoms.text(panel.url)
            drawn = f'<div hx-get="{address}" hx-trigger="load" hx-target="closest [data-panel]" hx-swap="innerHTML"></div>'
        return f'<div id="{panel.id}-body" hx-swap-oob="innerHTML">{drawn}</div>'

    def _drawn(self, address: str) -> str | None:
        """What the panel's own page answers, by its own rules; None where it answers anything but a panel."""
        match = resolve(address)
        here = copy.copy(self.request)
        here.path, here.path_info, here.resolver_match = address, address, match
        here.GET = QueryDict()
        here.record_at_hand = self.record if self.is_fetched_as_known else None  # type: ignore[attr-defined]
        try:
            answer = match.func(here, *match.args, **match.kwargs)
            if isinstance(answer, SimpleTemplateResponse):
                answer.render()
        except Exception:  # noqa: BLE001 - asked by itself it says what is wrong, and the others stand
            return None
        return answer.content.decode() if answer.status_code == HTTPStatus.OK else None

    @property
    def is_fetched_as_known(self) -> bool:
        """Whether the record came as all who know only its kind would fetch it, with the same look at who may see it."""
        return self.kind is not None and plain(type(self), "query") is self.kind.fetch

    def offered(self) -> list[Action]:
        """What every record offers beside its own acts, at the end of its menu."""
        recycling = self.kind.recycling if self.kind else None
        if recycling is None or not self.record.is_within(self.actor, recycling.permission):
            return []
        name, pk = self.record.kind_name(), self.record.pk
        found = [Action(_("Delete…"), _address("recycle:delete", name, pk), "trash-2", dialog=True)]
        if recycling.erasing:
            erasing = permission_named("recycle.erase")
            if erasing is not None and self.record.is_within(self.actor, erasing):
                place = _address("recycle:erase_record", name, pk)
                found.append(Action(_("Erase personal data…"), place, "octagon-x", dialog=True))
        return [action for action in found if action.url]

    def get_context(self) -> dict[str, Any]:
        return (
            super().get_context()
            | {
                "offered": self.offered(),
                "record": self.record,
                "kind": self.kind,
                "main_panels": [panel for panel in self.panels if panel.slot == "main"],
                "side_panels": [panel for panel in self.panels if panel.slot == "side"],
                "loads": [
                    f"{self.request.path}?panels={number}" for number, _ in enumerate(loads(self.panels))
                ],
                "edits": self.inline.values(self) if self.inline and self.kind else None,
            }
            | self.came_from()
        )
