from datetime import UTC, datetime, timedelta

import pytest

from embudo.foundation.activity import rules
from embudo.foundation.activity.forms import DurationField
from embudo.kernel.errors import Invalid, Refused

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_title_in_words_fills_in_its_places() -> None:
    rules.register_task_title("activity.test_words", "Chase %(number)s", "It closes.")
    assert rules.title_in_words("activity.test_words", {"number": "FV/1"}) == "Chase FV/1"


def test_title_in_words_without_a_place_shows_the_title() -> None:
    rules.register_task_title("activity.test_words", "Chase %(number)s", "It closes.")
    assert rules.title_in_words("activity.test_words", {}) == "Chase %(number)s"


def test_check_closed_by_hand_says_what_closes_it() -> None:
    rules.register_task_title(
        "activity.test_words", "x", "This task closes by itself when the invoice is paid."
    )
    with pytest.raises(Refused) as refusal:
        rules.check_closed_by_hand(is_automatic=True, title_code="activity.test_words")
    assert (refusal.value.code, refusal.value.message) == (
        "activity.closes_itself",
        "This task closes by itself when the invoice is paid.",
    )


def test_clean_title_makes_one_line() -> None:
    assert rules.clean_title("  Call\n Marta \0 ") == "Call Marta"


@pytest.mark.parametrize("title", ["", "  \0 ", "x" * 201])
def test_clean_title_refuses_nothing_and_too_much(title: str) -> None:
    with pytest.raises(Invalid):
        rules.clean_title(title)


def test_check_times_refuses_an_end_before_the_start() -> None:
    with pytest.raises(Invalid) as fault:
        rules.check_times(NOW, NOW - timedelta(hours=1))
    assert list(fault.value.errors) == ["ends"]


@pytest.mark.parametrize("year", [1, 1999, 2200, 9999])
def test_check_moment_refuses_years_no_calendar_means(year: int) -> None:
    with pytest.raises(Invalid):
        rules.check_moment(datetime(year, 1, 1, tzinfo=UTC), "starts")


def test_check_call_refuses_the_future() -> None:
    with pytest.raises(Invalid) as fault:
        rules.check_call(NOW + timedelta(minutes=1), NOW, 86_401)
    assert sorted(fault.value.errors) == ["at", "seconds"]


@pytest.mark.parametrize(("typed", "seconds"), [("3", 180), ("3:12", 192), ("", 0), ("0:07", 7)])
def test_duration_field_reads_minutes_and_seconds(typed: str, seconds: int) -> None:
    assert DurationField(required=False).clean(typed) == seconds
