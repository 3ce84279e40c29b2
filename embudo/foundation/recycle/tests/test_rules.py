import pytest

from embudo.foundation.recycle.rules import check_in_bin, is_telling, telling
from embudo.kernel.erasing import Erased
from embudo.kernel.errors import Refused


def test_check_in_bin_refuses_what_left_it() -> None:
    with pytest.raises(Refused, match=r"recycle\.restored"):
        check_in_bin(is_restored=True, is_erased=False)
    with pytest.raises(Refused, match=r"recycle\.erased"):
        check_in_bin(is_restored=False, is_erased=True)


def test_check_in_bin_lets_pass_what_waits() -> None:
    check_in_bin(is_restored=False, is_erased=False)


def test_is_telling_what_stands_for_one_person_only() -> None:
    texts = ("Anna", "Anna Nowak", "a@b.example", "123456", "12345")
    assert [is_telling(text) for text in texts] == [False, True, True, True, False]


def test_telling_puts_the_longest_first() -> None:
    assert telling(["Jan Kos", "Jan Kos ", "jan.kos@x.example", "Jan"]) == ("jan.kos@x.example", "Jan Kos")


def test_erased_finds_whole_words_in_whatever_case() -> None:
    erased = Erased(frozenset(), ("Jan Kowal",))
    assert erased.is_in("to JAN KOWAL, soon")
    assert not erased.is_in("Jan Kowalski")
    assert erased.without("Deal of Jan Kowal") == "Deal of …"
    assert erased.is_in_row('["Kowal", "Jan", "5"]')
