from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import pgettext_lazy

Days = tuple[date, date]  # first and last


def _month(day: date, shift: int) -> Days:
    first = _months_on(day.replace(day=1), shift)
    return first, _months_on(first, 1) - timedelta(1)


def _months_on(first: date, n: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + n, 12)
    return date(year, month + 1, 1)


def _quarter(day: date, shift: int) -> Days:
    first = _months_on(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 3 * shift)
    return first, _months_on(first, 3) - timedelta(1)


def _week(day: date, shift: int) -> Days:
    monday = day - timedelta(day.weekday()) + timedelta(7 * shift)
    return monday, monday + timedelta(6)


def _year(day: date, shift: int) -> Days:
    return date(day.year + shift, 1, 1), date(day.year + shift, 12, 31)


def _day(day: date, shift: int) -> Days:
    return day + timedelta(shift), day + timedelta(shift)


_SPANS: Mapping[str, tuple[Callable[[date, int], Days], int, Any]] = {
    "today": (_day, 0, pgettext_lazy("filter", "today")),
    "yesterday": (_day, -1, pgettext_lazy("filter", "yesterday")),
    "tomorrow": (_day, 1, pgettext_lazy("filter", "tomorrow")),
    "this_week": (_week, 0, pgettext_lazy("filter", "this week")),
    "last_week": (_week, -1, pgettext_lazy("filter", "last week")),
    "next_week": (_week, 1, pgettext_lazy("filter", "next week")),
    "this_month": (_month, 0, pgettext_lazy("filter", "this month")),
    "last_month": (_month, -1, pgettext_lazy("filter", "last month")),
    "next_month": (_month, 1, pgettext_lazy("filter", "next month")),
    "this_quarter": (_quarter, 0, pgettext_lazy("filter", "this quarter")),
    "last_quarter": (_quarter, -1, pgettext_lazy("filter", "last quarter")),
    "next_quarter": (_quarter, 1, pgettext_lazy("filter", "next quarter")),
    "this_year": (_year, 0, pgettext_lazy("filter", "this year")),
    "last_year": (_year, -1, pgettext_lazy("filter", "last year")),
    "next_year": (_year, 1, pgettext_lazy("filter", "next year")),
}
PERIODS: Mapping[str, Any] = {code: words for code, (_span, _shift, words) in _SPANS.items()}


def days_of(period: str, today: date) -> Days:
    span, shift, _words = _SPANS[period]
    return span(today, shift)


def instant(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins for somebody in this time zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
