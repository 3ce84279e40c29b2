"""Arithmetic and calendar without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings as checked, strategies as st

from embudo.business.quota.rules.amounts import (
    RATE_SCALE,
    Balance,
    carried,
    converted,
    next_notice,
    reached,
    state_of,
    used_up,
)
from embudo.business.quota.rules.periods import Span, span_of, spans_before, start_of
from embudo.business.quota.rules.spending import (
    check_amount,
    check_capture,
    check_refund,
    refusal_code,
    within_rounding,
)
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
CALMLY = checked(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)  # on a laden machine
ZONES = ("Europe/Warsaw", "America/Havana", "America/Asuncion", "Africa/Cairo", "Asia/Beirut", "UTC")


def balance(
    limit: int = 100, consumed: int = 0, held: int = 0, topups: int = 0, overdraft: int = 0
) -> Balance:
    return Balance(limit, overdraft, topups, consumed, held)


@pytest.mark.parametrize(
    ("kind", "day", "starts", "ends"),
    [
        ("month", date(2024, 2, 29), date(2024, 2, 1), date(2024, 3, 1)),
        ("month", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 11, 1), date(2026, 10, 1), date(2027, 1, 1)),
        ("year", date(2024, 12, 31), date(2024, 1, 1), date(2025, 1, 1)),
        ("rolling", date(2024, 3, 1), date(2024, 2, 1), date(2024, 3, 2)),
    ],
)
def test_span_of_is_the_period_of_a_day(kind: str, day: date, starts: date, ends: date) -> None:
    assert span_of(kind, 30, day) == Span(starts, ends)


@CALMLY
@given(DAYS, st.sampled_from(["month", "quarter", "year", "rolling"]), st.integers(1, 366))
def test_span_of_holds_its_day(day: date, kind: str, days: int) -> None:
    span = span_of(kind, days, day)
    assert span.holds(day)
    if kind != "rolling":
        assert span_of(kind, days, span.ends).starts == span.ends


def test_spans_before_follow_each_other() -> None:
    found = spans_before("month", 30, span_of("month", 30, date(2026, 2, 10)), 3)
    assert [one.starts for one in found] == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    rolling = spans_before("rolling", 10, span_of("rolling", 10, date(2026, 2, 10)), 2)
    assert rolling == [Span(date(2026, 1, 12), date(2026, 1, 22)), Span(date(2026, 1, 22), date(2026, 2, 1))]


@pytest.mark.parametrize("zone", ZONES)
def test_start_of_is_the_first_instant_of_a_day(settings: Any, zone: str) -> None:
    """Also where the clocks skip midnight (Cairo, Beirut) or have it twice (Havana)."""
    settings.TIME_ZONE = zone
    for number in range(3 * 366):
        day = date(2023, 1, 1) + timedelta(number)
        begins = start_of(day)
        assert begins.astimezone(ZoneInfo(zone)).date() == day
        assert (begins - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() < day


def test_start_of_knows_daylight_saving(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"
    assert start_of(date(2026, 4, 1)) == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert start_of(date(2026, 11, 1)) == datetime(2026, 10, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("used", "percent", "state"), [(0, 0, "open"), (79, 0, "open"), (80, 80, "watch"), (99, 95, "watch"), (100, 100, "at_limit")]
)  # fmt: skip
def test_reached_is_the_highest_threshold(used: int, percent: int, state: str) -> None:
    found = balance(consumed=used)
    assert (reached(found, [80, 95]), state_of(found, [80, 95])) == (percent, state)


def test_next_notice_is_the_next_amount_that_reaches_something() -> None:
    assert [next_notice(balance(consumed=used), [80, 95]) for used in (0, 80, 95, 100, 130)] == [
        80,
        95,
        100,
        101,
        131,
    ]


def test_top_ups_are_used_before_an_overdraft() -> None:
    assert [used_up(50, consumed, 100) for consumed in (90, 120, 170)] == [0, 20, 50]
    assert carried(balance(consumed=120, topups=50, overdraft=80), 0, 0) == 30


@pytest.mark.parametrize(
    ("consumed", "topups", "granted", "stays"),
    [
        (100, 50, 50, 0),  # nothing was used of it
        (120, 50, 50, 0),  # a part was
        (120, 80, 50, 30),  # what was granted is used before what was paid
        (160, 80, 50, 20),
        (100, 80, 50, 30),
        (100, 30, 50, 0),  # the rest was taken back
    ],
)
def test_what_officers_granted_ends_with_its_period(
    consumed: int, topups: int, granted: int, stays: int
) -> None:
    assert carried(balance(consumed=consumed, topups=topups), 0, 0, granted) == stays


def test_what_was_used_of_a_grant_stays_while_the_spending_counts() -> None:
    """Of a rolling period: the day of the grant is over, the spending is not."""
    assert carried(balance(consumed=120, topups=50), 120, 0, 50) == 20


@CALMLY
@given(
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(-200, 900),
    st.integers(-200, 900),
    st.integers(-500, 500),
)
def test_carried_never_makes_money_nor_loses_what_is_not_spent(
    limit: int, topups: int, consumed: int, stays: int, kept: int
) -> None:
    after = kept + carried(balance(limit, consumed, topups=topups), stays, kept)
    assert 0 <= after <= topups
    gone = used_up(topups, consumed, limit) - used_up(topups, stays, limit)
    assert after == topups - max(0, gone)


def test_converted_rounds_half_away_from_zero_between_currencies_of_other_decimals() -> None:
    assert converted(Money(10_00, "EUR"), "USD", round(1.0845 * RATE_SCALE)) == 10_85
    assert converted(Money(1000, "JPY"), "USD", round(0.0065 * RATE_SCALE)) == 6_50
    assert converted(Money(1, "USD"), "JPY", 150 * RATE_SCALE) == 2


def test_refusal_code_says_why() -> None:
    assert refusal_code("pending", balance(0)) == "quota.pending"
    assert refusal_code("held", balance()) == "quota.held"
    assert refusal_code("at_limit", balance(consumed=101)) == "quota.over"
    assert refusal_code("open", balance()) == "quota.limit"


def test_check_capture_takes_what_is_held_at_most() -> None:
    assert (check_capture("open", 70, None), check_capture("open", 70, 20)) == (70, 20)
    with pytest.raises(Invalid):
        check_capture("open", 70, 71)
    with pytest.raises(Refused) as ended:
        check_capture("expired", 0, None)
    assert ended.value.code == "quota.hold_ended"


def test_check_refund_gives_back_what_was_captured_at_most() -> None:
    assert (check_refund(70, None), check_refund(70, 20)) == (70, 20)
    with pytest.raises(Invalid):
        check_refund(70, 71)
    with pytest.raises(Refused):
        check_refund(0, None)


@pytest.mark.parametrize("minor", [0, -1, 10**15 + 1])
def test_check_amount_refuses_what_nobody_spends(minor: int) -> None:
    with pytest.raises(Invalid) as fault:
        check_amount(minor)
    assert set(fault.value.errors) == {"amount"}


@CALMLY
@given(st.integers(1, 10**9), st.integers(1, 400_000_000), st.integers(1, 9))
def test_within_rounding_lets_parts_come_to_the_whole(minor: int, rate: int, parts: int) -> None:
    whole = converted(Money(minor, "EUR"), "USD", rate)
    left, sizes = whole, [minor // parts] * (parts - 1) + [minor - minor // parts * (parts - 1)]
    for number, size in enumerate(sizes, 1):
        part = within_rounding(converted(Money(size, "EUR"), "USD", rate), left, number)
        assert part <= left
        left -= part
    assert left <= parts
