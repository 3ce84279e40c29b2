"""How lists let rows be picked: a box before each of them, and a bar with what can be done to those that are picked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text

if TYPE_CHECKING:
    from embudo.foundation.ui.pages import ListPage

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


class RowPicking:
    """The boxes and the bar of one list; `acts` are (address, label, icon, name, is_danger) of what opens a dialog."""

    form = FORM
    name = PICKED
    takes_whole = False  # whether all that match can be meant

    def __init__(self, page: "ListPage") -> None:
        self.page = page
        before, _name, after = gettext("Select %(name)s").partition("%(name)s")
        self.before, self.after = text(before), f'{text(after)}" autocomplete="off"></td>'

    def acts(self) -> Sequence[tuple[str, Any, str, str, bool]]:
        raise NotImplementedError

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
        page, acts = self.page, self.acts()
        kept = "".join(
            f'<input type="hidden" name="{text(key)}" value="{text(value)}">'
            for key, value in parse_qsl(page.url().partition("?")[2])
        )
        buttons, name = "".join(_button(*act) for act in acts), text(gettext("Selected rows"))
        return mark_safe(  # noqa: S308 - every part is escaped
            f'<form class="bulk" id="{FORM}" method="get" action="{text(acts[0][0])}"'
            f' aria-label="{name}"{_counted()} data-all="{text(self._all())}">{kept}'
            f'{_page()}<span class="num" data-n>{name}:</span>'
            f'{self._whole(row_count)}<span class="row row-wrap push">{buttons}{self._export()}</span></form>'
        )

    def _all(self) -> str:
        return gettext("All selected: %(count)s") % {"count": self.page.count_text(self.page.count)}

    def _whole(self, row_count: int) -> str:
        if not self.takes_whole or self.page.count <= row_count:
            return ""
        label = gettext("All that match: %(count)s") % {"count": self.page.count_text(self.page.count)}
        return (
            f'<label class="row"><input class="check" type="checkbox" name="{WHOLE}" value="1" data-pick-whole'
            f' autocomplete="off">{text(label)}</label>'
        )

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


def _page() -> str:
    """Where rows stack there is no heading whose box takes them all."""
    label = text(gettext("Select all on this page"))
    return f'<label class="bulk-page js-only"><input class="check" type="checkbox" data-pick-all autocomplete="off">{label}</label>'


def _button(address: str, label: Any, icon: str, name: str, is_danger: bool) -> str:  # noqa: FBT001 - a part of a row
    danger = " btn-danger" if is_danger else ""
    return (
        f'<button class="btn{danger}" type="submit" id="bulk-{name}" formaction="{text(address)}" data-dialog>'
        f"{atoms.icon(icon)}{text(label)}</button>"
    )


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
