import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.commands import ViewState
from embudo.foundation.attributes.models import Density, SavedView
from embudo.foundation.attributes.permissions import USE_VIEWS
from embudo.foundation.attributes.rules import (
    AttributeType,
    Face,
    ListAttribute,
    Look,
    Node,
    parsed,
    sentence,
)
from embudo.foundation.attributes.rules.kinds import WITHOUT_ORDER
from embudo.foundation.attributes.rules.tree import plain_text, plain_tree
from embudo.foundation.attributes.rules.values import NAMED
from embudo.foundation.attributes.views.bar import bar
from embudo.foundation.attributes.views.boards import Board
from embudo.foundation.attributes.views.calendars import Calendar
from embudo.foundation.attributes.views.columns import Names, column_of, fields_of, sort_path
from embudo.foundation.attributes.views.faces import laid_out_by
from embudo.foundation.attributes.views.groups import GROUPED, narrowed_tree
from embudo.foundation.attributes.views.preparing import too_slow
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.parts import Column
from embudo.kernel.errors import Invalid

MOST_COLUMNS = 30
MOST_SORTS = 3
WIDEST = 800


@lru_cache(maxsize=512)
def tool_address(tool: str, list_key: str) -> str:
    return reverse(f"attributes:list_{tool}", args=[list_key])


class Designer:
    """Fills the slot of ui's lists: columns, orders, filters and views that people choose for themselves."""

    def design(self, page: ListPage) -> "Design | None":
        match = page.request.resolver_match
        if match is None or match.kwargs or not match.view_name or not page.actor.may(USE_VIEWS):
            return None
        return Design(page, match.view_name)


