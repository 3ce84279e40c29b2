from datetime import date
from uuid import UUID

import pytest

from embudo.business.intake.rules.asked import checked_asked, first_asked
from embudo.business.intake.rules.forecast import finish_day
from embudo.business.intake.rules.policies import (
    Policy,
    Track,
    earned_percent,
    is_sampled,
    wants_verification,
)
from embudo.business.intake.rules.states import NEXT, EntryState, check_open, check_step
from embudo.business.intake.rules.territory import areas_of, is_within, postcodes_of
from embudo.business.intake.rules.verdicts import check_outcome, checked_points
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.record import new_id

IDS = [UUID(int=n) for n in range(4000)]


def test_first_asked_always_names_the_record() -> None:
    assert first_asked("company")[0] == {"name": "name", "is_required": True}
    assert first_asked("person")[1] == {"name": "last_name", "is_required": True}


def test_checked_asked_adds_what_names_the_record() -> None:
    assert checked_asked("company", [{"name": "tax_id"}], ()) == [
        {"name": "name", "is_required": True},
        {"name": "tax_id"},
    ]


@pytest.mark.parametrize(
    "asked",
    [[{"name": "shoe_size"}], [{"name": "town"}, {"name": "town"}], [{"name": "town", "help": "x" * 301}]],
)
def test_checked_asked_refuses(asked: list[dict[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        checked_asked("company", asked, ())
    assert list(caught.value.errors) == ["asked"]


def test_checked_asked_takes_custom_attributes_by_their_name_in_forms() -> None:
    assert {"name": "custom_meat"} in checked_asked("company", [{"name": "custom_meat"}], ["meat"])


@pytest.mark.parametrize(
    ("area", "bounds"),
    [
        ("mazowieckie", None),
        ("00-001 - 05-999", ("00001", "05999")),
        ("00-950", ("00950", "00950")),
        ("75001-75020", ("75001", "75020")),
    ],
)
def test_postcodes_of_an_area(area: str, bounds: tuple[str, str] | None) -> None:
    assert postcodes_of(area) == bounds


def test_areas_of_refuses_a_range_the_wrong_way_round() -> None:
    with pytest.raises(Invalid):
        areas_of("05-999 - 00-001")


@pytest.mark.parametrize(
    ("region", "postcode", "expected"),
    [
        ("Mazowieckie", "", True),
        ("", "04-100", True),
        ("", "80-001", False),
        ("pomorskie", "", False),
        ("", "", True),
        ("pomorskie", "04-100", True),
    ],
)
def test_is_within_a_territory(region: str, postcode: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_within(["mazowieckie", "00-001 - 05-999"], region=region, postcode=postcode) is expected


def test_is_sampled_draws_about_as_many_as_asked_for() -> None:
    drawn = sum(is_sampled(one, 20) for one in IDS)
    assert 700 < drawn < 900
    assert not any(is_sampled(one, 0) for one in IDS)
    assert all(is_sampled(one, 100) for one in IDS)


@pytest.mark.parametrize(
    ("verified", "rejected", "percent"), [(0, 0, 100), (49, 0, 100), (50, 0, 5), (100, 5, 25), (100, 20, 100)]
)
def test_earned_percent_falls_with_the_track_record(verified: int, rejected: int, percent: int) -> None:
    assert earned_percent(Track(verified, rejected)) == percent


def test_wants_verification_never_where_it_is_off() -> None:
    assert not wants_verification(Policy.OFF, 100, new_id(), Track())
    assert wants_verification(Policy.ALL, 0, new_id(), Track(500, 0))


def test_nothing_leads_on_from_an_accepted_entry() -> None:
    assert NEXT[EntryState.ACCEPTED] == ()
    with pytest.raises(Refused):
        check_step(EntryState.ACCEPTED, EntryState.WITHDRAWN)


@pytest.mark.parametrize(
    ("state", "is_part_open", "code"),
    [
        ("draft", True, "intake.assignment_not_open"),
        ("closed", True, "intake.assignment_closed"),
        ("open", False, "intake.part_closed"),
    ],
)
def test_check_open_refuses(state: str, is_part_open: bool, code: str) -> None:  # noqa: FBT001 - a table
    with pytest.raises(Refused) as caught:
        check_open(state, is_part_open=is_part_open)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("target", "done", "recent", "days", "expected"),
    [
        (100, 50, 50, 10, date(2026, 3, 11)),
        (100, 100, 0, 0, date(2026, 3, 1)),
        (100, 0, 0, 10, None),
        (0, 10, 10, 10, None),
        (10**8, 0, 1, 14, None),
    ],
)
def test_finish_day_at_the_pace_of_late(
    target: int, done: int, recent: int, days: int, expected: date | None
) -> None:
    today = date(2026, 3, 1)
    assert finish_day(today=today, target=target, done=done, recent=recent, days=days) == expected


def test_checked_points_refuse_a_wrong_value_without_a_reason() -> None:
    with pytest.raises(Invalid) as caught:
        checked_points([{"name": "town", "judgement": "wrong"}], ["name", "town"])
    assert list(caught.value.errors) == ["town"]


@pytest.mark.parametrize(
    ("outcome", "judgement", "comment"), [("accepted", "wrong", ""), ("rejected", "right", " ")]
)
def test_check_outcome_refuses_what_contradicts_itself(outcome: str, judgement: str, comment: str) -> None:
    points = checked_points([{"name": "town", "judgement": judgement, "code": "other"}], ["town"])
    with pytest.raises(Invalid):
        check_outcome(outcome, points, comment)
