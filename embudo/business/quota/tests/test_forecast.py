from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

import pytest

from embudo.business.quota.rules.forecast import (
    Ahead,
    Band,
    Forecast,
    courses,
    expected_hits,
    forecast,
    likely_tier,
    shortest,
    tide_of,
)
from embudo.business.quota.rules.habits import LEAST_DAYS, History, learn

TODAY = date(2026, 6, 11)
UNTIL, ENDS = date(2026, 6, 10), date(2026, 7, 1)
LADDER = (("Basic", 100_00), ("Plus", 500_00), ("Gold", 2_000_00))


def spent_on(days: int, amount: int = 10_00, *, every: int = 1) -> dict[date, int]:
    """The same amount on every so manieth day before today."""
    return {UNTIL - timedelta(days=number): amount for number in range(0, days, every)}


def found(spent: Mapping[date, int], *, seed: str = "one", tide: float = 0.0, **values: object) -> Forecast:
    ahead = Ahead(**{"starts": TODAY, "ends": ENDS, "used": 0, "limit": 500_00} | values)  # type: ignore[arg-type]
    made = forecast(History(spent, UNTIL), ahead, seed=seed, tide=tide)
    assert made is not None
    return made


# --- what cannot be foreseen --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spent",
    [
        {},
        {UNTIL: 0, UNTIL - timedelta(days=40): 0},
        spent_on(60, every=40),  # twice
        spent_on(LEAST_DAYS),  # nothing is known before its first day
    ],
)
def test_forecast_is_none_where_days_are_too_few(spent: dict[date, int]) -> None:
    assert forecast(History(spent, UNTIL), Ahead(TODAY, ENDS, 0, 500_00), seed="one") is None


def test_forecast_needs_spending_and_not_refunds_alone() -> None:
    assert learn(History(dict.fromkeys(spent_on(90), -5), UNTIL)) is None


# --- the account's own habit --------------------------------------------------------------------------


def test_forecast_of_constant_spending_is_narrow() -> None:
    last = found(spent_on(120)).last
    assert last.day == date(2026, 6, 30)
    assert 190_00 < last.expected < 210_00  # 20 days
    assert last.high80 - last.low80 < 60_00


def test_forecast_follows_the_days_of_the_week() -> None:
    """Only on working days: nothing is to be expected of a weekend."""
    spent = {day: 10_00 for day in spent_on(180) if day.weekday() < 5}
    path = {band.day: band.expected for band in found(spent).path}
    weekend, monday = (
        path[date(2026, 6, 14)] - path[date(2026, 6, 12)],
        path[date(2026, 6, 15)] - path[date(2026, 6, 14)],
    )
    assert weekend < 1_00
    assert monday > 8_00


