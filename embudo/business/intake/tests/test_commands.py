from typing import Any

import pytest
from django.db.models import Sum

from embudo.business.directory.models import Company
from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Entry, Tally
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    sven,
    vera,
)
from embudo.foundation.access.tests.builders import user_of
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


def assert_tallied(assignment: Assignment) -> None:
    """The tallies say what counting the entries says."""
    counted: dict[str, int] = {}
    for state in Entry.objects.filter(assignment=assignment).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    rows = Tally.objects.filter(assignment=assignment).values_list("state").annotate(n=Sum("n"))
    assert {state: n for state, n in rows if n} == counted


@pytest.mark.parametrize(
    "state",
    ["entered", "handed_in", "verifying", "rejected", "corrected", "accepted", "withdrawn"],
)
def test_every_state_is_reached_and_tallied(state: str) -> None:
    entry = an_entry(state=state)
    assert entry.state == state
    assert_tallied(entry.assignment)


def test_enter_entry_accepts_at_once_where_verification_is_off() -> None:
    entry = an_entry(an_assignment(policy="off"))
    assert (entry.state, entry.company.name) == ("accepted", entry.name)  # type: ignore[union-attr]
    assert_tallied(entry.assignment)


def test_enter_entry_refuses_what_is_entered_there_already() -> None:
    first = an_entry()
    given: dict[str, Any] = {"name": "Another name", "tax_id": first.tax_id}
    with pytest.raises(Invalid) as caught:
        commands.enter_entry(olga(), first.assignment, values=given)
    assert list(caught.value.errors) == ["is_another"]


def test_decide_entry_makes_a_company() -> None:
    entry = an_entry(state="accepted")
    assert Company.objects.get().tax_id == entry.tax_id
    assert Company.objects.get().owner == user_of(cora())


def test_decide_entry_refuses_ones_own() -> None:
    assignment = an_assignment()
    bound(assignment, vera(), "operator")
    entry = commands.hand_in_entry(olga(), an_entry(assignment))
    assert commands.claim_next(vera()) == entry


def test_close_assignment_closes_all_below_and_reopens_as_a_set() -> None:
    top = an_assignment()
    part = commands.create_assignment(cora(), title="Part", parent=top)
    commands.open_assignment(cora(), part)
    bound(part, otto())
    closing = commands.close_assignment(cora(), top, cause="Done")
    assert (closing.bindings, closing.assignments) == (4, 2)
    with pytest.raises(Refused):
        commands.enter_entry(otto(), part, values={"name": "X"})
    commands.reopen_closing(cora(), closing)
    part.refresh_from_db()
    assert part.state == "open"


def test_close_part_of_supervisor_closes_their_operators() -> None:
    assignment = an_assignment()
    closing = commands.close_part(sven(), assignment, person_id=user_of(sven()).pk)
    assert closing.bindings == 2
    with pytest.raises(Refused) as caught:
        commands.enter_entry(olga(), assignment, values={"name": "X"})
    assert caught.value.code == "intake.part_closed"


def test_operator_sees_only_their_own_entries() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    entry = an_entry(assignment)
    with pytest.raises(NotFound):
        queries.entry(otto(), entry.pk)
    with pytest.raises((NotFound, Forbidden)):
        commands.withdraw_entry(otto(), entry)
    assert queries.entry(olga(), entry.pk) == queries.entry(sven(), entry.pk) == entry


def test_sampled_assignments_accept_what_is_not_drawn() -> None:
    entry = commands.hand_in_entry(olga(), an_entry(an_assignment(policy="sample", percent=0)))
    assert entry.state == "accepted"


def test_enter_second_tells_what_differs() -> None:
    asked = [{"name": "name", "is_required": True}, {"name": "tax_id", "is_double": True}, {"name": "town"}]
    assignment = an_assignment(asked=asked)
    bound(assignment, otto())
    entry = commands.hand_in_entry(olga(), an_entry(assignment))
    assert commands.claim_next(vera()) is None
    assert commands.claim_second(otto(), assignment) == entry.pk
    assert not commands.enter_second(otto(), assignment, entry_id=entry.pk, values={"tax_id": "5260250274"})
    assert commands.claim_next(vera()) == entry


def test_enter_entry_names_only_what_is_wrong() -> None:
    """One wrong value does not make the others missing."""
    asked = [
        {"name": "tax_id", "is_required": True},
        {"name": "website"},
        {"name": "town", "is_required": True},
    ]
    given = {"name": "Masarnia", "tax_id": "526-025-02-74", "website": "javascript:x", "town": " "}
    with pytest.raises(Invalid) as caught:
        commands.enter_entry(olga(), an_assignment(asked=asked), values=given)
    assert set(caught.value.errors) == {"website", "town"}


def test_enter_entry_checks_numbers_by_the_territory_where_no_country_is_named() -> None:
    asked = [{"name": "name"}, {"name": "tax_id"}, {"name": "country"}]
    assignment = an_assignment(territory="mazowieckie", asked=asked)
    with pytest.raises(Invalid) as caught:
        commands.enter_entry(olga(), assignment, values={"name": "Masarnia", "tax_id": "123", "country": ""})
    assert list(caught.value.errors) == ["tax_id"]
    given: dict[str, Any] = {"name": "Masarnia", "tax_id": "123", "country": "US"}
    assert commands.enter_entry(olga(), assignment, values=given).country == "US"
