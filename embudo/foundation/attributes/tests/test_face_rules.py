from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from embudo.foundation.attributes.rules.faces import (
    Face,
    Look,
    Span,
    asked_day,
    on_other_day,
    period_of,
)

TODAY = date(2026, 11, 22)  # a Sunday
MONDAY, SUNDAY = 0, 6


@pytest.mark.parametrize(
    ("day", "weekday", "first", "last", "weeks"),
    [
        (date(2026, 11, 22), MONDAY, date(2026, 10, 26), date(2026, 12, 6), 6),
        (date(2026, 11, 22), SUNDAY, date(2026, 11, 1), date(2026, 12, 5), 5),
        (date(2027, 2, 10), MONDAY, date(2027, 2, 1), date(2027, 2, 28), 4),
        (date(2024, 2, 29), MONDAY, date(2024, 1, 29), date(2024, 3, 3), 5),
        (date(2026, 12, 31), MONDAY, date(2026, 11, 30), date(2027, 1, 3), 5),
    ],
)
def test_month_is_drawn_in_whole_weeks(day: date, weekday: int, first: date, last: date, weeks: int) -> None:
    period = period_of(Span.MONTH, day, weekday)
    assert (period.first, period.last, len(period.weeks)) == (first, last, weeks)
    assert {len(week) for week in period.weeks} == {7}
    assert {week[0].weekday() for week in period.weeks} == {weekday}


def test_month_knows_which_days_are_its_own() -> None:
    period = period_of(Span.MONTH, TODAY, MONDAY)
    assert [period.shows(day) for day in (date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 1))] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("span", "before", "after"),
    [
        (Span.MONTH, date(2026, 10, 1), date(2026, 12, 1)),
        (Span.WEEK, date(2026, 11, 15), date(2026, 11, 29)),
        (Span.AGENDA, date(2026, 10, 23), date(2026, 12, 22)),
        (Span.DAY, date(2026, 11, 21), date(2026, 11, 23)),
    ],
)
def test_period_has_neighbours(span: Span, before: date, after: date) -> None:
    period = period_of(span, TODAY, MONDAY)
    assert (period.moved(-1), period.moved(1)) == (before, after)


def test_neighbours_of_a_months_last_day_and_of_the_last_year() -> None:
    assert period_of(Span.MONTH, date(2027, 1, 31), MONDAY).moved(1) == date(2027, 2, 1)
    assert period_of(Span.MONTH, date(2199, 12, 5), MONDAY).moved(1) == date(2199, 12, 31)
    assert period_of(Span.WEEK, date(1900, 1, 1), MONDAY).moved(-1) == date(1900, 1, 1)


def test_week_begins_on_the_readers_first_day() -> None:
    assert period_of(Span.WEEK, TODAY, MONDAY).first == date(2026, 11, 16)
    assert period_of(Span.WEEK, TODAY, SUNDAY).first == TODAY


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ({}, TODAY),
        ({"month": "2026-11"}, TODAY),
        ({"month": "2026-12"}, date(2026, 12, 1)),
        ({"day": "2026-11-24"}, date(2026, 11, 24)),
        ({"day": "2026-11-24", "month": "2020-01"}, date(2026, 11, 24)),
        ({"day": "tomorrow", "month": "2027-02"}, date(2027, 2, 1)),
        ({"month": "2026-13"}, TODAY),
        ({"month": "0001-01"}, TODAY),
        ({"day": "9999-12-31"}, TODAY),
    ],
)
def test_address_names_the_day(given: dict[str, str], day: date) -> None:
    assert asked_day(given, TODAY) == day


def test_period_is_named_in_the_address() -> None:
    assert period_of(Span.MONTH, TODAY, MONDAY).words == {"month": "2026-11"}
    assert period_of(Span.WEEK, TODAY, MONDAY).words == {"day": "2026-11-22"}


def test_moment_keeps_its_time_of_day_over_a_clock_change() -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    nine = datetime(2026, 10, 23, 7, 0, tzinfo=UTC)  # 9:00 in summer time
    assert on_other_day(nine, date(2026, 10, 26), warsaw).astimezone(UTC) == datetime(
        2026, 10, 26, 8, tzinfo=UTC
    )
    lost = datetime(2026, 3, 27, 1, 30, tzinfo=UTC)  # 2:30, which 29 March does not have
    assert on_other_day(lost, date(2026, 3, 29), warsaw).astimezone(UTC).date() == date(2026, 3, 29)


def test_look_is_read_from_an_address() -> None:
    assert Look.read({}) == Look.read({"face": "wall", "by": "x"}) == Look()
    board = Look.read({"face": "board", "by": "status", "total": "value", "span": "week"})
    assert board == Look(Face.BOARD, "status", "value", "")
    week = Look.read({"face": "calendar", "by": "due", "total": "value", "span": "week"})
    assert week.words() == {"face": "calendar", "by": "due", "span": "week"}
    assert Look.read({"face": "calendar", "span": "month"}).words() == {"face": "calendar"}
    assert Look().words() == {"face": "table"}
