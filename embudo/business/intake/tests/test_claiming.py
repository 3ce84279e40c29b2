"""What only several verifiers at once can show."""

from collections.abc import Callable
from typing import Any

import pytest

from embudo.business.intake import commands
from embudo.business.intake.tests.builders import an_assignment, an_entry, bound
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Refused

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[..., list[Any]]


def verifiers(assignment: Any, n: int) -> list[Actor]:
    people = [an_actor(a_user(roles=("verifier",), name=f"Verifier {number}")) for number in range(n)]
    for one in people:
        bound(assignment, one, "verifier")
    return people


def test_claim_next_at_once_never_gives_two_verifiers_the_same(together: Together) -> None:
    assignment = an_assignment()
    for _n in range(6):
        an_entry(assignment, state="handed_in")
    people = verifiers(assignment, 6)
    given = together(*(lambda who=who: commands.claim_next(who) for who in people))
    assert len({entry.pk for entry in given if entry}) == 6


def test_claim_entry_at_once_gives_it_to_one(together: Together) -> None:
    entry = an_entry(state="handed_in")

    def claimed(who: Actor) -> bool:
        try:
            return bool(commands.claim_entry(who, entry))
        except Refused:
            return False

    people = verifiers(entry.assignment, 4)
    given = together(*(lambda who=who: claimed(who) for who in people))
    assert sorted(given) == [False, False, False, True]
