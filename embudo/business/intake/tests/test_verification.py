from datetime import timedelta
from typing import Any

import pytest

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry, Round
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    sven,
    vera,
    viktor,
)
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale

pytestmark = pytest.mark.django_db
WRONG = {"name": "name", "judgement": "wrong", "code": "mistyped"}


def later(minutes: int) -> Any:
    return clock.at(clock.now() + timedelta(minutes=minutes))


def state_of(entry: Entry) -> tuple[str, Any]:
    entry.refresh_from_db()
    return entry.state, entry.verifier_id


def sola() -> Actor:
    """Enters and verifies."""
    return an_actor(a_user(roles=("operator", "verifier"), name="Sola Both"))


def shared() -> Any:
    """An assignment that Vera and Viktor verify."""
    assignment = an_assignment()
    bound(assignment, viktor(), "verifier")
    return assignment


# ------------------------------------------------------------------------------------------ commands


def test_claim_next_gives_two_verifiers_different_entries_and_the_holder_the_same() -> None:
    assignment = shared()
    first, second = (an_entry(assignment, state="handed_in") for _n in range(2))
    assert commands.claim_next(vera()) == first
    assert commands.claim_next(viktor()) == second
    assert commands.claim_next(vera()) == first
    assert state_of(first) == ("verifying", vera().id)


def test_claim_next_gives_nothing_where_all_is_held() -> None:
    assignment = shared()
    an_entry(assignment, state="verifying")
    assert commands.claim_next(viktor()) is None


def test_claim_next_hands_on_what_expired() -> None:
    assignment = shared()
    entry = an_entry(assignment, state="verifying")
    with later(9):
        assert commands.claim_next(viktor()) is None
    with later(11):
        assert commands.claim_next(viktor()) == entry
        assert state_of(entry) == ("verifying", viktor().id)


def test_claim_next_gives_corrected_ones_first_of_the_assignment_asked_for() -> None:
    assignment = an_assignment()
    corrected = an_entry(assignment, state="corrected")
    older = an_entry(assignment, state="handed_in")
    commands.hand_in_entry(olga(), corrected)
    other = an_entry(an_assignment(), state="handed_in")
    assert commands.claim_next(vera(), assignment=other.assignment) == other
    assert commands.claim_next(vera(), assignment=assignment) == corrected
    commands.decide_entry(vera(), corrected, outcome="accepted")
    assert commands.claim_next(vera(), assignment=assignment) == older


def test_claim_next_passes_over_closed_assignments_and_foreign_ones() -> None:
    assignment = an_assignment()
    an_entry(assignment, state="handed_in")
    assert commands.claim_next(viktor()) is None
    commands.close_assignment(cora(), assignment)
    assert commands.claim_next(vera()) is None
    with pytest.raises(Forbidden):
        commands.claim_next(olga())


def test_claim_next_leaves_what_it_holds_of_a_closed_assignment() -> None:
    held = an_entry(state="verifying")
    other = an_entry(state="handed_in")
    commands.close_assignment(cora(), held.assignment)
    assert commands.claim_next(vera()) == other


def test_claim_entry_refuses_what_somebody_else_has() -> None:
    entry = an_entry(shared(), state="verifying")
    with pytest.raises(Refused) as caught:
        commands.claim_entry(viktor(), entry)
    assert (caught.value.code, "Vera Verifier" in str(caught.value.message)) == ("intake.entry_held", True)
    assert commands.claim_entry(vera(), entry) == entry


def test_claim_entry_refuses_ones_own_and_what_is_over_and_foreign_ones() -> None:
    assignment, both = an_assignment(), sola()
    for duty in ("operator", "verifier"):
        bound(assignment, both, duty)
    mine = commands.hand_in_entry(both, an_entry(assignment, both))
    assert commands.claim_next(both) is None
    with pytest.raises(Refused) as caught:
        commands.claim_entry(both, mine)
    assert caught.value.code == "intake.own_entry"
    with pytest.raises(Refused) as caught:
        commands.claim_entry(vera(), an_entry(assignment, state="accepted"))
    assert caught.value.code == "intake.entry_elsewhere"
    with pytest.raises(NotFound):
        commands.claim_entry(viktor(), an_entry(assignment, state="handed_in"))


def test_claim_entry_refuses_what_waits_for_its_second_entry() -> None:
    asked = [{"name": "name"}, {"name": "tax_id", "is_double": True}]
    entry = commands.hand_in_entry(olga(), an_entry(an_assignment(asked=asked)))
    with pytest.raises(Refused) as caught:
        commands.claim_entry(vera(), entry)
    assert caught.value.code == "intake.second_wanted"


def test_renew_lease_keeps_the_entry_while_somebody_is_at_it() -> None:
    entry = an_entry(shared(), state="verifying")
    with later(9):
        commands.renew_lease(vera(), entry)
    with later(15):
        assert commands.claim_next(viktor()) is None


def test_renew_lease_says_who_took_it_over() -> None:
    entry = an_entry(shared(), state="verifying")
    with later(11):
        commands.claim_next(viktor())
        with pytest.raises(Refused) as caught:
            commands.renew_lease(vera(), entry)
    assert (caught.value.code, "Viktor" in str(caught.value.message)) == ("intake.lease_lost", True)


def test_release_entry_puts_it_back_for_others() -> None:
    entry = an_entry(shared(), state="verifying")
    with pytest.raises(Refused):
        commands.release_entry(viktor(), entry)
    commands.release_entry(vera(), entry)
    assert state_of(entry) == ("handed_in", None)
    assert commands.claim_next(viktor()) == entry


