from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest

from embudo.foundation.ui.hooks_registry import Panel, panels_for
from embudo.foundation.ui.pages.base import Page, plain
from embudo.kernel.kind import RecordKind, kind_of
from embudo.kernel.record import Record


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

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._record: Any = None

    @property
    def record(self) -> Any:
        if self._record is None:
            self._record = fetched(self)
        return self._record

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

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {
            "record": self.record,
            "kind": self.kind,
            "main_panels": self.panels("main"),
            "side_panels": self.panels("side"),
        }
