"""A list as a calendar: its records on the days of one attribute, by month, week, day or as an agenda."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.rules import AttributeType, ListAttribute, Look, Period, Span
from embudo.foundation.attributes.rules.faces import asked_day, on_other_day, period_of
from embudo.foundation.attributes.views.cards import CardMaker, read
from embudo.foundation.attributes.views.days import CalendarDrawing, whole_day
from embudo.foundation.attributes.views.setting import Setter
from embudo.foundation.ui import atoms
from embudo.foundation.ui.keyset import SortOrder
from embudo.foundation.ui.parts import CalendarEntry
from embudo.kernel import clock
from embudo.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design

MOST_ENTRIES = 2000
VALUE = "calendar_value"  # the attribute as the statement brings it


class Calendar:
    """One request's calendar; `find` is told the records once tabs, words and filters have narrowed them."""

    def __init__(self, design: "Design", look: Look, by: ListAttribute) -> None:
        self.design, self.page, self.actor, self.by, self.look = design, design.page, design.actor, by, look
        self.zone = ZoneInfo(self.actor.time_zone)
        self.today = clock.now().astimezone(self.zone).date()
        self.setter = Setter(self.actor, design.model, by)
        self.was: str | None = None  # the day of an entry that was moved

    @cached_property
    def maker(self) -> CardMaker:
        return CardMaker(self.page, self.by.key)

    @cached_property
    def period(self) -> Period:
        first = (int(formats.get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
        return period_of(Span(self.look.span or Span.MONTH), asked_day(self.page.given, self.today), first)

    @property
    def place(self) -> dict[str, str]:
        """What an address says for these days; nothing for those around today."""
        given = self.page.given
        return self.period.words if "month" in given or "day" in given else {}

    def find(self, found: QuerySet[Any]) -> None:
        self.found = found

    @cached_property
    def is_movable(self) -> bool:
        return self.setter.may_set

    # --- the entries

    @cached_property
    def rows(self) -> list[Any]:
        """The records of the period by day and time; one query."""
        period = self.period
        part = self.found.filter(queries.within_days(self.actor, self.by, period.first, period.last))
        part = part.annotate(**{VALUE: queries.expression(self.by)}).order_by(
            *SortOrder(VALUE, is_descending=False, is_nullable=False).expressions(reverse=False)
        )
        if self.page.fields:
            part = part.values(*dict.fromkeys(["pk", "version", VALUE, *self.page.fields]))
        return list(part[: MOST_ENTRIES + 1])

    @property
    def is_capped(self) -> bool:
        return len(self.rows) > MOST_ENTRIES

    @cached_property
    def entries(self) -> Mapping[date, Sequence[CalendarEntry]]:
        rows = self.rows[:MOST_ENTRIES]
        self.maker.ready(rows)
        self.setter.learn(self.found, [read(row, "pk") for row in rows])
        by_day: dict[date, list[CalendarEntry]] = {}
        own = [self._entry(row) for row in rows]
        also = self.page.also_on(self.by.key, self.period.first, self.period.last)
        for entry in sorted([*own, *also], key=lambda one: (one.day, one.time)):
            by_day.setdefault(entry.day, []).append(entry)
        return by_day

    def _entry(self, row: Any) -> CalendarEntry:
        day, time = self._when(read(row, VALUE))
        return CalendarEntry(
            day=day,
            time=time,
            title=self.maker.title(row),
            url=self.maker.url(row),
            tone=self.page.row_tone(row),
            id=read(row, "pk"),
            version=read(row, "version"),
            can_move=self.setter.may_move(row),
        )

    def _when(self, value: Any) -> tuple[date, str]:
        """Day and time as the person's clock shows them; days have no time."""
        if self.by.type is AttributeType.DATE:
            return (value if isinstance(value, date) else date.fromisoformat(value)), ""
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        local = moment.astimezone(self.zone)
        return local.date(), f"{local:%H:%M}"

    # --- drawn

    @property
    def count_shown(self) -> str:
        n = sum(len(some) for some in self.entries.values())
        words = ngettext("%(n)s entry", "%(n)s entries", n)
        return words % {"n": atoms.number(n) + ("+" if self.is_capped else "")}

    @cached_property
    def title(self) -> str:
        """ "November 2026", "16 November 2026 to 22 November 2026" """
        period = self.period
        if period.span is Span.MONTH:
            return str(formats.date_format(period.day, "YEAR_MONTH_FORMAT"))
        if period.span is Span.DAY:
            return whole_day(period.day)
        first, last = (str(formats.date_format(day, "DATE_FORMAT")) for day in (period.first, period.last))
        return gettext("%(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def name(self) -> str:
        """What the window is called by, beside the list."""
        return self.title

    @property
    def said(self) -> str:
        told = {"attribute": self.by, "period": self.title, "entries": self.count_shown}
        return gettext("Calendar by %(attribute)s: %(period)s, %(entries)s") % told

    @cached_property
    def drawn(self) -> SafeString:
        return CalendarDrawing(self).drawn()

    def url(self, *, span: Span | None = None, day: date | None = None) -> str:
        """This calendar on another day, or showing more or less around it."""
        span, day = span or self.period.span, day or self.period.day
        words = period_of(span, day, 0).words if day != self.today else {}
        look = replace(self.look, span="" if span is Span.MONTH else span.value)
        return self.page.url(**(self.design.look_words(look) | words))

    @property
    def weekdays(self) -> list[tuple[str, str]]:
        """(short, whole) names in the order of the week shown."""
        return [
            (str(formats.date_format(day, "D")), str(formats.date_format(day, "l")))
            for day in self.period.days[:7]
        ]

    # --- moved

    def move(self, card: str, goal: str, version: str) -> None:
        """Puts a record on another day, at the same time. Refuses (Invalid) what is no day, and what the record's rules refuse."""
        try:
            day = date.fromisoformat(goal)
        except ValueError:
            raise Invalid({self.by.key: [gettext("Choose a day.")]}) from None
        row = queries.value_at(self.found, card, queries.expression(self.by))
        if row is None or row[0] is None:
            raise NotFound
        self.was = self._when(row[0])[0].isoformat()
        self.setter.set(card, self._value_on(row[0], day), version)

    def _value_on(self, value: Any, day: date) -> str:
        if self.by.type is AttributeType.DATE:
            return day.isoformat()
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return on_other_day(moment, day, self.zone).astimezone(UTC).isoformat()

    def totals(self) -> dict[str, Any]:
        return {}
