from datetime import date

from embudo.business.insight.rules import (
    Amount,
    biggest_leak,
    change,
    choices_of_whose,
    funnel,
    months_back,
    reach_of,
)
from embudo.kernel.permission import Scope

STEPS = funnel([("Leads", Amount(100)), ("Worked", Amount(80)), ("Won", Amount(20))])


def test_funnel_gives_shares_and_losses() -> None:
    assert [(step.share, step.lost) for step in STEPS] == [(100, 0), (80, 20), (20, 60)]


def test_biggest_leak_lies_where_most_are_lost() -> None:
    leak = biggest_leak(STEPS)
    assert leak is not None
    assert (leak.before, leak.after, leak.lost) == ("Worked", "Won", 60)


def test_no_leak_where_nothing_is_lost() -> None:
    assert biggest_leak(funnel([("Leads", Amount(3)), ("Won", Amount(3))])) is None
    assert biggest_leak(funnel([("Leads", Amount(0)), ("Won", Amount(0))])) is None


def test_change_needs_something_to_compare_with() -> None:
    assert (change(15, 10), change(5, 10), change(3, 0)) == (50, -50, None)


def test_who_sees_only_their_own_is_not_asked_whose() -> None:
    assert (choices_of_whose(Scope.OWN), choices_of_whose(Scope.ALL)) == (["mine"], ["mine", "team", "all"])


def test_team_of_a_manager_is_who_reports_to_them() -> None:
    assert (reach_of("team", Scope.SUBTREE), reach_of("team", Scope.TEAM), reach_of("all", Scope.ALL)) == (
        Scope.SUBTREE,
        Scope.TEAM,
        None,
    )


def test_months_back_crosses_the_year() -> None:
    assert months_back(date(2026, 2, 17), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