class Design:
    """How one list looks for one request: what the address says, else the view, else the list's own."""

    def __init__(self, page: ListPage, list_key: str) -> None:
        self.page, self.list_key, self.actor = page, list_key, page.actor
        self.faults: list[str] = []
        self.is_broken = False  # a filter that cannot be asked lets nothing through
        self.own_columns: Sequence[Column] = page.columns
        self.is_plain_asked = page.given.get("view") == "none"
        self.view = self._view(page.given.get("view", ""))
        if self.view and not set(page.given) - {"view"}:
            page.given = self.view.kept | {"view": str(self.view.pk)}
        given = page.given
        self.sorts = self._sorts(given.get("sort", ""))
        self.widths: dict[str, int] = {}
        self.names: dict[str, Names] = {}
        self.related: list[str] = []  # what rows that are records have to bring along
        self.chosen = self._columns(given.get("columns", ""))
        self.node = self._filter(given.get("filter"))
        self.group = self._group(given.get("group"))
        self.found: QuerySet[Any] | None = None  # the records of this page and the others
        self.look, self.face = self._look(given)
        self.density = self._density(given.get("density", ""))

    # --- what is asked for

    @cached_property
    def known(self) -> list[SavedView]:
        """The views of this list and the pinned ones of others; one query, which the sidebar shares."""
        request: Any = self.page.request
        request.views_at_hand = found = queries.views_at_hand(self.actor, self.list_key)
        return found

    def _view(self, asked: str) -> SavedView | None:
        if self.is_plain_asked:
            return None
        if not asked:
            return queries.default_view(self.actor, self.of_list)
        found = queries.view_asked(self.actor, self.known, asked)
        if found is None or found.list_key != self.list_key:
            self.faults.append(gettext("This view was deleted, or its owner does not share it with you."))
            return None
        return found

    @property
    def of_list(self) -> list[SavedView]:
        return [one for one in self.known if one.list_key == self.list_key]

    def _sorts(self, asked: str) -> list[str]:
        wanted = asked.split(",") if asked else list(self.view.sorts) if self.view else []
        found: dict[str, str] = {}
        for one in wanted[:MOST_SORTS]:
            key = one.removeprefix("-")
            if key not in found and self.is_sortable(key):
                found[key] = one
        return list(found.values())

    def is_sortable(self, key: str) -> bool:
        return any(column.sort == key for column in self.own_columns) or (
            key in self.attributes and self.attributes[key].type not in WITHOUT_ORDER
        )

    def _columns(self, asked: str) -> list[str]:
        """Keys of the columns in order; empty for the list's own."""
        if asked:
            pairs = [one.partition(":")[::2] for one in asked.split(",")[:MOST_COLUMNS]]
        else:
            pairs = [(key, str(width)) for key, width in (self.view.columns if self.view else [])]
        catalogue = self.catalogue if pairs else {}
        for key, width in pairs:
            if key in catalogue and width.isdecimal() and 0 < int(width[:4]) <= WIDEST:
                self.widths[key] = int(width[:4])
        return list(dict.fromkeys(key for key, _width in pairs if key in catalogue))

    def _filter(self, asked: str | None) -> Node | None:
        given: Any = asked if asked is not None else self.view.filter if self.view else None
        if not given:
            return None
        try:
            return parsed(given, self.filterable)
        except Invalid as wrong:
            self.is_broken = True
            self.faults += [str(text) for texts in wrong.errors.values() for text in texts]
            return None

    def _group(self, asked: str | None) -> str:
        wanted = asked if asked is not None else self.view.group if self.view else ""
        is_known = bool(wanted) and wanted in self.attributes and self.attributes[wanted].type in GROUPED
        return wanted if is_known else ""

    def _look(self, given: Mapping[str, str]) -> tuple[Look, Any]:
        """What the list is shown as, and what draws that; a table where it has no attribute to be laid out by."""
        kept = self.view.look if self.view else Look()
        asked = Look.read(given) if "face" in given else kept
        by = laid_out_by(self, asked)
        if by is None:
            return Look(), None
        look = replace(asked, by=by.key)
        return look, (Board if look.face is Face.BOARD else Calendar)(self, look, by)

    @property
    def model(self) -> type[Any]:
        found: type[Any] = self.queryset.model
        return found

    def group_url(self, tree: dict[str, Any]) -> str:
        """The list narrowed to one group."""
        return self.page.url(
            filter=json.dumps(narrowed_tree(self, tree), ensure_ascii=False), group=self.no_group
        )

    def lane_url(self, tree: dict[str, Any]) -> str:
        """One column of the board as a table."""
        return self.page.url(
            filter=json.dumps(narrowed_tree(self, tree), ensure_ascii=False), **self.look_words(Look())
        )

    def look_words(self, look: Look) -> dict[str, str]:
        """What an address says for this look: nothing where the view brings it, but "table" where the view would bring another."""
        kept = self.view.look if self.view else Look()
        nothing = dict.fromkeys(("face", "by", "total", "span", "month", "day"), "")
        return nothing | (look.words() if look != kept else {})

    @property
    def no_group(self) -> str:
        """What the address says for none: a view would bring its own back."""
        return "none" if self.view and self.view.group else ""

    def _density(self, asked: str) -> str:
        if asked in Density.values:
            return asked
        return self.view.density if self.view else Density.NORMAL.value

    @property
    def is_compact(self) -> bool:
        return self.density == Density.COMPACT

    # --- what there is

    @cached_property
    def queryset(self) -> QuerySet[Any]:
        return self.page.get_query()

    @cached_property
    def attributes(self) -> dict[str, ListAttribute]:
        """What this list can be filtered by; a choice that the page offers as a filter has its words."""
        found = queries.list_attributes(self.actor, self.queryset.model)
        for one in self.page.get_filters():
            known = found.get(one.key)
            if known and known.type is AttributeType.TEXT and one.apply in ("", one.key):
                found[one.key] = replace(
                    known, type=AttributeType.CHOICE, choices=tuple(one.options(self.actor))
                )
        return found

    @cached_property
    def filterable(self) -> dict[str, ListAttribute]:
        """What conditions can name: the attributes, and who follows a record."""
        return queries.with_followers(self.attributes, self.actor, self.queryset.model)

    @cached_property
    def catalogue(self) -> dict[str, Column | ListAttribute]:
        """Every column there is: the page's own, then the attributes that none of those shows."""
        own: dict[str, Column | ListAttribute] = {column.key: column for column in self.own_columns}
        shown = {key.partition("__")[0] for key in own} | {
            column.sort.partition("__")[0] for column in self.own_columns if column.sort
        }
        return own | {key: one for key, one in self.attributes.items() if key not in shown}

    # --- what comes of it

    def apply(self) -> None:
        """Gives the page the columns and the order that were chosen."""
        page = self.page
        if self.chosen:
            picked = [self.catalogue[key] for key in self.chosen]
            drawn = [one if isinstance(one, Column) else column_of(one, self) for one in picked]
            sized = [replace(one, width=self.widths.get(one.key, 0)) for one in drawn]
            page.columns = self.with_name(sized)  # type: ignore[misc]
            page.fields = fields_of(page.fields, picked)  # type: ignore[misc]
            if not page.fields:
                self.related = [
                    one.key
                    for one in picked
                    if isinstance(one, ListAttribute) and one.type is AttributeType.USER and not one.is_custom
                ]
        if self.sorts:
            page.sort = ",".join(self.sorts)

    def with_name(self, columns: list[Column]) -> list[Column]:
        """The list's first column names the row and links to it: it stays first."""
        first = replace(self.own_columns[0], width=self.widths.get(self.own_columns[0].key, 0))
        return [first, *(column for column in columns if column.key != first.key)]

    def too_slow(self) -> SafeString:
        """Instead of the rows, where they take too long."""
        return too_slow(self)

    def narrowed(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """The records that the filter lets through, with the values they are sorted by."""
        if self.is_broken:
            return found.none()
        if self.node:
            found = found.filter(queries.condition_of(self.node, self.actor))
        if self.related:
            found = found.select_related(*self.related)
        for sort in self.sorts:
            one = self.attributes.get(sort.removeprefix("-")) if self.has_attributes else None
            if one is not None and one.is_custom:
                found = found.annotate(**{one.key: queries.value_of(one)})
        return found

    def learn(self, rows: Sequence[Any]) -> None:
        """Asks for the names that the page's rows refer to: one query a column, whatever the number of rows."""
        for names in self.names.values():
            if names.attribute.type in NAMED:
                names.learn({found for row in rows if (found := names.of(row))})

    @property
    def is_narrowing(self) -> bool:
        return self.node is not None or self.is_broken

    @property
    def has_attributes(self) -> bool:
        return "attributes" in self.__dict__

    @property
    def order(self) -> str:
        """The sort as field paths, for the keyset."""
        return ",".join(sort_path(sort, self) for sort in self.sorts) if self.sorts else self.page.sort

    def state(self) -> dict[str, str]:
        """What the address keeps: the view, and whatever differs from it."""
        view = self.view
        found: dict[str, str] = {}
        if view and view is not queries.default_view(self.actor, self.of_list):
            found["view"] = str(view.pk)
        elif self.is_plain_asked:
            found["view"] = "none"
        columns = [(key, self.widths.get(key, 0)) for key in self.chosen]
        if columns and [list(one) for one in columns] != (view.columns if view else []):
            found["columns"] = ",".join([f"{key}:{width}" if width else key for key, width in columns])
        if self.sorts and self.sorts != ((view.sorts if view else []) or [self.page.default_sort]):
            found["sort"] = ",".join(self.sorts)
        if self.is_broken:
            found |= {"filter": self.page.given["filter"]} if "filter" in self.page.given else {}
        elif plain_tree(self.node) != (view.filter if view else {}):
            found["filter"] = plain_text(self.node) or "{}"
        if self.group != (view.group if view else ""):
            found["group"] = self.group or "none"
        if self.density != (view.density if view else Density.NORMAL):
            found["density"] = self.density
        found |= {key: value for key, value in self.look_words(self.look).items() if value}
        return found | (self.face.place if self.face else {})

    @property
    def is_changed(self) -> bool:
        """Whether the list looks other than its view says; which days a calendar shows is no part of that."""
        return bool(set(self.state()) - {"view", "month", "day"}) or (
            self.view is not None and self.kept != self.view.kept
        )

    @property
    def kept(self) -> dict[str, str]:
        """What is chosen of the list's own: its tab, the words looked for, the filters above it."""
        page = self.page
        found = {one.key: value for one, value, _label in page.filters_in_use}
        if page.words:
            found["q"] = page.words
        tab = page.tab or next(iter(page.get_tabs()), None)
        return found | ({"tab": tab.key} if tab else {})

    def view_state(self) -> ViewState:
        """How the list looks now, to be saved."""
        columns = tuple((key, self.widths.get(key, 0)) for key in self.chosen)
        return ViewState(
            columns=columns, sorts=tuple(self.sorts), filter=plain_tree(self.node), kept=self.kept, group=self.group, density=self.density,
            face=self.look.face, by=self.look.by, total=self.look.total, span=self.look.span,
        )  # fmt: skip

    def name_of(self, attribute: ListAttribute, value: str) -> str:
        return queries.named_value(attribute, value, self.actor)

    @cached_property
    def said(self) -> str:
        return sentence(self.node, self.name_of)

    @property
    def bar(self) -> SafeString:
        """What stands above the list."""
        return bar(self)

    def tool_url(self, tool: str, **more: str) -> str:
        """Where one of this list's tools opens, with the list's present state."""
        _path, _mark, asked = self.page.url(**more).partition("?")
        address = tool_address(tool, self.list_key)
        return f"{address}?{asked}" if asked else address

    def view_url(self, view: SavedView) -> str:
        return f"{self.page.request.path}?view={view.pk}"