def test_decide_entry_keeps_the_judgement_of_each_value() -> None:
    entry = an_entry(state="verifying")
    points = [WRONG | {"suggested": "Masarnia"}, {"name": "town", "judgement": "unknown"}]
    commands.decide_entry(vera(), entry, outcome="rejected", points=points, comment=" Look again. ")
    round_ = Round.objects.get(entry=entry)
    assert (round_.outcome, round_.comment, round_.verifier_id) == ("rejected", "Look again.", vera().id)
    assert [(one.name, one.judgement, one.suggested) for one in round_.judged] == [
        ("name", "wrong", "Masarnia"), ("town", "unknown", ""),
    ]  # fmt: skip
    assert state_of(entry)[0] == "rejected"


@pytest.mark.parametrize(
    ("outcome", "points", "field"),
    [
        ("accepted", [WRONG], "outcome"),
        ("rejected", [], "comment"),
        ("perhaps", [], "outcome"),
        ("rejected", [{"name": "name", "judgement": "wrong"}], "name"),
        ("rejected", [WRONG | {"code": "whim"}], "name"),
        ("rejected", [WRONG, WRONG], "points"),
        ("rejected", [WRONG | {"name": "founded"}], "points"),
    ],
)
def test_decide_entry_refuses_a_verdict_without_sense(
    outcome: str, points: list[dict[str, str]], field: str
) -> None:
    entry = an_entry(state="verifying")
    with pytest.raises(Invalid) as caught:
        commands.decide_entry(vera(), entry, outcome=outcome, points=points)
    assert list(caught.value.errors) == [field]


def test_decide_entry_refuses_who_lost_it_and_says_who_has_it() -> None:
    entry = an_entry(shared(), state="verifying")
    with later(11):
        commands.claim_next(viktor())
        with pytest.raises(Refused) as caught:
            commands.decide_entry(vera(), entry, outcome="accepted", version=entry.version)
        assert "Viktor Verifier" in str(caught.value.message)
        commands.decide_entry(viktor(), entry, outcome="accepted")
    with pytest.raises(Refused) as caught:
        commands.decide_entry(vera(), entry, outcome="accepted")
    assert caught.value.facts["state"] == "accepted"


def test_decide_entry_is_the_verifiers_after_the_lease_while_nobody_took_it() -> None:
    entry = an_entry(state="verifying")
    with later(60):
        assert commands.decide_entry(vera(), entry, outcome="accepted").state == "accepted"


def test_decide_entry_refuses_a_stale_version_and_a_closed_assignment() -> None:
    entry = an_entry(state="verifying")
    with pytest.raises(Stale):
        commands.decide_entry(vera(), entry, outcome="accepted", version=entry.version - 1)
    commands.close_assignment(cora(), entry.assignment)
    with pytest.raises(Refused) as caught:
        commands.decide_entry(vera(), entry, outcome="accepted")
    assert caught.value.code == "intake.assignment_closed"


def test_send_message_is_seen_by_operator_verifier_and_supervisor() -> None:
    entry = an_entry(state="verifying")
    commands.send_message(vera(), entry, text="Is it in Hel?")
    commands.send_message(olga(), entry, text="Yes.")
    for actor in (olga(), vera(), sven(), cora()):
        assert [one.text for one in queries.messages(actor, entry)] == ["Is it in Hel?", "Yes."]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_send_message_refuses_nothing_and_too_much(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        commands.send_message(olga(), an_entry(), text=text)
    assert list(caught.value.errors) == ["text"]


def test_send_message_refuses_whoever_does_not_see_the_entry() -> None:
    with pytest.raises(NotFound):
        commands.send_message(otto(), an_entry(), text="Hello")


def test_dispute_rejection_goes_to_the_supervisor_once() -> None:
    entry = an_entry(state="rejected")
    commands.dispute_rejection(olga(), entry, text="It is spelt so.")
    with pytest.raises(Refused) as caught:
        commands.dispute_rejection(olga(), entry, text="Again.")
    assert caught.value.code == "intake.disputed"


def test_dispute_rejection_refuses_others_and_what_is_not_rejected() -> None:
    with pytest.raises(Refused) as caught:
        commands.dispute_rejection(olga(), an_entry(state="handed_in"), text="No.")
    assert caught.value.code == "intake.not_rejected"
    with pytest.raises(Invalid):
        commands.dispute_rejection(olga(), an_entry(state="rejected"), text=" ")
    with pytest.raises((NotFound, Forbidden)):
        commands.dispute_rejection(otto(), an_entry(state="rejected"), text="No.")


@pytest.mark.parametrize(("is_overruled", "state"), [(True, "accepted"), (False, "rejected")])
def test_decide_dispute_ends_it(is_overruled: bool, state: str) -> None:  # noqa: FBT001
    entry = commands.dispute_rejection(olga(), an_entry(state="rejected"), text="It is spelt so.")
    commands.decide_dispute(sven(), entry, is_overruled=is_overruled, text="I called them.")
    assert (state_of(entry)[0], entry.disputed) == (state, None)
    assert Round.objects.get(entry=entry).is_overruled is is_overruled
    assert queries.messages(olga(), entry).count() == 2


def test_decide_dispute_refuses_what_nobody_disputes_and_who_is_part_of_it() -> None:
    entry = an_entry(state="rejected")
    with pytest.raises(Refused) as caught:
        commands.decide_dispute(sven(), entry, is_overruled=True)
    assert caught.value.code == "intake.not_disputed"
    commands.dispute_rejection(olga(), entry, text="It is spelt so.")
    with pytest.raises(Forbidden):
        commands.decide_dispute(vera(), entry, is_overruled=False)
    Entry.objects.filter(pk=entry.pk).update(verifier=sven().id)
    with pytest.raises(Refused) as caught:
        commands.decide_dispute(sven(), entry, is_overruled=True)
    assert caught.value.code == "intake.own_dispute"
