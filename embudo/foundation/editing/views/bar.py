"""Which lists let rows be picked, and what can be done to many records at once."""

from functools import lru_cache
from typing import Any

from django.db.models import Model
from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext

from embudo.foundation.editing import queries
from embudo.foundation.editing.rules import What
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.picking import RowPicking
from embudo.kernel.kind import RecordKind, kind_named


@lru_cache(maxsize=512)
def _address(what: What, list_key: str, _prefix: str) -> str:
    return reverse(f"editing:{what}", args=[list_key])


class Editor:
    """Fills the slot of ui's lists: their rows can be picked, to change many at once."""

    def picking(self, page: ListPage, model: type[Model]) -> "Picking | None":
        """None for lists of records that cannot be changed so, and for who may change none. Asks the database nothing."""
        match = page.request.resolver_match
        kind = kind_named(model._meta.label_lower)
        if match is None or match.kwargs or not match.view_name or kind is None:
            return None
        acts = [what for what in What if queries.may(page.actor, kind, what)]
        return Picking(page, match.view_name, kind, acts) if acts else None


class Picking(RowPicking):
    """The boxes and the bar of one list."""

    takes_whole = True

    def __init__(self, page: ListPage, list_key: str, kind: RecordKind, whats: list[What]) -> None:
        super().__init__(page)
        self.list_key, self.kind, self.whats = list_key, kind, whats

    def acts(self) -> list[tuple[str, Any, str, str, bool]]:
        return [self._act(what) for what in self.whats]

    def _act(self, what: What) -> tuple[str, Any, str, str, bool]:
        label, icon = LABELS[what]
        address = _address(what, self.list_key, get_script_prefix())
        return address, label(), icon, what.value, what == What.DELETE


LABELS: dict[What, tuple[Any, str]] = {
    What.EDIT: (lambda: gettext("Edit…"), "pencil"),
    What.ASSIGN: (lambda: gettext("Assign…"), "user-check"),
    What.TAG: (lambda: gettext("Tag…"), "tag"),
    What.DELETE: (lambda: gettext("Delete…"), "trash-2"),
}
