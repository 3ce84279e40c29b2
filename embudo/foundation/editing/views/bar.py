"""What lists show for picking rows: a box before each of them, and the bar with what can be done to those that are picked."""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from embudo.foundation.editing import queries
from embudo.foundation.editing.rules import What
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.pages import ListPage
from embudo.kernel.kind import RecordKind, kind_named

PICKED, WHOLE = (
    "row",
    "whole",
)  # in addresses: the ids of the rows picked, and whether all that match are meant
FORM = "bulk"
MOST_PICKED = 100  # as many as a page has rows
BOX = f'<td role="cell" class="col-check"><input class="check" type="checkbox" name="{PICKED}" form="{FORM}" value="'


def picked_ids(given: QueryDict) -> list[UUID]:
    """The rows picked, in their order; what is no id names none."""
    ids: dict[UUID, None] = {}
    for value in given.getlist(PICKED)[:MOST_PICKED]:
        try:
            ids[UUID(value)] = None
        except ValueError:
            continue
    return list(ids)


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


class Picking:
    """The boxes and the bar of one list."""

    form = FORM
    name = PICKED

    def __init__(self, page: ListPage, list_key: str, kind: RecordKind, acts: list[What]) -> None:
        self.page, self.list_key, self.kind, self.acts = page, list_key, kind, acts
        before, _name, after = gettext("Select %(name)s").partition("%(name)s")
        self.before, self.after = text(before), f'{text(after)}" autocomplete="off"></td>'

    @property
    def heading(self) -> str:
        label, name = text(gettext("Select all rows of this page")), text(gettext("Selection"))
        return (
            '<th role="columnheader" scope="col" class="col-check"><input class="check js-only" type="checkbox"'
            f' data-pick-all aria-label="{label}"><span class="vh">{name}</span></th>'
        )

    def cell(self, row_id: UUID, name: Any) -> str:
        return f'{BOX}{row_id}" aria-label="{self.before}{text(f"{name}")}{self.after}'

    def narrowed(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """For a file: the rows picked, where there are any."""
        given = self.page.request.GET
        if PICKED not in given or WHOLE in given:
            return found
        return found.filter(pk__in=picked_ids(given))

    def bar(self, row_count: int) -> SafeString:
        """`row_count` are on this page; those that match the list's filters may be many more."""
        page = self.page
        kept = "".join(
            f'<input type="hidden" name="{text(key)}" value="{text(value)}">'
            for key, value in parse_qsl(page.url().partition("?")[2])
        )
        buttons, name = "".join(self._button(what) for what in self.acts), text(gettext("Selected rows"))
        return mark_safe(  # noqa: S308 - every part is escaped
            f'<form class="bulk" id="{FORM}" method="get" action="{text(self._address(self.acts[0]))}"'
            f' aria-label="{name}"{_counted()} data-all="{text(self._all())}">{kept}'
            f'{self._page()}<span class="num" data-n>{name}:</span>'
            f'{self._whole(row_count)}<span class="row row-wrap push">{buttons}{self._export()}</span></form>'
        )

    def _all(self) -> str:
        return gettext("All selected: %(count)s") % {"count": self.page.count_text(self.page.count)}

    def _page(self) -> str:
        """Where rows stack there is no heading whose box takes them all."""
        label = text(gettext("Select all on this page"))
        return f'<label class="bulk-page js-only"><input class="check" type="checkbox" data-pick-all autocomplete="off">{label}</label>'

    def _whole(self, row_count: int) -> str:
        if self.page.count <= row_count:
            return ""
        label = gettext("All that match: %(count)s") % {"count": self.page.count_text(self.page.count)}
        return (
            f'<label class="row"><input class="check" type="checkbox" name="{WHOLE}" value="1" data-pick-whole'
            f' autocomplete="off">{text(label)}</label>'
        )

    def _button(self, what: What) -> str:
        label, icon = LABELS[what]
        danger = " btn-danger" if what == What.DELETE else ""
        return (
            f'<button class="btn{danger}" type="submit" id="bulk-{what}" formaction="{text(self._address(what))}" data-dialog>'
            f"{atoms.icon(icon)}{text(label())}</button>"
        )

    def _address(self, what: What) -> str:
        return _address(what, self.list_key, get_script_prefix())

    def _export(self) -> str:
        """The list's own exports, of the rows picked."""
        page = self.page
        if not page.exports():
            return ""
        words = text(gettext("Export selected"))
        return (
            f'<button class="btn" type="submit" name="export" value="xlsx" formaction="{text(page.request.path)}">'
            f"{atoms.icon('download')}{words}</button>"
        )


LABELS: dict[What, tuple[Any, str]] = {
    What.EDIT: (lambda: gettext("Edit…"), "pencil"),
    What.ASSIGN: (lambda: gettext("Assign…"), "user-check"),
    What.TAG: (lambda: gettext("Tag…"), "tag"),
    What.DELETE: (lambda: gettext("Delete…"), "trash-2"),
}


def _counted() -> str:
    """The forms that the browser puts its own count into."""
    forms = {
        "one": gettext("1 row selected"),
        "few": pgettext("few", "%n rows selected"),
        "many": pgettext("many", "%n rows selected"),
        "other": gettext("%n rows selected"),
        "none": gettext("No rows selected"),
    }
    return "".join(f' data-{form}="{text(words)}"' for form, words in forms.items())
