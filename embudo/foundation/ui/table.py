"""Draws a list's table and the choices above it in code: a template loop costs ten times as much for 50 rows."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.parts import Action, Column, Filter
from embudo.kernel.actor import Actor

FORMATS: dict[str, Callable[[Any], Any]] = {
    "money": atoms.money,
    "number": atoms.number,
    "date": atoms.day_text,
    "datetime": atoms.moment_text,
    "person": lambda name: atoms.person(str(name or "")),
}
NUMERIC = frozenset({"money", "number", "date", "datetime"})


def _reader(key: str) -> Callable[[Any], Any]:
    """Reads a dict row by key, an instance by its path ("company__name" or "company.name")."""
    path = attrgetter(key.replace("__", "."))

    def read(row: Any) -> Any:
        if type(row) is dict:
            return row.get(key)
        try:
            return path(row)
        except AttributeError:  # a missing relation on the way
            return None

    return read


def cell_of(column: Column) -> Callable[[Any], Any]:
    """What draws the column's cells."""
    if column.cell:
        return column.cell
    read, show = _reader(column.key), FORMATS.get(column.kind)
    if show:
        return lambda row: show(read(row))

    def plain(row: Any) -> Any:
        value = read(row)
        return "—" if value is None or value == "" else value

    return plain


def value_of(column: Column) -> Callable[[Any], Any]:
    """What an export writes for the column: its own `value`, else the value under its key, else what the cell says."""
    if column.value:
        return column.value
    return column.cell or _reader(column.key)


