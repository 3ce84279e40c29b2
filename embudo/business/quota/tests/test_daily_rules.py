from datetime import date, timedelta
from typing import Any

import pytest

from embudo.business.quota.rules.amounts import Balance
from embudo.business.quota.rules.daily import Facts, figures_of, is_answered
from embudo.business.quota.rules.states import Cause

TODAY = date(2026, 3, 10)


def facts(used: int = 50, **values: Any) -> Facts:
    return Facts(balance=Balance(100, 0, 0, used, 0), today=TODAY, **values)


@pytest.mark.parametrize(
    ("days", "grace", "is_held"),
    [(0, 0, False), (1, 0, True), (3, 3, False), (4, 3, True), (-5, 0, False)],
)
def test_overdue_counts_from_the_day_after_the_grace(days: int, grace: int, *, is_held: bool) -> None:
    found = figures_of(
        Cause.OVERDUE, facts(oldest_due=TODAY - timedelta(days=days), grace_days=grace, owed_minor=7)
    )
    assert (found is not None) == is_held
    if found:
        assert (found["days"], found["owed_minor"]) == (days, 7)


@pytest.mark.parametrize(("used", "is_held"), [(99, False), (100, False), (101, True)])
def test_limit_is_exceeded_by_more_than_the_allowance(used: int, *, is_held: bool) -> None:
    assert (figures_of(Cause.OVER_LIMIT, facts(used)) is not None) == is_held


@pytest.mark.parametrize(("days", "is_held"), [(1, False), (0, False), (-1, True)])
def test_document_is_valid_until_the_end_of_its_last_day(days: int, *, is_held: bool) -> None:
    found = figures_of(Cause.EXPIRED_DOCUMENT, facts(document_expires=TODAY + timedelta(days=days)))
    assert (found is not None) == is_held


def test_nothing_is_found_where_nothing_is_known() -> None:
    assert [one for one in Cause if figures_of(one, facts())] == []


def test_denial_that_held_nothing_is_a_cause() -> None:
    assert figures_of(Cause.DENIED, facts(denied_change="c")) == {"origin": "c", "change": "c"}


def test_answer_holds_for_the_same_origin_alone() -> None:
    old, new = (
        figures_of(Cause.OVERDUE, facts(oldest_due=TODAY - timedelta(days=days))) or {} for days in (9, 2)
    )
    assert is_answered(old, [old])
    assert not is_answered(new, [old])


def test_answer_holds_no_longer_when_it_is_worse() -> None:
    was, worse = (
        figures_of(Cause.OVERDUE, facts(oldest_due=TODAY - timedelta(days=2), owed_minor=owed)) or {}
        for owed in (70, 71)
    )
    assert is_answered(was, [worse])
    assert not is_answered(worse, [was])
