"""A list as a board: a column for each choice of one attribute, with counts and sums; cards move by setting the attribute."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.queries.faces import NO, NONE, YES, KeptSums, LaneSum
from embudo.foundation.attributes.rules import AttributeType, ListAttribute, Look
from embudo.foundation.attributes.rules.faces import NO_TOTAL
from embudo.foundation.attributes.views.cards import CardMaker, read
from embudo.foundation.attributes.views.groups import narrowed_tree, sum_text, summable
from embudo.foundation.attributes.views.setting import Setter
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.cards import CardDrawing
from embudo.foundation.ui.keyset import keyset_page, order_of, write_cursor
from embudo.foundation.ui.pages.boards import choice_of
from embudo.foundation.ui.parts import Lane

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design

CARDS = 25
MOST_LANES = 40
KEY_OF_NONE = "-"  # the column of records without a value, in addresses


class Board:
    """One request's board; `find` is told the records once tabs, words and filters have narrowed them."""

    place: ClassVar[dict[str, str]] = {}  # a board is all of the list

    def __init__(self, design: "Design", look: Look, by: ListAttribute) -> None:
        self.design, self.page, self.actor, self.by, self.look = design, design.page, design.actor, by, look
        self.setter = Setter(self.actor, design.model, by)
        self.counted_at: datetime | None = None
        self.was: str | None = None  # where a card stood that was moved

    @cached_property
    def maker(self) -> CardMaker:
        return CardMaker(self.page, self.by.key)

    # --- what there is

    @property
    def choices(self) -> list[tuple[str, Any, bool]]:
        """(value, label, whether a card may be put there) of every column, the one for no value last."""
        by = self.by
        if by.type is AttributeType.YES_NO:
            found = [(YES, gettext("yes"), True), (NO, gettext("no"), True)]
        else:
            found = [(value, label, getattr(label, "is_offered", True)) for value, label in by.choices]
        if not queries.may_miss(self.design.model, by):
            return found[:MOST_LANES]
        return [*found[:MOST_LANES], (NONE, gettext("Without a value"), not self.setter.is_required)]

    @cached_property
    def total(self) -> ListAttribute | None:
        """The amount that the columns add up: as asked, else the first among the list's columns."""
        asked = self.look.total
        if asked == NO_TOTAL:
            return None
        known = {one.key: one for one in summable(self.design)}
        if asked in known:
            return known[asked]
        shown = {column.key.removesuffix("_minor") for column in self.page.columns}
        return next((one for key, one in known.items() if key.removesuffix("_minor") in shown), None)

    def find(self, found: QuerySet[Any]) -> None:
        self.found = found

    @cached_property
    def sums(self) -> dict[str, LaneSum]:
        return self._sums()

    def _sums(self) -> dict[str, LaneSum]:
        """Counted and added up; of many records whole when somebody asks for it, and for a while afterwards."""
        keys = [value for value, _label, _takes in self.choices]
        if self.page.request.GET.get("exact") == "1":
            return self._whole(queries.counted_whole(self.found, self.by, self.total))
        is_many = self.page.is_capped
        kept = queries.kept_sums(self.found, self.by, self.total) if is_many else None
        if kept is not None:
            return self._whole(kept)
        quick = [lane for lane in keys if lane not in self.slow]
        sums = queries.lane_sums(self.actor, self.found, self.by, self.total, quick, is_many=is_many)
        return sums | self._sampled() if self.slow else sums

    def _sampled(self) -> dict[str, LaneSum]:
        """At least so many: what was looked through."""
        sums = {lane: LaneSum(is_capped=True) for lane in self.slow}
        for _pk, lane in self.sample:
            if lane in sums:
                sums[lane].count += 1
        return sums

    def _whole(self, kept: KeptSums) -> dict[str, LaneSum]:
        self.counted_at = kept.at
        return kept.sums

    @cached_property
    def shown(self) -> list[tuple[str, Any, bool]]:
        """The columns: all choices that are offered, others while they hold something."""
        return [
            (value, label, takes)
            for value, label, takes in self.choices
            if (value in self.sums and self.sums[value].count)
            or (takes and value != NONE)
            or self._keeps(value)
        ]

    def _keeps(self, value: str) -> bool:
        """An empty column for no value stays where a card can be put into it."""
        return value == NONE and self.is_movable and not self.setter.is_required

    @cached_property
    def is_movable(self) -> bool:
        return self.setter.may_set

    # --- the columns and their cards

    @cached_property
    def lanes(self) -> list[Lane]:
        rows = self._rows(self._ids())
        self.maker.ready([row for some in rows.values() for row in some])
        return [
            self._lane(place, value, label, rows.get(value, []), takes=takes)
            for place, (value, label, takes) in enumerate(self.shown)
        ]

    @cached_property
    def slow(self) -> frozenset[str]:
        """The columns of a large list that are only looked for among its first records."""
        keys = [value for value, _label, _takes in self.choices]
        return queries.unindexed(self.found, self.by, keys) if self.page.is_capped else frozenset()

    def _ids(self) -> dict[str, list[Any]]:
        """Of each column's first records; one more than is shown, to know whether there are further ones."""
        order, filled = (
            order_of(self.found, self.page.order),
            [one[0] for one in self.shown if self._may_hold(one[0])],
        )
        quick = [lane for lane in filled if lane not in self.slow]
        ids = queries.lane_firsts(self.actor, self.found, self.by, quick, order, CARDS + 1)
        slow: dict[str, list[Any]] = {lane: [] for lane in filled if lane in self.slow}
        for pk, lane in self.sample if slow else ():
            if lane in slow and len(slow[lane]) <= CARDS:
                slow[lane].append(pk)
        return ids | slow

    @cached_property
    def sample(self) -> list[tuple[Any, str]]:
        return queries.looked_through(self.found, self.by, order_of(self.found, self.page.order))

    def _may_hold(self, value: str) -> bool:
        """Columns known to be empty are not looked into."""
        one = self.sums.get(value)
        return one is not None and bool(one.count or one.is_capped)

    def _rows(self, ids: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """The cards' records by column, each in the list's order; one query."""
        lane_of = {pk: lane for lane, some in ids.items() for pk in some}
        found: dict[str, list[Any]] = {lane: [] for lane in ids}
        if lane_of:
            order = order_of(self.found, self.page.order)
            rows = self.found.filter(pk__in=list(lane_of)).order_by(*order.expressions(reverse=False))
            if self.page.fields:
                rows = rows.values(*self._fields(order.fields))
            for row in rows:
                found[lane_of[read(row, "pk")]].append(row)
        self.setter.learn(self.found, list(lane_of))
        return found

    def _fields(self, more: Sequence[str] = ()) -> list[str]:
        return list(dict.fromkeys(["pk", "version", *more, *self.page.fields]))

    def _lane(self, place: int, value: str, label: Any, rows: list[Any], *, takes: bool) -> Lane:
        one = self.sums.get(value, LaneSum())
        cards = [self.maker.card(row, can_move=self.setter.may_move(row)) for row in rows[:CARDS]]
        count = max(one.count, len(cards))
        return Lane(
            key=value or KEY_OF_NONE,
            label=str(label),
            cards=cards,
            dot=str(place + 1) if place < 3 and value != NONE else "",
            total=self._total(one),
            count=count,
            count_shown=atoms.number(count) + ("+" if one.is_capped else ""),
            takes=takes,
            cards_more=self._more(value, str(label), rows[:CARDS])
            if len(rows) > CARDS or one.is_capped
            else "",
        )

    def _total(self, one: LaneSum) -> str:
        if self.total is None or one.is_capped:
            return ""
        said = [
            sum_text(self.total, amount, currency, is_whole=True)
            for currency, amount in sorted(one.totals.items())
        ]
        return " + ".join(said)

    def _more(self, value: str, label: str, shown: list[Any]) -> SafeString:
        """Below a column's cards: the next ones; without script the column's records as a table."""
        order, cursor = order_of(self.found, self.page.order), ""
        if shown:
            cursor = write_cursor(self.page.order, order.values(shown[-1]), read(shown[-1], "pk"))
        return self._more_link(value, label, cursor)

    def _more_link(self, value: str, label: str, cursor: str) -> SafeString:
        table = self.design.lane_url(narrowed_tree(self.design, _condition(self.by, value)))
        more = self.design.tool_url("more", lane=value or KEY_OF_NONE, after=cursor)
        words = gettext("Show more")
        return mark_safe(  # noqa: S308 - every part is escaped
            f'<li class="lane-more"><a class="btn" href="{text(table)}" hx-get="{text(more)}" hx-target="closest li"'
            f' hx-swap="outerHTML">{text(words)}<span class="vh">: {text(label)}</span></a></li>'
        )

    def further(self, lane: str, after: str) -> SafeString | None:
        """The next cards of one column; None where there is no such column."""
        value = NONE if lane == KEY_OF_NONE else lane
        known = {one: label for one, label, _takes in self.choices}
        if value not in known:
            return None
        fields = self._fields() if self.page.fields else ()
        part = self.found.filter(queries.in_lane(self.actor, self.by, value))
        page = keyset_page(part, sort=self.page.order, size=CARDS, fields=fields, after=after)
        self.setter.learn(self.found, [read(row, "pk") for row in page.rows])
        self.maker.ready(page.rows)
        label = str(known[value])
        cards = [self.maker.card(row, can_move=self.setter.may_move(row)) for row in page.rows]
        more = self._more_link(value, label, page.next) if page.next else ""
        drawing = CardDrawing(may_move=self.is_movable, said=_said_more(len(cards), label))
        return drawing.cards(Lane(key=lane, label=label, cards=cards, cards_more=more))

    # --- drawn

    @property
    def name(self) -> str:
        """What the window is called by, beside the list."""
        return gettext("Board by %(attribute)s") % {"attribute": self.by}

    @property
    def said(self) -> str:
        n = len(self.shown)
        columns = ngettext("%(n)d column", "%(n)d columns", n) % {"n": n}
        told = {"attribute": self.by, "columns": columns, "records": self.page.count_text(self.page.count)}
        return gettext("Board by %(attribute)s: %(columns)s, %(records)s") % told

    @cached_property
    def drawn(self) -> str:
        """The board; nothing where the list is empty, which then says so itself."""
        if not self.page.count:
            return ""
        drawing = CardDrawing(may_move=self.is_movable)
        lanes = self.lanes
        asked = self.page.request.GET.get("ask", "")
        is_movable = self.is_movable and any(card.can_move for lane in lanes for card in lane.cards)
        context = {
            "lanes": [(lane, "", drawing.cards(lane)) for lane in lanes],
            "may_move": is_movable,
            "may_undo": True,
            "move_url": self.design.tool_url("move"),
            "ask_path": self.page.request.path,
            "kept": list(self.page.state().items()),
            "choice": choice_of(asked, lanes, {}) if asked and is_movable else None,
            "board_label": self.said,
            "move_hint": gettext("Drag a card, or use its “Move” button, to set another value."),
            "moved_text": gettext("%card moved to %stage"),
        }
        board = render_to_string("ui/board_lanes.html", context, request=self.page.request)
        return mark_safe(self._note() + board)  # noqa: S308 - both are escaped

    def _note(self) -> str:
        """What stands above the board where not everything was counted, or not every choice is a column."""
        notes = []
        if self.counted_at is not None:
            words = gettext("Counted and added up: %(moment)s.") % {
                "moment": atoms.moment_text(self.counted_at)
            }
            again = gettext("Count again")
            notes.append(f"{text(words)} {self._counting(again)}")
        elif any(one.is_capped for one in self.sums.values()):
            words = gettext("Large columns are counted in part, and not added up.")
            exactly = gettext("Count exactly")
            notes.append(f"{text(words)} {self._counting(exactly)}")
        if len(self.by.choices) > MOST_LANES:
            words = gettext("The first %(n)d choices are shown. Find the others with the filter.")
            notes.append(text(words % {"n": MOST_LANES}))
        return "".join(f'<p class="hint">{note}</p>' for note in notes)

    def _counting(self, words: str) -> str:
        return f'<a href="{text(self.page.url(exact="1"))}">{text(words)}</a>'

    # --- moved

    def move(self, card: str, lane: str, version: str) -> None:
        """Puts a record into a column: sets the attribute. Refuses what the record's own rules refuse."""
        value = NONE if lane == KEY_OF_NONE else lane
        self.was = self._now(card)
        self.setter.set(card, self._stored(value), version)

    def _now(self, card: str) -> str | None:
        """The column that a record stands in; None where it is not on this board."""
        row = queries.value_at(self.found, card, queries.expression(self.by))
        return None if row is None else queries.lane_of(self.by, row[0]) or KEY_OF_NONE

    def _stored(self, value: str) -> Any:
        if self.by.type is AttributeType.YES_NO and value != NONE:
            return value == YES
        return value or None

    def totals(self) -> dict[str, Any]:
        """What stands in the columns' heads after a move."""
        sums = self._sums()
        return {
            value or KEY_OF_NONE: {
                "count": atoms.number(one.count) + ("+" if one.is_capped else ""),
                "total": self._total(one),
            }
            for value, _label, _takes in self.choices
            for one in (sums.get(value, LaneSum()),)
        }


def _condition(by: ListAttribute, value: str) -> dict[str, Any]:
    """The filter that finds a column's records."""
    if by.type is AttributeType.YES_NO:
        ways = [{"attribute": by.key, "op": way} for way in (YES, NO)]
        return ways[value == NO] if value != NONE else {"not": {"or": ways}}
    if value == NONE:
        return {"attribute": by.key, "op": "empty"}
    return {"attribute": by.key, "op": "is", "value": value}


def _said_more(n: int, label: str) -> str:
    found = ngettext("%(n)d more", "%(n)d more", n) % {"n": n}
    return f"{label}: {found}"
