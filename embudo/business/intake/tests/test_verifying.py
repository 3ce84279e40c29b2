from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry, Round
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    vera,
    viktor,
)
from embudo.business.intake.tests.test_verification import later, shared, sola, state_of
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_client, an_admin, user_of

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


# --------------------------------------------------------------------------------------------- queue


@pytest.mark.parametrize("rows", [1, 3])
def test_queue_asks_the_same_number_of_queries(rows: int, django_assert_max_num_queries: Any) -> None:
    for _n in range(rows):
        an_entry(state="handed_in")
    client = a_client(vera())
    client.get(at("queue"))
    with django_assert_max_num_queries(13):
        client.get(at("queue"))


def test_queue_tells_what_waits_is_held_and_was_done_today() -> None:
    assignment = an_assignment()
    for state in ("handed_in", "handed_in", "verifying", "accepted", "rejected"):
        an_entry(assignment, state=state)
    commands.hand_in_entry(olga(), an_entry(assignment, state="corrected"))
    other = an_assignment(is_bound=False)
    bound(other, otto())
    commands.hand_in_entry(otto(), an_entry(other, otto()))
    [one] = queries.queue(vera())
    assert (one.waiting, one.corrected, one.held, one.accepted, one.rejected) == (3, 1, 1, 1, 2)
    assert queries.waiting_count(vera()) == 3
    assert [each.round for each in queries.first_waiting(vera())] == [2, 1, 1]
    with later(11):
        assert queries.queue(vera())[0].waiting == 4
        assert queries.waiting_count(vera()) == 4  # what somebody left lying waits as well


def test_waiting_count_leaves_out_ones_own_foreign_and_closed_ones() -> None:
    assignment, both = an_assignment(), sola()
    for duty in ("operator", "verifier"):
        bound(assignment, both, duty)
    commands.hand_in_entry(both, an_entry(assignment, both))
    an_entry(assignment, state="handed_in")
    closed = an_assignment()
    an_entry(closed, state="handed_in")
    people = (vera(), both, viktor(), an_admin())
    assert [queries.waiting_count(who) for who in people] == [3, 1, 0, 3]
    commands.close_assignment(cora(), closed)
    assert [queries.waiting_count(who) for who in people] == [2, 1, 0, 2]


def test_waiting_count_of_administrators_leaves_out_each_ones_own() -> None:
    """The statement is compiled once for all whose grant reaches all: whose own entries it leaves out is a value."""
    ada, eve = an_admin("Ada Chief"), an_admin("Eve Chief")
    assignment = an_assignment()
    bound(assignment, ada)
    commands.hand_in_entry(ada, an_entry(assignment, ada))
    assert [queries.waiting_count(who) for who in (ada, eve, ada)] == [0, 1, 0]


def test_queue_of_somebody_without_work_is_explained() -> None:
    shown = a_client(viktor()).get(at("queue")).content.decode()
    assert "You are bound to no open assignment as a verifier" in shown
    assert a_client(olga()).get(at("queue")).status_code == 403


def test_queue_speaks_only_what_begins_to_wait() -> None:
    an_entry(state="handed_in")
    asked = {"HX-Request": "true", "HX-Target": "div#queue-live"}
    client = a_client(vera())
    fresh = client.get(at("queue"), {"known": "0"}, headers=asked).content.decode()
    known = client.get(at("queue"), {"known": "2"}, headers=asked).content.decode()
    said = 'data-say-now="1 entry waits for you."'
    assert (said in fresh, said in known, "<html" in fresh) == (True, False, False)


def test_next_claims_and_opens() -> None:
    entry = an_entry(state="handed_in")
    client = a_client(vera())
    assert client.post(at("next")).url == at("verify", entry.pk)  # type: ignore[attr-defined]
    only = client.post(at("next"), {"assignment": entry.assignment_id})
    assert only.url == f"{at('verify', entry.pk)}?only={entry.assignment_id}"  # type: ignore[attr-defined]
    assert state_of(entry) == ("verifying", vera().id)