class TableDrawing:
    """The rows of one list. `url`, `sub`, `tone` and `actions` take a row and describe it; all may be None."""

    def __init__(  # noqa: PLR0913 - the parts of a table
        self,
        columns: Sequence[Column],
        *,
        url: Callable[[Any], str | None] | None = None,
        sub: Callable[[Any], Any] | None = None,
        tone: Callable[[Any], str] | None = None,
        actions: Callable[[Any], Sequence[Action]] | None = None,
        title: Callable[[Any], Any] | None = None,
        context: str = "",
        picking: Any = None,
        inline: Any = None,
    ) -> None:
        self.columns, self.url, self.sub, self.tone, self.actions = columns, url, sub, tone, actions
        self.picking = picking  # draws the box by which a row is picked
        self.inline = inline  # says which cells of which rows can be edited where they stand
        self.context = text(context)  # the query of each row's address
        self.first = cell_of(columns[0])
        self.title = title or self.first
        self.has_picture = columns[0].kind == "avatar"
        self.cells = [self._frame(column) for column in columns[1:]]
        self.head = f'<th role="rowheader" scope="row"{self._edit_mark(columns[0])}>'

    def _edit_mark(self, column: Column) -> str:
        name = self.inline.names.get(column.key) if self.inline else None
        return f' data-edit="{text(name)}" data-cell="{text(column.key)}"' if name else ""

    def _frame(self, column: Column) -> tuple[str, Callable[[Any], Any]]:
        names = " ".join(
            name for name, on in (("end", column.end), ("num", column.kind in NUMERIC or column.end)) if on
        )
        cls = f' class="{names}"' if names else ""
        mark = self._edit_mark(column)
        return f'<td role="cell" data-label="{text(column.label)}"{cls}{mark}>', cell_of(column)

    def head_cell(self, row: Any) -> str:
        """The row header."""
        return f"{self.head}{self.head_content(row)}</th>"

    def cell(self, row: Any, key: str) -> str:
        """What stands in one cell."""
        with atoms.asked_once():
            if key == self.columns[0].key:
                return self.head_content(row)
            column = next(one for one in self.columns if one.key == key)
            return text(cell_of(column)(row))

    def head_content(self, row: Any) -> str:
        """Name as a link, with its picture and a second line."""
        shown = self.first(row)
        address = self.url(row) if self.url else None
        name = f"<span>{text(shown)}</span>"
        if address:
            name = f'<a href="{text(address)}{self.context}">{text(shown)}</a>'
        below = self.sub(row) if self.sub else None
        if below:
            name += f'<span class="sub">{text(below)}</span>'
        picture = atoms.avatar(shown) if self.has_picture else ""
        return f'<div class="main-cell">{picture}<div class="truncate">{name}</div></div>'

    def row(self, row: Any, number: int) -> str:
        tone = self.tone(row) if self.tone else ""
        cls = f' class="row-{text(tone)}"' if tone else ""
        opening = f'<tr role="row"{cls}{self.inline.row_mark(row) if self.inline else ""}>'
        cells = "".join([f"{frame}{text(draw(row))}</td>" for frame, draw in self.cells])
        menu = self.menu(row, number) if self.actions else ""
        return f"{opening}{self.box(row)}{self.head_cell(row)}{cells}{menu}</tr>"

    def box(self, row: Any) -> str:
        if self.picking is None:
            return ""
        box: str = self.picking.cell(row["pk"] if isinstance(row, dict) else row.pk, self.title(row))
        return box

    def menu(self, row: Any, number: int) -> str:
        items = self.actions(row) if self.actions else ()
        if not items:
            return '<td role="cell" class="col-act"></td>'
        name = gettext("Actions for %(name)s") % {"name": self.title(row)}
        links = "".join(
            f'<a href="{text(item.url)}"{" data-dialog" if item.dialog else ""}>'
            f"{atoms.icon(item.icon) if item.icon else ''}{text(item.label)}</a>"
            for item in items
        )
        return (
            f'<td role="cell" class="col-act"><button class="btn btn-ghost btn-icon" type="button" id="act-{number}-b"'
            f' popovertarget="act-{number}">{atoms.icon("ellipsis")}<span class="vh">{text(name)}</span></button>'
            f'<div class="menu" id="act-{number}" popover>{links}</div></td>'
        )

    def rows(self, rows: Sequence[Any]) -> SafeString:
        with atoms.asked_once():
            return mark_safe("".join([self.row(row, number) for number, row in enumerate(rows)]))  # noqa: S308

    def headings(self, sort: str, url: Callable[[str], str]) -> SafeString:
        """The column headings; a sortable one is a link with `aria-sort`. `url` gives the address for a sort."""
        cells = [self.picking.heading] if self.picking else []
        cells += [self._heading(column, sort, url) for column in self.columns]
        if self.actions:
            words = text(gettext("Actions"))
            cells.append(
                f'<th role="columnheader" scope="col" class="col-act"><span class="vh">{words}</span></th>'
            )
        return mark_safe("".join(cells))  # noqa: S308

    def _heading(self, column: Column, sort: str, url: Callable[[str], str]) -> str:
        cls = ' class="end"' if column.end else ""
        cls += f' width="{column.width}"' if column.width else ""
        if not column.sort:
            return f'<th role="columnheader" scope="col"{cls}>{text(column.label)}</th>'
        state, sign = "none", "chevrons-up-down"
        target = f"-{column.sort}" if column.descends_first else column.sort
        if sort.removeprefix("-") == column.sort:
            down = sort.startswith("-")
            state, sign = ("descending", "arrow-down") if down else ("ascending", "arrow-up")
            target = column.sort if down else f"-{column.sort}"
        address = text(url(target))
        return (
            f'<th role="columnheader" scope="col" aria-sort="{state}"{cls}><a id="sort-{text(column.key)}" href="{address}"'
            f' hx-get="{address}" hx-target="#results" hx-swap="outerHTML" hx-push-url="true">'
            f"{text(column.label)}{atoms.icon(sign)}</a></th>"
        )


def selects(filters: Sequence[Filter], actor: Actor, chosen: Mapping[str, str]) -> SafeString:
    """The filters above a list; `chosen` holds the values in use by the filters' keys."""
    drawn = [_select(one, one.options(actor), chosen.get(one.key, "")) for one in filters]
    return mark_safe("".join(drawn))  # noqa: S308 - every part is escaped


def _select(one: Filter, options: Sequence[tuple[str, Any]], chosen: str) -> str:
    name, key, everything = text(one.label), text(one.key), text(pgettext("filter", "all"))
    rest = "".join(
        [
            f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(label)}</option>'
            for value, label in options
        ]
    )
    return (
        f'<label class="filter{" filter-on" if chosen else ""}"><span class="vh">{name}</span>'
        f'<select class="select input-sm" name="{key}" id="filter-{key}">'
        f'<option value="">{name}: {everything}</option>{rest}</select></label>\n'
    )
