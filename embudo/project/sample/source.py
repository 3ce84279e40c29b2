import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

DATA = Path(__file__).parent / "data"
PRODUCTS = {"GTXPro": "GTX Pro"}  # the facts and the list of products spell it differently
SECTORS = {"technolgy": "technology"}
COUNTRIES = {
    "United States": "US", "Kenya": "KE", "Philipines": "PH", "Japan": "JP", "Italy": "IT", "Norway": "NO", "Korea": "KR",
    "Jordan": "JO", "Brazil": "BR", "Germany": "DE", "Panama": "PA", "Belgium": "BE", "Romania": "RO", "Poland": "PL",
    "China": "CN",
}  # fmt: skip


@dataclass(frozen=True)
class Account:
    name: str
    sector: str
    founded: int
    employees: int
    country: str
    parent: str


@dataclass(frozen=True)
class Article:
    name: str
    series: str
    price: int


@dataclass(frozen=True)
class Agent:
    name: str
    manager: str
    office: str


@dataclass(frozen=True)
class Deal:
    """One opportunity of the set. `account` may be empty; one that is only prospected has no day on which it began."""

    code: str
    agent: str
    product: str
    account: str
    stage: str
    engaged: date | None
    closed: date | None
    value: int | None

    @property
    def newest(self) -> date | None:
        return self.closed or self.engaged


def _rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def accounts() -> list[Account]:
    """Those above others first."""
    found = [
        Account(
            row["account"],
            SECTORS.get(row["sector"], row["sector"]).capitalize(),
            int(row["year_established"]),
            int(row["employees"]),
            COUNTRIES.get(row["office_location"], ""),
            row["subsidiary_of"],
        )
        for row in _rows("accounts")
    ]
    return sorted(found, key=lambda account: bool(account.parent))


def articles() -> list[Article]:
    return [Article(row["product"], row["series"], int(row["sales_price"])) for row in _rows("products")]


def agents() -> list[Agent]:
    return [Agent(row["sales_agent"], row["manager"], row["regional_office"]) for row in _rows("sales_teams")]


def _day(text: str) -> date | None:
    month, _slash, rest = text.partition("/")
    day, _slash, year = rest.partition("/")
    return date(int(year), int(month), int(day)) if text else None


def deals(today: date) -> list[Deal]:
    """All of them, moved in time so that the newest day is yesterday."""
    found = [
        Deal(
            row["opportunity_id"],
            row["sales_agent"],
            PRODUCTS.get(row["product"], row["product"]),
            row["account"],
            row["deal_stage"],
            _day(row["engage_date"]),
            _day(row["close_date"]),
            int(float(row["close_value"])) if row["close_value"] else None,
        )
        for row in _rows("sales_pipeline")
    ]
    shift = today - timedelta(days=1) - max(deal.newest for deal in found if deal.newest)
    return [_moved(deal, shift) for deal in found]


def _moved(deal: Deal, shift: timedelta) -> Deal:
    return replace(
        deal,
        engaged=deal.engaged + shift if deal.engaged else None,
        closed=deal.closed + shift if deal.closed else None,
    )


DEEP = {"Won": 1200, "Lost": 700, "Engaging": 400}  # a quarter of a year
PART = {"Won": 180, "Lost": 100, "Engaging": 70, "Prospecting": 30}


def part_of(every: list[Deal]) -> list[Deal]:
    """Of each stage a third from its newest and the rest evenly from what came before: seconds to load, months to look at."""
    chosen: list[Deal] = []
    for stage, count in PART.items():
        ours = [deal for deal in every if deal.stage == stage]
        newest = sorted(ours, key=lambda deal: (deal.newest or date.min, deal.code), reverse=True)
        first, before = newest[: count // 3], newest[count // 3 : DEEP.get(stage, count)]
        step = max(len(before) // (count - len(first)), 1)
        chosen += [*first, *before[::step][: count - len(first)]]
    return chosen


def at_work(day: date, minute: int) -> datetime:
    """A moment of that day between eight and six, UTC."""
    return datetime.combine(day, time(8 + minute // 60 % 10, minute % 60), UTC)
