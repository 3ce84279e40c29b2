from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy as _, npgettext, pgettext_lazy

from embudo.business.intake import queries
from embudo.business.intake.permissions import VIEW_ENTRIES
from embudo.business.intake.rules.states import EntryState
from embudo.business.intake.views.badges import entry_badge
from embudo.foundation.attributes.rules.tree import conditions_of
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.keyset import KeysetPage
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.parts import Column, Filter, Tab
from embudo.kernel.actor import Actor

SHOWN = 40  # characters of an assignment's title
NEWEST, BY_ID = "-created", {"created": "id", "-created": "-id"}


def as_it_is(found: QuerySet[Any], _assignment: str, _actor: Actor) -> QuerySet[Any]:
    """The list begins with the assignment's entries: asked for it twice, SQLite takes another index."""
    return found


class Entries(ListPage):
    """
    The entries in one's sight. Narrowed to an assignment it is fast whatever their number; of all of them the newest come by
    id, which is as old as the record and has the index.
    """

    permission = VIEW_ENTRIES
    title = pgettext_lazy("of an assignment", "Entries")
    icon = "table"
    query = queries.entries
    fields = ("name", "state", "assignment", "owner__name", "town", "created", "updated")
    columns: ClassVar[Sequence[Column]] = (
        Column("name", _("Name")),
        Column("state", _("State"), cell=lambda row: entry_badge(row["state"])),
        Column("assignment", _("Assignment")),
        Column("owner__name", _("Operator"), kind="person"),
        Column("town", _("Town")),
        Column(
            "created",
            pgettext_lazy("of records", "Entered"),
            kind="datetime",
            sort="created",
            descends_first=True,
        ),
        Column("updated", _("Changed"), kind="datetime"),
    )
    search = lambda entries, words: entries.matching(words)  # noqa: E731 - one expression, as the page wants it
    search_label = _("Find by name, number, e-mail or phone")
    board_by, calendar_by = "state", "created"
    default_sort = NEWEST
    empty_title = _("No entries yet")
    empty_text = _("Records stand here as soon as somebody enters them.")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.titles: dict[UUID, str] = {}
        self.columns = tuple(  # type: ignore[misc]
            replace(one, cell=self.assignment_shown, value=self.assignment_title)
            if one.key == "assignment"
            else one
            for one in type(self).columns
        )
        super().setup(request, *args, **kwargs)

    @cached_property
    def chosen_assignment(self) -> UUID | None:
        try:
            return UUID(self.given.get("assignment", ""))
        except ValueError:
            return None

    @cached_property
    def sees_others(self) -> bool:
        return queries.sees_others(self.actor)

    def get_query(self) -> QuerySet[Any]:
        return self.seen

    @cached_property
    def seen(self) -> QuerySet[Any]:
        if self.chosen_assignment:
            return queries.entries_of(self.actor, self.chosen_assignment)
        return queries.entries_seen(self.actor)

    def narrowed(self, queryset: QuerySet[Any], tab: Tab | None) -> QuerySet[Any]:
        found = self.unprobed(super().narrowed(queryset, tab))
        return queries.with_returned(found) if self.shows_returned_first else found

    def unprobed(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """Where the list looks into values that the reader shall enter without having read them, it leaves those entries out."""
        if not self.sees_others:
            return found
        hidden, about = queries.blindness(self.actor)
        return found.exclude(about) if hidden and (self.words or hidden & self.looked_into) else found

    @property
    def looked_into(self) -> set[str]:
        """The attributes that are shown, and by which it is narrowed, ordered, grouped and laid out."""
        keys = {column.key for column in self.columns} | {column.sort for column in self.columns}
        if self.design:
            design = self.design
            keys |= {sort.removeprefix("-") for sort in design.sorts} | {design.group}
            keys |= {design.look.by, design.look.total} | {
                one.attribute.key for one in conditions_of(design.node)
            }
        return keys

    @property
    def shows_returned_first(self) -> bool:
        """Operators find what came back to them on top, unless they choose an order of their own."""
        has_order = bool(self.design and self.design.sorts) or self.sort != self.default_sort
        return not has_order and not self.sees_others

    @property
    def order(self) -> str:
        if self.shows_returned_first:
            return queries.RETURNED_FIRST
        found = super().order
        return found if self.chosen_assignment else BY_ID.get(found, found)

    def page_of(self, queryset: QuerySet[Any]) -> KeysetPage:
        if self.face or not self.shows_returned_first:
            return super().page_of(queryset)
        places = {key: self.given_cursor(key) for key in ("after", "before")}
        return queries.page_of_returned_first(queryset, size=self.size, fields=self.fields, **places)

    @cached_property
    def own_filters(self) -> tuple[Filter, ...]:
        found = (
            Filter("state", _("State"), tuple(EntryState.choices)),
            Filter("assignment", _("Assignment"), tuple(self.assignment_options()), as_it_is),
        )
        if not self.sees_others:
            return found
        owners = tuple(queries.operators_seen(self.actor, self.chosen_assignment))
        return (*found, Filter("owner", _("Operator"), owners))

    def assignment_options(self) -> list[tuple[str, str]]:
        return queries.assignment_options(self.actor, self.chosen_assignment)

    def get_filters(self) -> Sequence[Filter]:
        return self.own_filters

    def prepare(self, rows: Sequence[Any]) -> None:
        self.titles |= queries.assignment_titles(row["assignment"] for row in rows)

    def assignment_title(self, row: Any) -> str:
        """A file has many rows of few assignments: each is asked for once."""
        if row["assignment"] not in self.titles:
            self.titles |= queries.assignment_titles([row["assignment"]])
        return self.titles.get(row["assignment"], "—")

    def assignment_shown(self, row: Any) -> str:
        return Truncator(self.assignment_title(row)).chars(SHOWN)

    def row_url(self, row: Any) -> str:
        return record_url("intake:entry", row["pk"])

    def row_tone(self, row: Any) -> str:
        return "bad" if row["state"] == EntryState.REJECTED else ""

    def count_text(self, n: int) -> str:
        return npgettext("of an assignment", "%(n)s entry", "%(n)s entries", n) % {"n": self.count_shown(n)}

    def caption(self) -> str:
        if not self.shows_returned_first:
            return super().caption()
        order = gettext("rejected ones first")
        return ", ".join((str(self.get_title()), self.count_text(self.count), order))