def test_forecast_follows_the_days_of_the_month() -> None:
    """A rent on the first of eight months: nothing of it is left in this one, all of it in the next."""
    spent = {date(2025 + (10 + n) // 12, (10 + n) % 12 + 1, 1): 400_00 for n in range(8)}
    assert found(spent).last.expected < 60_00
    assert found(spent, ends=date(2026, 8, 1)).last.expected > 250_00


def test_forecast_follows_the_last_day_of_the_month() -> None:
    spent = {date(2025 + (9 + n) // 12, (9 + n) % 12 + 1, 1) - timedelta(days=1): 400_00 for n in range(9)}
    path = {band.day: band.expected for band in found(spent).path}
    assert path[date(2026, 6, 29)] < 60_00
    assert path[date(2026, 6, 30)] > 250_00


def test_forecast_follows_the_months_after_two_years() -> None:
    """Every December five times as much: told in November it is expected, and not before two of them were seen."""
    random = Random(1)
    until = date(2026, 11, 30)

    def history(years: int) -> History:
        days = [until - timedelta(days=number) for number in range(365 * years)]
        return History(
            {day: random.randint(8_00, 12_00) * (5 if day.month == 12 else 1) for day in days}, until
        )

    ahead = Ahead(date(2026, 12, 1), date(2027, 1, 1), 0, 500_00)
    three, one = (forecast(history(years), ahead, seed="one") for years in (3, 1))
    assert three is not None
    assert one is not None
    assert one.last.expected < 800_00
    assert three.last.expected > 1_000_00


def test_forecast_of_intermittent_spending_holds_that_nothing_may_come() -> None:
    last = found(spent_on(300, every=50)).last
    assert (last.low80, last.low95) == (0, 0)
    assert 0 < last.expected < 10_00
    assert 0 < last.high95 <= 30_00


def test_forecast_fades_while_nothing_is_spent() -> None:
    """Who stopped half a year ago is not expected to spend as who did not."""
    active = {UNTIL - timedelta(days=number): 10_00 for number in range(0, 200, 4)}
    gone = {day - timedelta(days=180): amount for day, amount in active.items()}
    assert found(gone).last.expected * 2 < found(active).last.expected


def test_forecast_takes_refunds_off() -> None:
    spent = spent_on(200)
    back = spent | {day: -10_00 for number, day in enumerate(sorted(spent)) if number % 4 == 0}
    assert found(back).last.expected < 0.85 * found(spent).last.expected


def test_days_on_which_nothing_could_be_spent_say_nothing() -> None:
    spent = {day: 10_00 for day in spent_on(150) if day.day <= 15}
    unseen = frozenset(day for day in spent_on(150) if day.day > 15)
    ahead = Ahead(TODAY, ENDS, 0, 500_00)
    blind = forecast(History(spent, UNTIL), ahead, seed="one")
    seeing = forecast(History(spent, UNTIL, unseen), ahead, seed="one")
    assert blind is not None
    assert seeing is not None
    assert blind.last.expected < 100_00 < seeing.last.expected


def test_forecast_is_the_same_for_the_same_days_and_seed() -> None:
    spent = spent_on(90, every=3)
    assert found(spent) == found(spent)
    assert found(spent) != found(spent, seed="two")


# --- what is allowed ---------------------------------------------------------------------------------


def test_chance_and_day_of_exhaustion_follow_what_is_allowed() -> None:
    plenty, little = found(spent_on(120)), found(spent_on(120), used=400_00)
    assert (plenty.chance, plenty.exhausted_on) == (0, None)
    assert little.chance > 95
    assert little.exhausted_on is not None
    assert abs((little.exhausted_on - date(2026, 6, 20)).days) <= 1


def test_top_ups_and_overdraft_are_allowed_too() -> None:
    assert found(spent_on(120), used=400_00, extra=300_00).chance == 0


def test_account_that_is_used_up_is_exhausted_today() -> None:
    assert found(spent_on(120), used=500_00).exhausted_on == TODAY


def test_path_begins_with_what_is_used_and_ends_with_the_period() -> None:
    path = found(spent_on(90, every=3), used=70_00).path
    assert path[0] == Band(UNTIL, 70_00, 70_00, 70_00, 70_00, 70_00)
    assert (path[-1].day, len(path)) == (date(2026, 6, 30), 21)
    assert all(one.low95 <= one.low80 <= one.high80 <= one.high95 for one in path)


def test_path_of_a_year_has_few_points() -> None:
    path = found(spent_on(90, every=3), ends=date(2027, 1, 1)).path
    assert len(path) <= 46
    assert path[-1].day == date(2026, 12, 31)


def test_rolling_period_gives_back_what_leaves_it() -> None:
    """Ten a day within the last 30 days: as much comes as goes."""
    spent = spent_on(120)
    last = found(spent, used=300_00, window=30, leaving=spent).last
    assert last.day == TODAY + timedelta(days=29)
    assert 280_00 < last.expected < 320_00


def test_next_period_counts_within_thirty_days() -> None:
    """Little is left to come in June, but July begins within 30 days, and by then ten of its days."""
    spent = spent_on(120)
    made = found(spent, ends=date(2026, 6, 16), limit=80_00)
    assert made.chance == 0
    assert made.chance_soon == 100
    assert likely_tier(made, LADDER, limit=80_00) == "Plus"


@pytest.mark.parametrize(
    ("chance", "needed", "limit", "tier"),
    [
        (49, 400_00, 100_00, ""),
        (50, 400_00, 100_00, "Plus"),
        (90, 500_01, 100_00, "Gold"),
        (90, 9_000_00, 100_00, "Gold"),  # the highest there is
        (90, 9_000_00, 2_000_00, ""),  # which stands already
        (90, 400_00, 300_00, "Plus"),
    ],
)
def test_likely_tier(chance: int, needed: int, limit: int, tier: str) -> None:
    made = Forecast((), 0, None, chance, needed)
    assert likely_tier(made, LADDER, limit=limit) == tier


@pytest.mark.parametrize(("percent", "span"), [(80, (0, 8)), (100, (0, 90)), (60, (2, 7)), (50, (2, 6))])
def test_shortest_span_leaves_the_far_ends_out(percent: int, span: tuple[int, int]) -> None:
    assert shortest([0, 2, 3, 4, 5, 6, 7, 8, 40, 90], percent) == span


# --- the tide -----------------------------------------------------------------------------------------


def test_tide_is_nothing_where_as_much_came_as_expected() -> None:
    assert (tide_of(200.0, 200), tide_of(0.0, 0)) == (0.0, 0.0)
    assert tide_of(200.0, 100) < -0.5 < 0.5 < tide_of(100.0, 200)


def test_tide_moves_how_often_is_spent() -> None:
    spent = spent_on(300, every=10)
    ebb, flood = found(spent, tide=-1.0).last.expected, found(spent, tide=1.0).last.expected
    assert ebb * 2 < flood


def test_expected_hits_are_those_of_the_habit() -> None:
    habit = learn(History(spent_on(200, every=5), UNTIL))
    assert habit is not None
    assert 5 < expected_hits(habit, [TODAY + timedelta(days=number) for number in range(30)]) < 7


# --- bands beside a known truth -------------------------------------------------------------------------


def drawn(random: Random, days: int, *, rate: float, level: float) -> list[int]:
    """What an account spends whose rate and level wander from month to month."""
    spent = []
    for day in range(days):
        if day % 30 == 0:
            now, size = rate * random.lognormvariate(0, 0.25), level + random.gauss(0, 0.2)
        spent.append(round(random.lognormvariate(size, 0.7)) if random.random() < now else 0)
    return spent


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.6])
def test_bands_hold_their_share_of_what_comes(rate: float) -> None:
    random, held, count = Random(5), {80: 0, 95: 0}, 0
    days = [TODAY + timedelta(days=number) for number in range(20)]
    for number in range(220):
        spent = drawn(random, 260, rate=rate, level=random.uniform(6, 9))
        known = {
            UNTIL - timedelta(days=239 - day): amount for day, amount in enumerate(spent[:240]) if amount
        }
        habit = learn(History(known, UNTIL))
        if habit is None:
            continue
        outcomes = sorted(sum(one) for one in courses(habit, days, seed=str(number), count=200))
        count += 1
        for percent in held:
            low, high = shortest(outcomes, percent)
            held[percent] += low <= sum(spent[240:]) <= high
    assert count > 200
    assert abs(held[80] / count - 0.80) < 0.09
    assert abs(held[95] / count - 0.95) < 0.05
