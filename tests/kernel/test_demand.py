from contextlib import ExitStack

from embudo.kernel.demand import PROCESSORS, Demand


def test_demand_is_high_when_more_is_asked_for_than_there_are_processors() -> None:
    demand = Demand()
    demand.share(2)
    demand.sit(1)
    assert not demand.is_high()
    with ExitStack() as opened:
        for _ in range(PROCESSORS):
            opened.enter_context(demand.one())
        assert not demand.is_high()
        with demand.one():
            assert demand.is_high()
        assert not demand.is_high()


def test_demand_of_a_process_that_died_is_forgotten_by_the_next_in_its_place() -> None:
    died, follower = Demand(), Demand()
    died.share(1)
    follower.memory = died.memory
    with ExitStack() as opened:
        for _ in range(300):  # more than a byte holds
            opened.enter_context(died.one())
        assert follower.is_high()
        follower.sit(0)
        assert not follower.is_high()
