from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from embudo.foundation.ui import atoms
from embudo.kernel import clock
from embudo.kernel.money import Money

NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


@pytest.mark.parametrize("language", ["en", "fr", "es", "pl"])
@pytest.mark.parametrize("currency", ["EUR", "PLN", "USD", "JPY", "KWD"])
def test_money_text_writes_as_money_does(language: str, currency: str) -> None:
    for minor in (0, 5, 99, 100, 123456, -123456789, 10**15):
        assert atoms.money_text(minor, currency, language) == Money(minor, currency).text(language)


def test_text_escapes_all_but_markup_of_ours() -> None:
    assert atoms.text('<a href="x">') == "&lt;a href=&quot;x&quot;&gt;"
    assert atoms.text(mark_safe("<b>")) == "<b>"
    assert atoms.text(None) == ""


def test_avatar_and_badge_escape_names() -> None:
    assert "<script" not in atoms.avatar("x <script>")
    assert "<script" not in atoms.badge("ok", "check", "<script>")
    assert ">MK<" in atoms.avatar("Marta Kowalczyk")


def test_moment_text_speaks_the_persons_zone_and_language() -> None:
    with clock.at(NOON), timezone.override("Europe/Warsaw"):
        assert atoms.moment_text(NOON) == "Today, 13:00"
        assert atoms.day_text(NOON - timedelta(days=1)) == "Yesterday"
        assert atoms.day_text(date(2026, 11, 18)) == "18 Nov"
        assert atoms.day_text(date(2025, 11, 18)) == "18 Nov 2025"
        with translation.override("pl"):
            assert atoms.day_text(date(2025, 11, 18)) == "18.11.2025"
            assert atoms.full_day(date(2025, 11, 18)) == "18 listopada 2025"


def test_relative_counts_in_the_largest_unit() -> None:
    with clock.at(NOON):
        assert atoms.relative(NOON - timedelta(minutes=5)) == "5 minutes ago"
        assert atoms.relative(NOON + timedelta(days=1)) == "in 1 day"
        assert atoms.relative(NOON) == "just now"


def test_line_chart_holds_its_sentence_and_no_inline_style() -> None:
    chart = atoms.line_chart([("This year", [1, 2, 3])], ["a", "b", "c"], 'It "rose"', 4)
    assert 'aria-label="It &quot;rose&quot;"' in chart
    assert "style=" not in chart


@pytest.mark.parametrize("most", [0, 1, 5, 40, 41, 999, 123_456])
def test_even_top_divides_into_four(most: int) -> None:
    assert atoms.even_top(most) >= most
    assert atoms.even_top(most) % 4 == 0


def test_line_chart_names_large_steps_as_people_read_them() -> None:
    assert ">20,000<" in atoms.line_chart([("Consumed", [1])], ["a"], "", 20_000)
