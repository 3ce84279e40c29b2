import pytest

from embudo.foundation.editing.rules import State, check_count, check_step, tags_after
from embudo.kernel.errors import Invalid, Refused


def test_tags_after_keeps_the_order_and_adds_at_the_end() -> None:
    assert tags_after(["b", "a"], add=["c", "a"], remove=[]) == ["b", "a", "c"]


def test_tags_after_takes_away_what_is_there() -> None:
    assert tags_after(["b", "a"], add=[], remove=["b", "z"]) == ["a"]


def test_check_count_refuses_nothing_and_too_many() -> None:
    check_count(1)
    for count in (0, 100_001):
        with pytest.raises(Invalid):
            check_count(count)


def test_check_step_refuses_a_step_out_of_turn() -> None:
    check_step(State.DONE, (State.DONE,))
    with pytest.raises(Refused):
        check_step(State.RUNNING, (State.DONE,))
