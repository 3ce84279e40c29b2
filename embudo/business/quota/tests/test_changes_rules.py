"""What follows from plain values alone: the table of transitions, licences, policies."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from django.utils import translation

from embudo.business.quota.rules.answers import deadline, first_day, hash_of, last_day, new_token
from embudo.business.quota.rules.changes import (
    TEXTS,
    Bounds,
    Rung,
    Standing,
    policy_faults,
    qualifies_for,
    words,
)
from embudo.business.quota.rules.licences import Deed, Lack, Purpose, Warrant, lack, nearest_lack
from embudo.business.quota.rules.states import OPEN_CHANGES, TRANSITIONS, ChangeState, check_step
from embudo.business.quota.tests.changing import (
    refused,
)
from embudo.kernel.record import new_id

# --- the table ---


def test_transitions_lead_from_every_open_state_to_an_end() -> None:
    for state in OPEN_CHANGES:
        assert {ChangeState.RECALLED, ChangeState.SUPERSEDED} <= set(TRANSITIONS[state])
    assert not set(TRANSITIONS) - OPEN_CHANGES - {ChangeState.APPLIED, ChangeState.INFORMED}


def test_check_step_refuses_what_the_table_does_not_hold() -> None:
    for now, to in product(ChangeState, ChangeState):
        if to in TRANSITIONS.get(now, ()):
            check_step(now, to)
        else:
            assert refused(lambda now=now, to=to: check_step(now, to)) == "quota.wrong_state"


# --- licences ---

DAY = date(2026, 6, 15)
POLICY, OTHER = new_id(), new_id()


def warrant(**values: Any) -> Warrant:
    given = {
        "policy": None, "tiers": (), "currencies": (), "most": 0, "may_submit": True, "may_approve": True,
        "valid_from": date(2026, 1, 1), "valid_to": None,
    }  # fmt: skip
    return Warrant(**(given | values))


def deed(**values: Any) -> Deed:
    given = {
        "purpose": Purpose.APPROVE, "policy": POLICY, "currency": "USD", "day": DAY, "from_minor": 100, "to_minor": 500,
        "from_tier": "Basic", "to_tier": "Plus", "locked": ("Gold",),
    }  # fmt: skip
    return Deed(**(given | values))


@pytest.mark.parametrize(
    ("held", "done", "why"),
    [
        ({}, {}, None),
        ({"is_suspended": True}, {}, Lack.SUSPENDED),
        ({"valid_from": date(2026, 6, 16)}, {}, Lack.EARLY),
        ({"valid_from": DAY, "valid_to": DAY}, {}, None),
        ({"valid_to": date(2026, 6, 14)}, {}, Lack.ENDED),
        ({"may_approve": False}, {}, Lack.PURPOSE),
        ({"may_approve": False}, {"purpose": Purpose.SUBMIT}, None),
        ({"may_submit": False}, {"purpose": Purpose.SUBMIT}, Lack.PURPOSE),
        ({"policy": POLICY}, {}, None),
        ({"policy": OTHER}, {}, Lack.POLICY),
        ({"currencies": ("EUR",)}, {}, Lack.CURRENCY),
        ({"currencies": ("EUR", "USD")}, {}, None),
        ({"most": 500}, {}, None),
        ({"most": 499}, {}, Lack.AMOUNT),
        ({"most": 499}, {"from_minor": 500, "to_minor": 100}, Lack.AMOUNT),  # the old amount counts as well
        ({"tiers": ("Plus",)}, {}, Lack.TIER),  # the old tier is not covered
        ({"tiers": ("Basic", "Plus")}, {}, None),
        ({"tiers": ("Plus",)}, {"from_tier": ""}, None),  # a first limit
        ({}, {"to_tier": "Gold"}, Lack.TIER),  # only by a licence that names it
        ({}, {"from_tier": "Gold"}, Lack.TIER),
        ({"tiers": ("Basic", "Gold")}, {"to_tier": "Gold"}, None),
        ({"tiers": ("Basic",)}, {"to_tier": ""}, Lack.TIER),
    ],
)  # fmt: skip
def test_lack_says_what_a_licence_does_not_cover(held: Any, done: Any, why: Lack | None) -> None:
    assert lack(warrant(**held), deed(**done)) == why


def test_nearest_lack_is_none_where_one_licence_covers_it() -> None:
    ended, small = warrant(valid_to=date(2026, 2, 1)), warrant(most=1)
    assert nearest_lack([ended, small, warrant()], deed()) is None
    assert nearest_lack([small, ended], deed()) == Lack.AMOUNT
    assert nearest_lack([], deed()) == Lack.NONE


# --- policies ---

LADDER = (Rung("Basic", 100), Rung("Plus", 500, average=80, periods=2), Rung("Gold", 900, least_age_days=30))


def standing(**values: Any) -> Standing:
    given = {
        "today": DAY,
        "opened_on": date(2026, 6, 1),
        "limit": 100,
        "tier_name": "Basic",
        "has_limit": True,
        "last_limit": 100,
        "whole": 100,
    }
    return Standing(**(given | values))


def codes(bounds: Bounds, known: Standing, minor: int, tier: str = "") -> list[str]:
    return [one.code for one in policy_faults(bounds, LADDER if tier else (), known, minor, tier)]


@pytest.mark.parametrize(
    ("bounds", "known", "minor", "found"),
    [
        ({"most_change": 50}, {}, 150, []),
        ({"most_change": 50}, {}, 151, ["most_change"]),
        ({"most_change": 50}, {}, 49, ["most_change"]),  # down as well
        ({"most_percent": 50}, {}, 150, []),
        ({"most_percent": 50}, {}, 151, ["most_percent"]),
        ({"most_percent": 50}, {"last_limit": 0}, 50, []),  # of the last one above zero
        ({"most_percent": 50}, {"last_limit": 0}, 51, ["most_percent"]),
        ({"most_percent": 50}, {"last_limit": 0, "whole": 0}, 900, []),  # there was none
        ({"most_change": 50}, {"last_limit": 0, "whole": 0}, 51, ["most_change"]),
        ({"most_change": 50}, {"has_limit": False, "limit": 0}, 151, ["most_change"]),  # opened again
        ({"most_year": 100}, {"risen_in_year": 50}, 150, []),
        ({"most_year": 100}, {"risen_in_year": 50}, 151, ["most_year"]),
        ({"most_year": 100}, {"risen_in_year": 100}, 50, []),  # no rise
        ({"cool_down_days": 5}, {"last_change": date(2026, 6, 10)}, 150, []),
        ({"cool_down_days": 6}, {"last_change": date(2026, 6, 10)}, 150, ["cool_down"]),
        ({"most_changes": 2}, {"changes_in_period": 1}, 150, []),
        ({"most_changes": 2}, {"changes_in_period": 2}, 150, ["most_changes"]),
        ({"most_change": 1, "cool_down_days": 9}, {"has_limit": False, "limit": 0, "last_limit": None}, 900, []),
    ],
)  # fmt: skip
def test_policy_faults_finds_what_bounds_forbid(
    bounds: Any, known: Any, minor: int, found: list[str]
) -> None:
    assert codes(Bounds(**bounds), standing(**known), minor) == found


def test_policy_faults_finds_what_a_tier_asks() -> None:
    known = standing(closed=(0, 100, 60))
    assert codes(Bounds(), known, 500, "Plus") == []
    assert codes(Bounds(), standing(closed=(100, 59)), 500, "Plus") == ["average"]
    assert (
        codes(Bounds(), standing(closed=(200,)), 500, "Plus") == []
    )  # one before the account existed counts nothing
    assert codes(Bounds(), standing(closed=(159,)), 500, "Plus") == ["average"]
    assert codes(Bounds(), known, 900, "Gold") == ["age"]
    assert codes(Bounds(), known, 501, "Plus") == ["above_tier"]
    assert codes(Bounds(), known, 50, "Bronze") == ["tier_gone"]


def test_qualifies_for_is_the_highest_tier_whose_conditions_are_met() -> None:
    assert qualifies_for(LADDER, standing()) == LADDER[0]
    assert qualifies_for(LADDER, standing(closed=(100, 100))) == LADDER[1]
    assert qualifies_for(LADDER, standing(opened_on=date(2026, 1, 1))) == LADDER[2]
    assert qualifies_for((), standing()) is None


@pytest.mark.parametrize("language", ["en", "pl", "fr", "es"])
def test_words_has_a_text_for_every_finding(language: str) -> None:
    facts = {
        "minor": 100, "periods": 2, "tier": "Plus", "days": 3, "percent": 5, "day": "2026-06-15", "count": 2, "who": "Ada",
        "why": "ended", "cause": "denied",
    }  # fmt: skip
    with translation.override(language):
        for code in TEXTS:
            assert "%(" not in words({"code": code, **facts}, "USD", language)
        assert words({"code": "unheard of"}, "USD", language)


# --- days ---


def test_first_day_is_after_wish_notice_and_rehearsal() -> None:
    assert first_day(DAY, DAY, 0, DAY) == date(2026, 6, 16)
    assert first_day(DAY, date(2026, 6, 10), 9, DAY) == date(2026, 6, 19)
    assert first_day(date(2026, 7, 1), DAY, 9, DAY) == date(2026, 7, 1)


def test_deadline_leaves_whole_days() -> None:
    asked = datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert last_day(deadline(asked, 3)) == date(2026, 6, 18)
    assert last_day(deadline(asked, 0)) == date(2026, 6, 16)


def test_hash_of_knows_only_tokens_of_ours() -> None:
    token = new_token()
    assert hash_of(token) == hash_of(token) != hash_of(new_token())
    assert token not in str(hash_of(token))
    assert hash_of(token.partition(".")[0]) is None
    assert hash_of("") is None
