from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from embudo.kernel import clock
from embudo.kernel.money import Money
from embudo.project.database import database_from


@pytest.mark.parametrize(
    ("typed", "locale", "minor"),
    [
        ("1,234.56", "en", 123456),
        ("1 234,56", "pl", 123456),
        ("1\u202f234,56", "fr", 123456),
        ("1.234,56", "es", 123456),
        ("12.50", "pl", 1250),
        ("7", "fr", 700),
    ],
)
def test_parse_reads_amounts_as_people_write_them(typed: str, locale: str, minor: int) -> None:
    assert Money.parse(typed, "EUR", locale) == Money(minor, "EUR")


@pytest.mark.parametrize("typed", ["", "abc", "1.234", "12.345.67x", "--5"])
def test_parse_refuses_what_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(typed, "EUR", "en")


def test_money_knows_the_places_of_its_currency() -> None:
    assert (Money.of("12", "JPY").minor, Money.of("12.345", "KWD").minor) == (12, 12345)


def test_money_of_two_currencies_does_not_add_up() -> None:
    with pytest.raises(ValueError):
        Money(1, "EUR") + Money(1, "PLN")


def test_times_rounds_half_away_from_zero() -> None:
    assert (Money(5, "EUR").times(Decimal("0.5")).minor, Money(-5, "EUR").times(Decimal("0.5")).minor) == (
        3,
        -3,
    )


def test_thousand_times_ten_cents_is_exact() -> None:
    total = Money(0, "EUR")
    for _step in range(1000):
        total += Money(10, "EUR")
    assert total == Money(10_000, "EUR")


def test_money_is_written_in_the_readers_language() -> None:
    assert Money(123456, "EUR").text("pl") == "1\xa0234,56\xa0€"


def test_today_is_the_organisations_day(settings: object) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"  # type: ignore[attr-defined]
    with clock.at(datetime(2026, 5, 31, 22, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 6, 1)


def test_database_url_takes_several_hosts(tmp_path: object) -> None:
    made = database_from("postgresql://u:p%40x@a:1,b:2/crm", tmp_path)  # type: ignore[arg-type]
    assert (made["HOST"], made["PORT"], made["PASSWORD"], made["NAME"]) == ("a,b", "1,2", "p@x", "crm")


def test_database_url_may_name_a_socket(tmp_path: object) -> None:
    made = database_from("postgresql:///crm?host=/run/pg&port=5433", tmp_path)  # type: ignore[arg-type]
    assert (made["HOST"], made["PORT"], "host" in made["OPTIONS"]) == ("/run/pg", "5433", False)


def test_database_url_may_forbid_kept_statements(tmp_path: object) -> None:
    made = database_from("postgresql:///crm", tmp_path)  # type: ignore[arg-type]
    assert made["OPTIONS"]["prepare_threshold"] == 2
    made = database_from("postgresql:///crm?prepare_threshold=none", tmp_path)  # type: ignore[arg-type]
    assert made["OPTIONS"]["prepare_threshold"] is None
