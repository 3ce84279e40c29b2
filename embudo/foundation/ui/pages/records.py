from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.hooks_registry import Panel, panels_for
from embudo.foundation.ui.pages.base import Page, plain
from embudo.foundation.ui.pages.lists import CAME_FROM
from embudo.foundation.ui.pages.neighbours import neighbours_of
from embudo.foundation.ui.parts import Action
from embudo.kernel.kind import RecordKind, kind_of
from embudo.kernel.permission import permission_named
from embudo.kernel.record import Record


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
    the record's kind load by themselves into their slots ("main", "side").
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

    def panels(self, slot: str) -> list[dict[str, Any]]:
        if not self.kind:
            return []
        name, found = self.kind.name, panels_for(self.actor, self.kind.name, slot)
        shown = [panel for panel in found if panel.holds is None or panel.holds(self.record)]
        return [self._panel(panel, name, number) for number, panel in enumerate(shown)]

    def _panel(self, panel: Panel, kind: str, number: int) -> dict[str, Any]:
        return {
            "id": f"panel-{panel.slot}-{number}",
            "label": panel.label,
            "url": panel.address(kind, self.record.pk),
        }

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
                "main_panels": self.panels("main"),
                "side_panels": self.panels("side"),
                "edits": self.inline.values(self) if self.inline and self.kind else None,
            }
            | self.came_from()
        )
