"""
What an account's own days say about how it spends: how often, on which days, and how much at a time. Pure; forecast.py draws
what may come from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import lgamma, log, sqrt

# Chosen by back-test on the Online Retail set (project/bench/forecast.py): coverage first, then the smallest pinball loss.
LEAST_DAYS, LEAST_SPENT = 14, 3  # without so many days, and days of spending among them, nothing can be said
LONGEST = 1096  # days that are looked back: three years, so that every month was there twice
HALF_LIFE = 120.0  # days after which a day counts half for how often; for how much after twice as many
FEW_HITS, FEW_MISSES = 0.4, 6.0  # what is believed of the rate before anything was seen, in days
USUAL_SPREAD, SPREAD_WORTH = (
    0.8,
    4.0,
)  # what is believed of the logarithm's deviation, as if seen so many times
STRENGTHS = (0.1, 0.5, 2.0, 8.0, 40.0)  # how much a day of the week or month is believed to be like any other
CLEAR = 2.0  # a pattern in the amounts counts when they differ so much more between days than within them
TWO_YEARS = 730

Cell = Callable[[date], int]


def _weekday(day: date) -> int:
    return day.weekday()


def _day_of_month(day: date) -> int:
    """The last day has a cell of its own, however long the month: there salaries and rents are booked."""
    return 30 if (day + timedelta(days=1)).day == 1 else day.day - 1


def _month(day: date) -> int:
    return day.month - 1


WEEKDAY: tuple[Cell, int] = (_weekday, 7)
DAY_OF_MONTH: tuple[Cell, int] = (_day_of_month, 31)
MONTH: tuple[Cell, int] = (_month, 12)
OFTEN, MUCH = (WEEKDAY, DAY_OF_MONTH), (MONTH, WEEKDAY, DAY_OF_MONTH)


@dataclass(frozen=True)
class History:
    """
    What was spent on which day, net of refunds, until a day that is over. On the days `unseen` nothing could be spent, as the limit
    was met or the account held: they say nothing about how often the customer would have.
    """

    spent: Mapping[date, int]
    until: date
    unseen: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Habit:
    """
    `hits` and `misses` are those of a beta distribution: on how many of the days was spending, late days first. `odds` and
    `shifts` say by how much a weekday, a day of the month (and a month) differ, as logarithms. `logs` are the amounts without that.
    """

    hits: float
    misses: float
    odds: tuple[tuple[float, ...], ...]
    shifts: tuple[tuple[float, ...], ...]
    logs: tuple[float, ...]
    weights: tuple[float, ...]  # of `logs`, each added to those before it
    mean: float
    spread: float  # the deviation of `logs`, with what is believed beforehand
    seen: float  # how many amounts that is worth
    refunds: tuple[int, ...]
    refund_share: float  # on how many days of refunds for one of spending

    def odds_on(self, day: date) -> float:
        return sum(one[cell(day)] for one, (cell, _n) in zip(self.odds, OFTEN, strict=True))

    def shift_on(self, day: date) -> float:
        return sum(one[cell(day)] for one, (cell, _n) in zip(self.shifts, MUCH, strict=True))


def learn(history: History) -> Habit | None:
    """
    The habit that the days show; None where they are too few.

    How often: a Bernoulli trial a day whose rate is a beta distribution with old days discounted, which falls while nothing is spent
    as in Teunter, Syntetos & Babai (2011, "Intermittent demand: linking forecasting to inventory obsolescence"). Days of the
    week and month depart from the rate as far as a beta-binomial with the likeliest strength lets them (empirical Bayes; Clayton &
    Kaldor 1987). How much: logarithms of the amounts, less shrunken means of month, weekday and day of the month (Bühlmann &
    Straub 1970), months only after two years.
    """
    since = history.until - timedelta(days=LONGEST)
    known = {day: amount for day, amount in history.spent.items() if since < day <= history.until}
    spent = sorted((day, amount) for day, amount in known.items() if amount > 0)
    if len(spent) < LEAST_SPENT:
        return None
    first = spent[0][0]  # it says that the customer began, and nothing about how often
    days = [first + timedelta(days=number) for number in range(1, (history.until - first).days + 1)]
    open_days = [day for day in days if day not in history.unseen or day in known]
    if len(open_days) < LEAST_DAYS:
        return None
    hit_days = {day for day, _amount in spent}
    hits, misses = _rate(open_days, hit_days, history.until)
    weights = [_weight(history.until - day, 2 * HALF_LIFE) for day, _amount in spent]
    logs, shifts = _amounts(spent)
    mean, spread, seen = _centre(logs, weights)
    back = [(day, -amount) for day, amount in known.items() if amount < 0]
    back_weight = sum(_weight(history.until - day, 2 * HALF_LIFE) for day, _amount in back)
    return Habit(
        hits=hits,
        misses=misses,
        odds=tuple(_odds(open_days, hit_days, cell, n) for cell, n in OFTEN),
        shifts=shifts,
        logs=tuple(logs),
        weights=_added(weights),
        mean=mean,
        spread=spread,
        seen=seen,
        refunds=tuple(amount for _day, amount in back),
        refund_share=min(1.0, back_weight / sum(weights)),
    )


def _weight(age: timedelta, half_life: float) -> float:
    return float(0.5 ** (age.days / half_life))


def _added(weights: Sequence[float]) -> tuple[float, ...]:
    total, sums = 0.0, []
    for one in weights:
        total += one
        sums.append(total)
    return tuple(sums)


def _rate(days: Sequence[date], hit_days: set[date], until: date) -> tuple[float, float]:
    hits, misses = FEW_HITS, FEW_MISSES
    for day in days:
        weight = _weight(until - day, HALF_LIFE)
        if day in hit_days:
            hits += weight
        else:
            misses += weight
    return hits, misses


def _odds(days: Sequence[date], hit_days: set[date], cell: Cell, n: int) -> tuple[float, ...]:
    """By how much each cell's logarithm of the odds departs from that of all days."""
    hits, trials = [0] * n, [0] * n
    for day in days:
        place = cell(day)
        trials[place] += 1
        hits[place] += day in hit_days
    rate = (sum(hits) + 0.5) / (sum(trials) + 1)
    strength = _strength(hits, trials, rate)
    if strength is None:
        return (0.0,) * n
    usual = log(rate / (1 - rate))
    return tuple(
        _log_odds((hit + strength * rate) / (tried + strength)) - usual
        for hit, tried in zip(hits, trials, strict=True)
    )


