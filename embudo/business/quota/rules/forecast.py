"""What an account will have spent by the end of its period: courses drawn from its habit, and what they have in common."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import ceil, exp, log, sqrt
from operator import sub
from random import Random

from embudo.business.quota.rules.habits import SPREAD_WORTH, Habit, History, learn

METHOD = "compound-bayes-1"
COURSES = 400
WITHIN = 30  # days within which a higher tier may be needed
LIKELY = 50  # per cent from which more is likely to be needed than there is
NEEDED = 0.8  # of the courses the tier named is enough for
FRESH = 2.0  # amounts unlike any before come as if so many had been seen
# How far habits wander within 30 days: the logarithm of the odds, and amounts as a share of their deviation.
DRIFT_OFTEN, DRIFT_MUCH = 0.9, 0.3
CAME = 10  # days of spending that are believed to have come as expected, before any are counted
FARTHEST = 0.5  # deviations above the largest amount seen
LARGEST_LOG = 34.0  # so that sums stay within 64 bits
POINTS = 45  # of the path: a chart shows no more


@dataclass(frozen=True)
class Ahead:
    """
    What is known of the time to come: the first day not over, the first day of the next period, what is used and allowed now. Of a
    rolling period `window` is its length and `leaving` what was spent on each of its days: those fall out one by one.
    """

    starts: date
    ends: date
    used: int
    limit: int
    extra: int = 0  # the overdraft and the top-ups of the running period
    next_extra: int = 0  # the overdraft alone
    window: int = 0
    leaving: Mapping[date, int] | None = None

    @property
    def allowance(self) -> int:
        return self.limit + self.extra


@dataclass(frozen=True)
class Band:
    """As of the end of a day."""

    day: date
    expected: int
    low80: int
    high80: int
    low95: int
    high95: int


@dataclass(frozen=True)
class Forecast:
    """`path` begins with the day before the first one to come and ends with the period's last."""

    path: tuple[Band, ...]
    chance: int  # per cent of the courses that use more than is allowed before the period ends
    exhausted_on: date | None  # the day on which half of the courses have used all
    chance_soon: int  # the same within the next 30 days, the next period included
    needed_limit: int  # enough for eight of ten courses within the next 30 days

    @property
    def last(self) -> Band:
        return self.path[-1]


def forecast(history: History, ahead: Ahead, *, seed: str, tide: float = 0.0) -> Forecast | None:
    """
    What may come, by courses of days drawn at random from what the account's days show; None where they are too few. The same days
    and `seed` give the same forecast. `tide` is what others did of late against what was to be expected (tide_of).

    Each course has a rate and a mean amount of its own, drawn from how sure they are (so thin histories give wide bands) and moved by
    how far habits wander. Then each day is or is not one of spending, and its amount is one that was seen before, moved along,
    or a fresh one of a log-normal distribution: a bootstrap of demand over a lead time as in Willemain, Smart & Schwarz (2004, "A new
    approach to forecasting intermittent demand for service parts inventories"), with the urn of Blackwell & MacQueen (1973) for
    amounts not seen yet. Bands are the shortest ones that hold their share of the courses (Hyndman 1996, "Computing and graphing
    highest density regions"): where most courses spend nothing more, equal tails would hold too many.
    """
    habit = learn(history)
    if habit is None:
        return None
    last = max(ahead.ends - timedelta(days=1), ahead.starts + timedelta(days=WITHIN - 1))
    if ahead.window:
        last = ahead.starts + timedelta(days=WITHIN - 1)
    days = [ahead.starts + timedelta(days=number) for number in range((last - ahead.starts).days + 1)]
    drawn = courses(habit, days, seed=seed, tide=tide)
    now = len(days) if ahead.window else (ahead.ends - ahead.starts).days
    uses = [_used(course, ahead, days[:now]) for course in drawn]
    needs = sorted(_needed(used, course[now:WITHIN], ahead) for used, course in zip(uses, drawn, strict=True))
    allowance = ahead.allowance
    return Forecast(
        path=_path(uses, days[:now], ahead),
        chance=_percent(sum(max(used) > allowance for used in uses), len(uses)),
        exhausted_on=_exhausted_on(uses, days, ahead),
        chance_soon=_percent(sum(one > ahead.limit for one in needs), len(needs)),
        needed_limit=max(0, needs[ceil(NEEDED * len(needs)) - 1]),
    )


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole)


# --- courses -----------------------------------------------------------------------------------------


def expected_hits(habit: Habit, days: Sequence[date]) -> float:
    """On how many of the days spending is to be expected."""
    odds = habit.hits / habit.misses
    return sum(1 - 1 / (1 + odds * exp(habit.odds_on(day))) for day in days)


def tide_of(expected: float, came: int) -> float:
    """
    By how much the odds of all accounts of a policy departed of late from what each one's own days had let expect, as a logarithm: the
    forecast of a month ago compared with the month. A season or a decline that all share shows here long before one account's own
    days tell it from chance.
    """
    return log((came + CAME) / (expected + CAME))