def test_next_without_work_says_so() -> None:
    answer = a_client(vera()).post(at("next"), follow=True)
    assert "Nothing waits for you." in answer.content.decode()


# ----------------------------------------------------------------------------------------- verifying


def post(client: Client, entry: Entry, **given: Any) -> Any:
    version = Entry.objects.get(pk=entry.pk).version
    return client.post(at("verify", entry.pk), {"version": version} | given)


@pytest.mark.parametrize("asked", [1, 8])
def test_verify_asks_the_same_number_of_queries(asked: int, django_assert_max_num_queries: Any) -> None:
    names = ("name", "tax_id", "town", "email", "phone", "website", "street", "postcode")[:asked]
    entry = an_entry(an_assignment(asked=[{"name": name} for name in names]), state="verifying")
    client = a_client(vera())
    client.get(at("verify", entry.pk))
    with django_assert_max_num_queries(10):
        client.get(at("verify", entry.pk))


def test_verify_accepts_what_is_not_marked_and_opens_the_next() -> None:
    assignment = an_assignment()
    entry, following = (an_entry(assignment, state="handed_in") for _n in range(2))
    client = a_client(vera())
    client.post(at("next"))
    answer = post(client, entry, outcome="accepted")
    assert (state_of(entry)[0], answer.url) == ("accepted", at("verify", following.pk))
    opened = client.get(answer.url).content.decode()
    assert f"{entry.name} was accepted." in opened
    assert 'id="verify-h" data-focus-now' in opened


def test_verify_rejects_by_itself_where_something_is_marked_wrong() -> None:
    entry = an_entry(state="verifying")
    answer = post(
        a_client(vera()), entry, judgement_name="wrong", comment_name="One letter is missing.",
        suggested_name="Masarnia Hel", judgement_town="right", comment_town="not kept", code_town="other",
    )  # fmt: skip
    assert (answer.status_code, answer.url, state_of(entry)[0]) == (302, at("queue"), "rejected")
    assert Round.objects.get(entry=entry).points == [
        {
            "name": "name",
            "judgement": "wrong",
            "comment": "One letter is missing.",
            "suggested": "Masarnia Hel",
        },
        {"name": "town", "judgement": "right"},
    ]


def test_verify_loses_nothing_when_a_reason_is_missing() -> None:
    entry = an_entry(state="verifying")
    answer = post(
        a_client(vera()), entry, outcome="rejected", judgement_name="wrong", judgement_town="unknown",
        comment_town="Nobody answers", comment="All of it",
    )  # fmt: skip
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_code_name"' in shown
    assert "Name: Say what is wrong" in shown
    assert all(text in shown for text in ("Nobody answers", "All of it"))
    assert shown.count("checked") >= 2


def test_verify_loses_nothing_with_the_lease_and_takes_it_again() -> None:
    entry = an_entry(shared(), state="verifying")
    with later(11):
        commands.claim_next(viktor())
        client = a_client(vera())
        answer = post(client, entry, outcome="rejected", comment="Not to be lost")
        shown = answer.content.decode()
        assert (answer.status_code, "Viktor Verifier" in shown, "Not to be lost" in shown) == (
            422,
            True,
            True,
        )
        commands.release_entry(viktor(), entry)
        again = post(client, entry, take="1", comment="Not to be lost", judgement_name="unknown")
        assert (again.status_code, "Not to be lost" in again.content.decode()) == (200, True)
        assert state_of(entry) == ("verifying", vera().id)


def test_verify_shows_what_was_and_what_was_said_before() -> None:
    entry = an_entry(state="corrected")
    before = entry.name.removesuffix(" Sp. z o.o.")
    commands.hand_in_entry(olga(), entry)
    commands.claim_entry(vera(), entry)
    shown = a_client(vera()).get(at("verify", entry.pk)).content.decode()
    assert f"<del>{before}</del>" in shown
    assert all(said in shown for said in ("Mistyped", "One letter is missing.", "Please check.", "round 2"))


