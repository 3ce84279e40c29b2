from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from embudo.business.intake import commands
from embudo.business.intake.models import Entry
from embudo.business.intake.tests.builders import an_assignment, an_entry, bound, olga, otto, petra, sven
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.kernel import clock
from embudo.kernel.record import new_id

pytestmark = pytest.mark.django_db
HOME = "/my-work/"


def page(client: Any, **given: Any) -> str:
    answer = client.get(HOME, given)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("rows", [1, 3])
def test_my_work_asks_the_same_number_of_queries(rows: int, django_assert_max_num_queries: Any) -> None:
    client, assignment = a_client(olga()), an_assignment()
    an_assignment()
    for _ in range(rows):
        an_entry(assignment, state="rejected")
        an_entry(assignment)
        commands.save_draft(
            olga(),
            assignment=assignment.pk,
            draft=new_id(),
            values={"name": "Begun"},
            sequence=1,
            title="Begun",
        )
    page(client, assignment=assignment.pk)
    with django_assert_max_num_queries(16):
        page(client, assignment=assignment.pk)


def test_my_work_shows_the_assignment_and_the_day() -> None:
    assignment = an_assignment(instruction="Look in the register.", territory="mazowieckie", target=40)
    an_entry(assignment)
    shown = page(a_client(olga()))
    assert "Look in the register." in shown
    assert "mazowieckie" in shown
    assert "1 record entered today." in shown
    assert "1 of 40 in all." in shown


def test_my_work_opens_the_most_urgent_assignment_first() -> None:
    today = clock.today()
    an_assignment(title="Later one", deadline=today + timedelta(days=9))
    an_assignment(title="Urgent one", deadline=today + timedelta(days=1))
    shown = page(a_client(olga()))
    assert '<h2 id="assignment-h">Urgent one</h2>' in shown
    assert "Later one" in shown


def test_my_work_says_what_was_rejected_and_why() -> None:
    entry = an_entry(state="rejected")
    shown = page(a_client(olga()))
    assert "<title>1 rejected · My work" in shown
    assert "Vera Verifier: Please check. One letter is missing." in shown
    assert f"/entries/{entry.pk}/correct/" in shown
    assert "row-bad" in shown


def test_my_work_lists_only_ones_own() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    mine, other = an_entry(assignment), an_entry(assignment, otto())
    shown = page(a_client(olga()))
    assert (mine.name in shown, other.name in shown) == (True, False)


def test_my_work_narrows_to_what_is_to_be_handed_in() -> None:
    assignment = an_assignment()
    waits, gone = an_entry(assignment), an_entry(assignment, state="handed_in")
    shown = page(a_client(olga()), tab="to_hand_in")
    assert (waits.name in shown, gone.name in shown) == (True, False)


def test_my_work_offers_unfinished_records() -> None:
    assignment, draft = an_assignment(), new_id()
    commands.save_draft(
        olga(),
        assignment=assignment.pk,
        draft=draft,
        values={"name": "Half a name"},
        sequence=1,
        title="Half a name",
    )
    shown = page(a_client(olga()))
    assert "Half a name" in shown
    assert f"/my-work/{assignment.pk}/new/?draft={draft}" in shown


def test_my_work_says_that_the_part_is_closed() -> None:
    assignment = an_assignment()
    an_entry(assignment)
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    shown = page(a_client(olga()))
    assert "Your part of this assignment is closed." in shown
    assert 'id="new-record"' not in shown
    assert "Hand in 1 record" not in shown


def test_my_work_of_somebody_bound_to_nothing_is_told_so() -> None:
    assert "You are bound to no assignment" in page(a_client(olga()))


def test_my_work_refuses_who_enters_nothing() -> None:
    assert a_client(petra()).get(HOME).status_code == 403


def test_my_work_of_an_assignment_of_others_shows_ones_own() -> None:
    other = an_assignment(is_bound=False)
    an_assignment(title="Mine")
    assert '<h2 id="assignment-h">Mine</h2>' in page(a_client(olga()), assignment=other.pk)


def test_hand_in_all_hands_in_what_waits() -> None:
    assignment = an_assignment()
    an_entry(assignment)
    an_entry(assignment)
    client = a_client(olga())
    assert "Hand in 2 records" in page(client)
    answer = client.post(reverse("intake:hand_in_all", args=[assignment.pk]), follow=True)
    assert "2 records were handed in." in answer.content.decode()
    assert set(Entry.objects.values_list("state", flat=True)) == {"handed_in"}


def test_hand_in_all_of_a_closed_part_says_so() -> None:
    assignment = an_assignment()
    an_entry(assignment)
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    answer = a_client(olga()).post(reverse("intake:hand_in_all", args=[assignment.pk]))
    assert (answer.status_code, "is closed" in answer.content.decode()) == (422, True)


def test_my_work_is_where_operators_land() -> None:
    an_assignment()
    assert a_client(olga()).get("/", follow=True).redirect_chain[-1][0].endswith(HOME)
