from decimal import Decimal

import pytest

from embudo.business.supply import rules
from embudo.kernel.errors import Invalid


def test_scaled_keeps_four_places() -> None:
    assert rules.scaled(Decimal("12.3456"), 10_000) == 123_456


def test_scaled_refuses_a_fifth_place() -> None:
    with pytest.raises(ValueError):
        rules.scaled(Decimal("0.00001"), 10_000)


@pytest.mark.parametrize("price", [-1, rules.PRICE_LIMIT + 1])
def test_checked_price_refuses_what_cannot_be_kept(price: int) -> None:
    with pytest.raises(Invalid):
        rules.checked_price(price)


@pytest.mark.parametrize(("price", "text"), [(125_000, "12.50"), (123_456, "12.3456"), (0, "0.00")])
def test_price_text_has_two_to_four_places(price: int, text: str) -> None:
    assert rules.price_text(price) == text


def test_rate_text_is_in_per_cent() -> None:
    assert rules.rate_text(550) == "5.5 %"


def test_checked_rate_refuses_more_than_all() -> None:
    with pytest.raises(Invalid):
        rules.checked_rate(10_001)