def courses(
    habit: Habit, days: Sequence[date], *, seed: str, tide: float = 0.0, count: int = COURSES
) -> list[list[int]]:
    """`count` times what is spent on each of the days."""
    random = Random(seed)  # noqa: S311 - the same seed, the same forecast
    plan = [(exp(habit.odds_on(day) + tide), habit.shift_on(day)) for day in days]
    wander = min(2.0, sqrt(max(7, len(days)) / WITHIN))
    return [_course(habit, plan, random, wander) for _number in range(count)]


def _course(habit: Habit, plan: Sequence[tuple[float, float]], random: Random, wander: float) -> list[int]:
    rate = min(random.betavariate(habit.hits, habit.misses), 1 - 1e-9)
    odds = rate / (1 - rate) * exp(random.gauss(0, DRIFT_OFTEN * wander))
    by_chance, course = random.random, [0] * len(plan)
    spent = [n for n, (more, _shift) in enumerate(plan) if by_chance() * (1 + odds * more) < odds * more]
    if spent:
        amounts = _amounts(habit, [plan[n][1] for n in spent], random, wander)
        for number, amount in zip(spent, amounts, strict=True):
            course[number] = amount
    return course


def _amounts(habit: Habit, shifts: Sequence[float], random: Random, wander: float) -> list[int]:
    """What is spent at a time in one course, less what is given back then."""
    worth = SPREAD_WORTH + habit.seen - 1
    spread = habit.spread * sqrt(worth / (2 * random.gammavariate(worth / 2, 1)))
    moved = random.gauss(0, spread / sqrt(habit.seen + 0.5))
    moved += random.gauss(0, DRIFT_MUCH * habit.spread * wander)
    fresh = FRESH / (FRESH + habit.seen)
    logs, weights, mean, by_chance = habit.logs, habit.weights, habit.mean, random.random
    top, total = max(*logs, mean) + FARTHEST * habit.spread, weights[-1]
    found = []
    for shift in shifts:
        if by_chance() < fresh:
            one = random.gauss(mean, spread)
        else:
            one = logs[bisect_left(weights, by_chance() * total)]
        found.append(round(exp(min(min(one + moved, top) + shift, LARGEST_LOG))))
    if habit.refunds:
        return [one - _refunded(habit, random) for one in found]
    return found


def _refunded(habit: Habit, random: Random) -> int:
    if random.random() >= habit.refund_share:
        return 0
    return habit.refunds[int(random.random() * len(habit.refunds))]


def _used(course: Sequence[int], ahead: Ahead, days: Sequence[date]) -> list[int]:
    """What is used at the end of each day."""
    if not ahead.window:
        return list(accumulate(course[: len(days)], initial=ahead.used))[1:]
    left, window = ahead.leaving or {}, ahead.window
    used, found = ahead.used, []
    for number, (day, amount) in enumerate(zip(days, course, strict=True)):
        gone = course[number - window] if number >= window else left.get(day - timedelta(days=window), 0)
        used += amount - gone
        found.append(used)
    return found


def _needed(used: Sequence[int], following: Sequence[int], ahead: Ahead) -> int:
    """The limit that this course needs within the next 30 days, of this period and the next one."""
    next_most = max(accumulate(following), default=0)
    return max(max(used[:WITHIN]) - ahead.extra, next_most - ahead.next_extra)


# --- what they have in common ----------------------------------------------------------------------------


def _path(uses: Sequence[Sequence[int]], days: Sequence[date], ahead: Ahead) -> tuple[Band, ...]:
    today = Band(ahead.starts - timedelta(days=1), *(ahead.used,) * 5)
    step = ceil(len(days) / POINTS)
    by_day = list(zip(*uses, strict=True))
    shown = [number for number in range(len(days)) if (len(days) - 1 - number) % step == 0]
    return (today, *(_band(days[number], by_day[number]) for number in shown))


def _band(day: date, values: Sequence[int]) -> Band:
    ordered = sorted(values)
    mean = round(sum(ordered) / len(ordered))
    return Band(day, mean, *shortest(ordered, 80), *shortest(ordered, 95))


def shortest(ordered: Sequence[int], percent: int) -> tuple[int, int]:
    """The shortest span that holds so many of the ordered values."""
    held = ceil(len(ordered) * percent / 100)
    widths = list(map(sub, ordered[held - 1 :], ordered))
    place = widths.index(min(widths))
    return ordered[place], ordered[place + held - 1]


def _exhausted_on(uses: Sequence[Sequence[int]], days: Sequence[date], ahead: Ahead) -> date | None:
    allowance = ahead.allowance
    if ahead.used >= allowance:
        return ahead.starts
    met = [used for used in uses if max(used) >= allowance]
    if 2 * len(met) < len(uses):
        return None
    first = sorted(next(number for number, one in enumerate(used) if one >= allowance) for used in met)
    return days[first[ceil(len(uses) / 2) - 1]]


def likely_tier(found: Forecast, ladder: Sequence[tuple[str, int]], *, limit: int) -> str:
    """
    The name of the tier that is needed within 30 days, of a ladder of (name, limit) in rising order: the lowest that is enough, else
    the highest. "" where the limit that stands is likely to do, or no tier is above it.
    """
    if found.chance_soon < LIKELY:
        return ""
    above = [(name, most) for name, most in ladder if most > limit]
    enough = [name for name, most in above if most >= found.needed_limit]
    return enough[0] if enough else above[-1][0] if above else ""