def _log_odds(rate: float) -> float:
    kept = min(max(rate, 1e-6), 1 - 1e-6)
    return log(kept / (1 - kept))


def _strength(hits: Sequence[int], trials: Sequence[int], rate: float) -> float | None:
    """The likeliest of STRENGTHS; None where it is likelier that all days are alike."""
    pairs = [pair for pair in zip(hits, trials, strict=True) if pair[1]]
    best = sum(hit * log(rate) + (tried - hit) * log(1 - rate) for hit, tried in pairs)
    chosen = None
    for strength in STRENGTHS:
        a, b = strength * rate, strength * (1 - rate)
        usual = _log_beta(a, b)
        likelihood = sum(_log_beta(a + hit, b + tried - hit) - usual for hit, tried in pairs)
        if likelihood > best:
            best, chosen = likelihood, strength
    return chosen


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _amounts(spent: Sequence[tuple[date, int]]) -> tuple[list[float], tuple[tuple[float, ...], ...]]:
    """The logarithms of the amounts without what the calendar explains, and that."""
    logs = [log(amount) for _day, amount in spent]
    is_long = (spent[-1][0] - spent[0][0]).days >= TWO_YEARS
    shifts = []
    for cell, n in MUCH:
        shift = (0.0,) * n
        if cell is _month:
            shift = _months(spent) if is_long else shift
        else:
            shift = _shrunken(_grouped([day for day, _amount in spent], logs, cell, n))
        logs = [one - shift[cell(day)] for (day, _amount), one in zip(spent, logs, strict=True)]
        shifts.append(shift)
    return logs, tuple(shifts)


def _grouped(days: Sequence[date], values: Sequence[float], cell: Cell, n: int) -> list[list[float]]:
    groups: list[list[float]] = [[] for _cell in range(n)]
    for day, value in zip(days, values, strict=True):
        groups[cell(day)].append(value)
    return groups


def _months(spent: Sequence[tuple[date, int]]) -> tuple[float, ...]:
    """By the sums of whole months: what comes more often in December counts as well as what is larger."""
    sums: dict[tuple[int, int], int] = {}
    for day, amount in spent:
        sums[day.year, day.month] = sums.get((day.year, day.month), 0) + amount
    whole = sorted(sums)[1:-1]  # the first and the last month may be cut
    groups: list[list[float]] = [[] for _month in range(12)]
    for year, month in whole:
        groups[month - 1].append(log(sums[year, month]))
    return _shrunken(groups)


def _shrunken(groups: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The mean of each group less that of all, drawn to it the more the fewer and the wilder its values are."""
    nothing = (0.0,) * len(groups)
    filled = [group for group in groups if group]
    total, used = sum(map(len, filled)), len(filled)
    if used < 2 or total <= used + 3:
        return nothing
    grand = sum(map(sum, filled)) / total
    means = [sum(group) / len(group) for group in filled]
    within = sum(
        (value - mean) ** 2 for group, mean in zip(filled, means, strict=True) for value in group
    ) / (total - used)
    apart = sum(len(group) * (mean - grand) ** 2 for group, mean in zip(filled, means, strict=True))
    apart /= used - 1
    if apart <= max(CLEAR * within, 1e-9):
        return nothing
    size = (total - sum(len(group) ** 2 for group in filled) / total) / (used - 1)
    pull = within * size / (apart - within)
    return tuple(
        len(group) / (len(group) + pull) * (sum(group) / len(group) - grand) if group else 0.0
        for group in groups
    )


def _centre(logs: Sequence[float], weights: Sequence[float]) -> tuple[float, float, float]:
    """Mean and deviation of the weighed logarithms, and how many equal ones they are worth."""
    total = sum(weights)
    seen = total * total / sum(one * one for one in weights)
    mean = sum(weight * one for weight, one in zip(weights, logs, strict=True)) / total
    squares = sum(weight * (one - mean) ** 2 for weight, one in zip(weights, logs, strict=True))
    variance = (SPREAD_WORTH * USUAL_SPREAD**2 + squares * seen / total) / (SPREAD_WORTH + seen - 1)
    return mean, sqrt(variance), seen