def test_verify_shows_the_second_entry_where_it_differs() -> None:
    asked = [{"name": "name"}, {"name": "tax_id", "is_double": True}, {"name": "town"}]
    assignment = an_assignment(asked=asked)
    bound(assignment, otto())
    entry = commands.hand_in_entry(olga(), an_entry(assignment, tax_id=NIPS[0]))
    commands.claim_second(otto(), assignment)
    commands.enter_second(otto(), assignment, entry_id=entry.pk, values={"tax_id": NIPS[1]})
    commands.claim_entry(vera(), entry)
    shown = a_client(vera()).get(at("verify", entry.pk)).content.decode()
    assert f"<strong>{NIPS[1]}</strong>" in shown


def test_verify_opens_web_mail_and_phone() -> None:
    values: dict[str, Any] = {
        "website": "https://masarnia.example",
        "email": "a@masarnia.example",
        "phone": "+48583012214",
    }
    shown = a_client(vera()).get(at("verify", an_entry(state="verifying", **values).pk)).content.decode()
    assert 'href="https://masarnia.example" target="_blank" rel="noopener noreferrer"' in shown
    assert 'href="mailto:a@masarnia.example"' in shown
    assert 'href="tel:+48583012214"' in shown


@pytest.mark.parametrize("state", ["handed_in", "rejected", "accepted", "corrected"])
def test_verify_of_what_is_not_at_hand_offers_no_verdict(state: str) -> None:
    entry = an_entry(state=state)
    shown = a_client(vera()).get(at("verify", entry.pk)).content.decode()
    assert ('id="accept"' in shown, 'id="claim"' in shown) == (False, state == "handed_in")


def test_verify_keeps_strangers_out() -> None:
    entry = an_entry(state="verifying")
    assert a_client(viktor()).get(at("verify", entry.pk)).status_code == 404
    assert a_client(olga()).get(at("verify", entry.pk)).status_code == 403


def test_claim_opens_the_entry_or_says_who_has_it() -> None:
    entry = an_entry(shared(), state="handed_in")
    assert a_client(vera()).post(at("claim", entry.pk)).url == at("verify", entry.pk)  # type: ignore[attr-defined]
    answer = a_client(viktor()).post(at("claim", entry.pk))
    assert (answer.status_code, "Vera Verifier is verifying" in answer.content.decode()) == (422, True)


def test_release_puts_back_and_says_so() -> None:
    entry = an_entry(state="verifying")
    answer = a_client(vera()).post(at("release", entry.pk), follow=True)
    assert f"{entry.name} was put back into the queue." in answer.content.decode()
    assert state_of(entry) == ("handed_in", None)


def test_lease_answers_how_long_and_who_has_it() -> None:
    entry = an_entry(shared(), state="verifying")
    client = a_client(vera())
    assert client.post(at("lease", entry.pk)).json() == {"seconds": 600}
    assert client.get(at("lease", entry.pk)).status_code == 405
    Entry.objects.filter(pk=entry.pk).update(verifier=user_of(viktor()))
    answer = client.post(at("lease", entry.pk))
    assert (answer.status_code, "Viktor Verifier" in answer.json()["reason"]) == (409, True)


def test_verify_heeds_who_wants_no_function_keys() -> None:
    """The switch of the profile reaches the page: app.js presses no button by a key then."""
    entry, client = an_entry(state="verifying"), a_client(vera())
    assert 'data-shortcuts="off"' not in client.get(at("verify", entry.pk)).content.decode()
    User.objects.filter(pk=vera().id).update(is_on_shortcuts=False)
    assert 'data-shortcuts="off"' in client.get(at("verify", entry.pk)).content.decode()
