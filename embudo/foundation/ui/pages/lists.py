from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.keyset import COUNT_LIMIT, KeysetPage, capped_count, keyset_page, order_of
from embudo.foundation.ui.pages.base import Page, plain
from embudo.foundation.ui.parts import Action, Column, Filter, Tab
from embudo.foundation.ui.table import TableDrawing, selects

SIZES = (25, 50, 100)


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
    empty_title: ClassVar[Any] = _("Nothing here yet")
    empty_text: ClassVar[Any] = ""
    row_actions: ClassVar[Callable[..., Sequence[Action]] | None] = None

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

    def url(self, **changes: str) -> str:
        """This list with some of its state changed ("" drops a part); always from the first page."""
        state = {key: value for key, value in (self.state() | changes).items() if value}
        return f"{self.request.path}?{urlencode(state)}" if state else self.request.path

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

    def drawing(self) -> TableDrawing:
        actions = self.row_actions if type(self).row_actions else None
        return TableDrawing(
            self.columns, url=self.row_url, sub=self.row_sub, tone=self.row_tone, actions=actions
        )

    def count_shown(self, n: int) -> str:
        return atoms.number(n) + ("+" if n >= COUNT_LIMIT and self.is_capped else "")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.filters_in_use = self.chosen_filters()
        base = self.get_query()
        queryset = self.narrowed(base, self.tab or next(iter(self.get_tabs()), None))
        if self.exporter and "export" in request.GET:
            self.require(self.exporter.permission)
            file: HttpResponseBase = self.exporter.respond(self, queryset, request.GET["export"])
            return file
        if self.design:
            self.design.found = queryset
        self.count, self.is_capped = capped_count(queryset)
        page = keyset_page(
            queryset, sort=self.order, size=self.size, fields=self.fields,
            after=request.GET.get("after", ""), before=request.GET.get("before", ""),
        )  # fmt: skip
        if self.htmx_target == "results":
            response = self.render(
                self.results_context(page) | {"title": self.get_title()}, template=self.results_template
            )
            if "after" not in request.GET and "before" not in request.GET:
                response["HX-Replace-Url"] = self.url()
            return response
        return self.render(self.get_context() | self.results_context(page) | self.toolbar_context(base))

    def results_context(self, page: KeysetPage) -> dict[str, Any]:
        drawing = self.drawing()
        if self.design:
            self.design.learn(page.rows)
        return {
            "page": self,
            "is_partial": self.htmx_target == "results",
            "headings": drawing.headings(self.sort.partition(",")[0], lambda sort: self.url(sort=sort)),
            "rows": drawing.rows(page.rows),
            "row_count": len(page.rows),
            "is_narrowed": bool(
                self.words or self.filters_in_use or (self.design and self.design.is_narrowing)
            ),
            "count": self.count,
            "count_shown": self.count_shown(self.count),
            "said": self.count_text(self.count),
            "caption": self.caption(),
            "next_url": self.url(after=page.next) if page.next else "",
            "previous_url": self.url(before=page.previous) if page.previous else "",
            "clear_url": self.url(q="", filter="", **{one.key: "" for one, _v, _l in self.filters_in_use}),
        }

    def toolbar_context(self, base: QuerySet[Any]) -> dict[str, Any]:
        current = self.tab or next(iter(self.get_tabs()), None)
        filter_keys = {one.key for one in self.get_filters()}
        return {
            "words": self.words,
            "tabs": [
                {
                    "label": tab.label,
                    "url": self.url(tab=tab.key if tab is not self.get_tabs()[0] else ""),
                    "is_current": tab is current,
                    "count": self.tab_count(base, tab) if tab.counted else None,
                }
                for tab in self.get_tabs()
            ],
            "filters": selects(
                self.get_filters(), self.actor, {one.key: value for one, value, _label in self.filters_in_use}
            ),
            "kept": {k: v for k, v in self.state().items() if k != "q" and k not in filter_keys},
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
