from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PeriodKind(TextChoices):
    MONTH = "month", _("calendar month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")
    ROLLING = "rolling", _("the last days")


MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}
MOST_ROLLING_DAYS = 366


@dataclass(frozen=True)
class Span:
    """Days from `starts` to before `ends`."""

    starts: date
    ends: date

    def holds(self, day: date) -> bool:
        return self.starts <= day < self.ends

    @property
    def last(self) -> date:
        return self.ends - timedelta(days=1)


def months_on(day: date, months: int) -> date:
    """The first of the month that lies `months` after that of `day`."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def span_of(kind: str, rolling_days: int, day: date) -> Span:
    """
    The period that `day` lies in. A rolling one is the window of `rolling_days` days that ends with `day`, so it moves every
    day; the others are calendar months, quarters and years. Days are those of the organisation's time zone.
    """
    if kind == PeriodKind.ROLLING:
        return Span(day - timedelta(days=rolling_days - 1), day + timedelta(days=1))
    months = MONTHS[PeriodKind(kind)]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Span(first, months_on(first, months))


def spans_before(kind: str, rolling_days: int, span: Span, count: int) -> list[Span]:
    """The `count` periods before `span`, oldest first. Rolling ones follow each other without a gap."""
    spans = []
    for _number in range(count):
        if kind == PeriodKind.ROLLING:
            span = Span(span.starts - timedelta(days=rolling_days), span.starts)
        else:
            span = span_of(kind, rolling_days, span.starts - timedelta(days=1))
        spans.append(span)
    return spans[::-1]


def start_of(day: date) -> datetime:
    """
    The instant at which a day of the organisation begins, in UTC. Where the clocks skip midnight it is the first instant that
    exists; where midnight comes twice, the first one.
    """
    return datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
