from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.keyset import COUNT_LIMIT, KeysetPage, capped_count, keyset_page, order_of
from embudo.foundation.ui.pages.base import Page, plain
from embudo.foundation.ui.parts import Action, CalendarEntry, Column, Filter, Tab
from embudo.foundation.ui.table import TableDrawing, selects
from embudo.kernel.patience import TooSlow, patience

SIZES = (25, 50, 100)
PATIENCE, LONG_PATIENCE = 2.0, 20.0  # seconds that a list may take, and one that is to be counted exactly
CAME_FROM = "in"  # by this a record's page is told the list that it was opened from
_leads_to_records: dict[type, bool] = {}


class ListPage(Page):
    """
    A list with search, tabs, filters, sorting and keyset pages, drawn in code. Class attributes say which query and which
    columns. `query(actor)` gives the visible records; with `fields` rows are dicts of just those fields, else
    instances. Override `row_url`, `row_sub`, `row_tone` ("bad", "warn", "ok"), `row_actions`, `count_text`.
    """

    template_name = "ui/list.html"
    results_template: ClassVar[str] = "ui/list_results.html"
    query: ClassVar[Callable[..., QuerySet[Any]]]
    columns: ClassVar[Sequence[Column]] = ()
    fields: ClassVar[Sequence[str]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    tabs: ClassVar[Sequence[Tab]] = ()
    search_fields: ClassVar[Sequence[str]] = ()
    search: ClassVar[Callable[..., QuerySet[Any]] | None] = None  # (queryset, words) -> queryset
    search_label: ClassVar[Any] = _("Find in this list")
    default_sort: ClassVar[str] = "-created"
    default_size: ClassVar[int] = 50
    designer: ClassVar[Any] = (
        None  # the slot that `attributes` fills: columns, orders, filters and views of one's own
    )
    exporter: ClassVar[Any] = (
        None  # the slot that `transfer` fills: permission, formats, respond(page, rows, format)
    )
    editor: ClassVar[Any] = None  # the slot that `editing` fills: rows can be picked, to change many at once
    inline: ClassVar[Any] = None  # the slot that `editing` fills: cells that are edited where they stand
    empty_title: ClassVar[Any] = _("Nothing here yet")
    empty_text: ClassVar[Any] = ""
    row_actions: ClassVar[Callable[..., Sequence[Action]] | None] = None
    board_by: ClassVar[str] = ""  # the attributes that a board and a calendar begin with
    calendar_by: ClassVar[str] = ""

    # --- what a subclass may override ---

    def row_url(self, row: Any) -> str | None:
        return None

    def row_sub(self, row: Any) -> Any:
        """The second, quieter line under the row's name."""
        return None

    def row_tone(self, row: Any) -> str:
        return ""

    def count_text(self, n: int) -> str:
        """Spoken and shown after a search: override with the page's own noun, by ngettext."""
        return ngettext("%(n)s found", "%(n)s found", n) % {"n": self.count_shown(n)}

    def get_query(self) -> QuerySet[Any]:
        found: QuerySet[Any] = plain(type(self), "query")(self.actor, **self.kwargs)
        return found

    def get_filters(self) -> Sequence[Filter]:
        return self.filters

    def get_tabs(self) -> Sequence[Tab]:
        return self.tabs

    # --- the state of the list, from the address ---

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.given: Mapping[str, str] = request.GET
        self.picking: Any = None
        self.design: Any = self.designer.design(self) if self.designer else None
        given = self.given
        self.words = " ".join(given.get("q", "").replace("\0", "").split())[:100]
        self.tab = next((tab for tab in self.get_tabs() if tab.key == given.get("tab")), None)
        sortable = {column.sort for column in self.columns if column.sort}
        asked = given.get("sort", "")
        self.sort = asked if asked.removeprefix("-") in sortable and asked else self.default_sort
        self.size = next((size for size in SIZES if str(size) == given.get("size")), self.default_size)
        if self.design:
            self.design.apply()
        self.edits: Any = self.inline.cells(self) if self.inline else None

    def chosen_filters(self) -> list[tuple[Filter, str, Any]]:
        """(filter, value, label of the value) of the filters in use."""
        chosen = []
        for one in self.get_filters():
            value = self.given.get(one.key, "")
            label = dict(one.options(self.actor)).get(value) if value else None
            if label is not None:
                chosen.append((one, value, label))
        return chosen

    def state(self) -> dict[str, str]:
        """What the address says beside the cursor; defaults are left out, so addresses stay short."""
        state = {one.key: value for one, value, _label in self.filters_in_use}
        if self.words:
            state["q"] = self.words
        if self.tab and self.tab is not self.get_tabs()[0]:
            state["tab"] = self.tab.key
        if self.design:
            state |= self.design.state()
        elif self.sort != self.default_sort:
            state["sort"] = self.sort
        if self.size != self.default_size:
            state["size"] = str(self.size)
        return state

    @cached_property
    def own_state(self) -> dict[str, str]:
        """`state`, asked for by every link on the page."""
        return self.state()

    def url(self, **changes: str) -> str:
        """This list with some of its state changed ("" drops a part); always from the first page."""
        state = {key: value for key, value in (self.own_state | changes).items() if value}
        return f"{self.request.path}?{urlencode(state)}" if state else self.request.path

    def given_cursor(self, key: str) -> str:
        """ "after" or "before" as the address has it."""
        return self.request.GET.get(key, "")

    def row_context(self, rows: Sequence[Any]) -> str:
        """
        What each row's link tells the record's page, so that it can lead back here and to the row before and after: this list and its
        state. "" where the rows lead to other pages.
        """
        match = self.request.resolver_match
        if not rows or match is None or match.kwargs or not self._leads_to_records(rows[0]):
            return ""
        here = self.url(**{key: self.given_cursor(key) for key in ("after", "before")})
        _path, mark, state = here.partition("?")
        return "?" + urlencode({CAME_FROM: f"{match.view_name}{mark}{state}"}, safe=":/?")

    def _leads_to_records(self, row: Any) -> bool:
        """Asked of one row of each class of list: the others lead to the same kind of page."""
        cls = type(self)
        if cls not in _leads_to_records:
            path = (self.row_url(row) or "").partition("?")[0]
            try:
                match = resolve("/" + path.removeprefix(get_script_prefix()))
            except Resolver404:
                return False
            page = getattr(match.func, "view_class", None)
            _leads_to_records[cls] = getattr(page, "knows_its_list", False)
        return _leads_to_records[cls]

    # --- rows ---

    def narrowed(self, queryset: QuerySet[Any], tab: Tab | None) -> QuerySet[Any]:
        if tab and tab.apply:
            queryset = tab.apply(queryset, self.actor)
        for one, value, _label in self.filters_in_use:
            queryset = one.narrow(queryset, value, self.actor)
        queryset = self.searched(queryset)
        return self.design.narrowed(queryset) if self.design else queryset

    @property
    def order(self) -> str:
        """The sort as field paths, several by commas."""
        return str(self.design.order) if self.design else self.sort

    def ordered(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All rows in the order of the pages, for a file."""
        return queryset.order_by(*order_of(queryset, self.order).expressions(reverse=False))

    def searched(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.words:
            return queryset
        search = plain(type(self), "search")
        if search:
            found: QuerySet[Any] = search(queryset, self.words)
            return found
        for word in self.words.split():
            either = Q()
            for field in self.search_fields:
                either |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(either)
        return queryset

    def drawing(self, rows: Sequence[Any] = ()) -> TableDrawing:
        actions = self.row_actions if type(self).row_actions else None
        return TableDrawing(
            self.columns, url=self.row_url, sub=self.row_sub, tone=self.row_tone, actions=actions,
            context=self.row_context(rows), picking=self.picking, inline=self.edits,
        )  # fmt: skip

    def count_shown(self, n: int) -> str:
        return atoms.number(n) + ("+" if n >= COUNT_LIMIT and self.is_capped else "")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.filters_in_use = self.chosen_filters()
        base = self.get_query()
        queryset = self.narrowed(base, self.tab or next(iter(self.get_tabs()), None))
        if self.editor:
            self.picking = self.editor.picking(self, base.model)
        if self.exporter and "export" in request.GET:
            self.require(self.exporter.permission)
            queryset = self.picking.narrowed(queryset) if self.picking else queryset
            file: HttpResponseBase = self.exporter.respond(self, queryset, request.GET["export"])
            return file
        if self.design:
            self.design.found = queryset
        is_part = self.htmx_target == "results"
        try:
            with patience(LONG_PATIENCE if self.is_exact else PATIENCE):
                self.count, self.is_capped = self.counted(queryset)
                context = self.results_context(self.page_of(queryset))
                context |= {} if is_part else self.toolbar_context(base)
        except TooSlow:
            context = self.slow_context() | ({} if is_part else self.toolbar_context(None))
        if not is_part:
            return self.render(self.get_context() | context)
        response = self.render(context | {"title": self.get_title()}, template=self.results_template)
        if "after" not in request.GET and "before" not in request.GET:
            response["HX-Replace-Url"] = self.url()
        return response

    def slow_context(self) -> dict[str, Any]:
        """Instead of rows that would take too long: what can be done about it."""
        self.count, self.is_capped, said = 0, False, gettext("This list takes too long")
        if self.design:
            self.design.face = None
        return self.results_context(KeysetPage([])) | {
            "is_slow": True, "said": said, "count_shown": "", "exact_url": "",
            "too_slow": self.design.too_slow() if self.design else "",
        }  # fmt: skip

    def page_of(self, queryset: QuerySet[Any]) -> KeysetPage:
        """The rows of the table; none where the list is shown as something else, which finds its own."""
        if self.face:
            self.face.find(queryset)
            return KeysetPage([])
        return keyset_page(
            queryset, sort=self.order, size=self.size, fields=self.fields,
            after=self.request.GET.get("after", ""), before=self.request.GET.get("before", ""),
        )  # fmt: skip

    @property
    def face(self) -> Any:
        """What the list is shown as instead of a table: a board, a calendar."""
        return self.design.face if self.design else None

    def prepare(self, rows: Sequence[Any]) -> None:
        """Called once with the rows that are to be drawn: for what they need beside themselves."""

    def also_on(self, by: str, first: date, last: date) -> Sequence[CalendarEntry]:
        """What stands on the calendar of these days beside the list's own records."""
        return ()

    def counted(self, queryset: QuerySet[Any]) -> tuple[int, bool]:
        """How many records there are, and whether only so many were counted; all of them when that is asked for."""
        return (queryset.order_by().count(), False) if self.is_exact else capped_count(queryset)

    @property
    def is_exact(self) -> bool:
        return self.request.GET.get("exact") == "1"

    def results_context(self, page: KeysetPage) -> dict[str, Any]:
        drawing = self.drawing(page.rows)
        self.prepare(page.rows)
        if self.design:
            self.design.learn(page.rows)
        return {
            "page": self,
            "is_partial": self.htmx_target == "results",
            "is_spoken": self.htmx_target in (("results", "main") if self.face else ("results",)),
            "headings": drawing.headings(self.sort.partition(",")[0], lambda sort: self.url(sort=sort)),
            "rows": drawing.rows(page.rows),
            "row_count": len(page.rows),
            "bulk": self.picking.bar(len(page.rows)) if self.picking and page.rows else "",
            "is_narrowed": bool(
                self.words or self.filters_in_use or (self.design and self.design.is_narrowing)
            ),
            "count": self.count,
            "count_shown": self.count_shown(self.count),
            "exact_url": self.url(exact="1") if self.is_capped else "",
            "said": self.face.said if self.face else self.count_text(self.count),
            "face": self.face.drawn if self.face else "",
            "caption": self.caption(),
            "next_url": self.url(after=page.next) if page.next else "",
            "previous_url": self.url(before=page.previous) if page.previous else "",
            "clear_url": self.url(q="", filter="", **{one.key: "" for one, _v, _l in self.filters_in_use}),
        }

    def toolbar_context(self, base: QuerySet[Any] | None) -> dict[str, Any]:
        """Without the records no tab says how many it has."""
        current = self.tab or next(iter(self.get_tabs()), None)
        filter_keys = {one.key for one in self.get_filters()}
        return {
            "words": self.words,
            "tabs": [
                {
                    "label": tab.label,
                    "url": self.url(tab=tab.key if tab is not self.get_tabs()[0] else ""),
                    "is_current": tab is current,
                    "count": self.tab_count(base, tab) if tab.counted and base is not None else None,
                }
                for tab in self.get_tabs()
            ],
            "filters": selects(
                self.get_filters(), self.actor, {one.key: value for one, value, _label in self.filters_in_use}
            ),
            "kept": {k: v for k, v in self.own_state.items() if k != "q" and k not in filter_keys},
            "has_search": bool(self.search_fields or type(self).search),
            "exports": self.exports(),
        }

    def exports(self) -> list[tuple[str, str]]:
        """(label, address) of each file this list can be had as."""
        if not self.exporter or not self.actor.may(self.exporter.permission):
            return []
        return [(label, self.url(export=key)) for key, label in self.exporter.formats]

    def tab_count(self, base: QuerySet[Any], tab: Tab) -> str:
        found, is_capped = capped_count(self.narrowed(base, tab))
        return atoms.number(found) + ("+" if is_capped else "")

    def caption(self) -> str:
        """What a screen reader says on entering the table."""
        parts = [f"{self.get_title()}, {self.count_text(self.count)}"]
        first = self.sort.partition(",")[0]
        column = next((c for c in self.columns if c.sort and c.sort == first.removeprefix("-")), None)
        if column:
            order = gettext("descending") if first.startswith("-") else gettext("ascending")
            parts.append(
                gettext("sorted by %(column)s, %(order)s") % {"column": column.label, "order": order}
            )
        return ", ".join(parts)
