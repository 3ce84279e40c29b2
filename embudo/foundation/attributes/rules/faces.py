"""How a list shows its records: as a table, a board or a calendar; and which days a calendar shows."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from embudo.foundation.attributes.rules.kinds import AttributeType

BOARD_TYPES = frozenset({AttributeType.CHOICE, AttributeType.YES_NO})
CALENDAR_TYPES = frozenset({AttributeType.DATE, AttributeType.DATETIME})
FIRST_YEAR, LAST_YEAR = 1900, 2199
DAYS_AHEAD = 30  # of the agenda
NO_TOTAL = "none"


class Face(TextChoices):
    TABLE = "table", _("Table")
    BOARD = "board", _("Board")
    CALENDAR = "calendar", _("Calendar")


class Span(TextChoices):
    MONTH = "month", pgettext_lazy("calendar", "Month")
    WEEK = "week", pgettext_lazy("calendar", "Week")
    AGENDA = "agenda", pgettext_lazy("calendar", "Agenda")
    DAY = "day", pgettext_lazy("calendar", "Day")


@dataclass(frozen=True)
class Look:
    """A list's face: by which attribute it is laid out, which amount a board adds up, how much a calendar shows."""

    face: Face = Face.TABLE
    by: str = ""
    total: str = ""
    span: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address or a saved view; what makes no sense there is left out."""
        face = given.get("face", "")
        if face not in (Face.BOARD, Face.CALENDAR):
            return cls()
        span = given.get("span", "")
        return cls(
            Face(face),
            given.get("by", "")[:80],
            given.get("total", "")[:80] if face == Face.BOARD else "",
            span if face == Face.CALENDAR and span in Span.values and span != Span.MONTH else "",
        )

    def words(self) -> dict[str, str]:
        """As an address says it."""
        found = {"face": self.face.value, "by": self.by, "total": self.total, "span": self.span}
        return {key: value for key, value in found.items() if value}


@dataclass(frozen=True)
class Period:
    """The days that a calendar shows: from `first` to `last`, around the day that was asked for."""

    span: Span
    day: date
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]

    @property
    def weeks(self) -> list[list[date]]:
        days = self.days
        return [days[n : n + 7] for n in range(0, len(days), 7)]

    def shows(self, day: date) -> bool:
        """Whether the day is of the month asked for, and not of its neighbours in the same week."""
        return self.span is not Span.MONTH or (day.year, day.month) == (self.day.year, self.day.month)

    @property
    def words(self) -> dict[str, str]:
        """As an address says which days are meant."""
        if self.span is Span.MONTH:
            return {"month": f"{self.day:%Y-%m}"}
        return {"day": self.day.isoformat()}

    def moved(self, steps: int) -> date:
        """A day of the period so many before or after this one."""
        if self.span is Span.MONTH:
            months = self.day.year * 12 + self.day.month - 1 + steps
            return _within(date(months // 12, months % 12 + 1, 1))
        length = (self.last - self.first).days + 1
        return _within(self.day + timedelta(steps * length))


def _within(day: date) -> date:
    return min(max(day, date(FIRST_YEAR, 1, 1)), date(LAST_YEAR, 12, 31))


def asked_day(given: Mapping[str, str], today: date) -> date:
    """The day that an address names, or its month: today within this month, else the first. Today without either."""
    for text in (given.get("day", ""), f"{given.get('month', '')}-01"):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            continue
        is_month = text != given.get("day")
        return today if is_month and (day.year, day.month) == (today.year, today.month) else day
    return today


def period_of(span: Span, day: date, first_weekday: int) -> Period:
    """`first_weekday` as Python counts: 0 is Monday."""
    if span is Span.DAY:
        return Period(span, day, day, day)
    if span is Span.AGENDA:
        return Period(span, day, day, day + timedelta(DAYS_AHEAD - 1))
    if span is Span.WEEK:
        first = _week_start(day, first_weekday)
        return Period(span, day, first, first + timedelta(6))
    last = day.replace(day=monthrange(day.year, day.month)[1])
    return Period(
        span,
        day,
        _week_start(day.replace(day=1), first_weekday),
        _week_start(last, first_weekday) + timedelta(6),
    )


def _week_start(day: date, first_weekday: int) -> date:
    return day - timedelta((day.weekday() - first_weekday) % 7)


def on_other_day(moment: datetime, day: date, zone: ZoneInfo) -> datetime:
    """The same time of day on another day, as the person's clocks show it there."""
    local = moment.astimezone(zone)
    return datetime.combine(day, local.time().replace(fold=0), zone)
