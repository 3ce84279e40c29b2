from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Closing
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
)
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.kernel.errors import Forbidden, NotFound, Refused

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def parts_open(assignment: Any) -> set[str]:
    return {one.person.name.split()[0] for one in assignment.bindings.filter(closed=None)}


# ------------------------------------------------------------------------------------------ commands


def test_close_part_closes_an_operator_and_keeps_the_cause() -> None:
    made = an_assignment()
    an_entry(made)
    closing = commands.close_part(sven(), made, person_id=user_of(olga()).pk, cause="  On   leave ")
    assert (closing.bindings, closing.unfinished, closing.cause) == (1, 1, "On leave")
    assert parts_open(made) == {"Sven", "Vera"}
    with pytest.raises(Refused):
        commands.close_part(sven(), made, person_id=user_of(olga()).pk)


def test_close_part_of_somebody_elses_operator_is_refused() -> None:
    made = an_assignment()
    bound(made, otto())
    with pytest.raises(Forbidden):
        commands.close_part(sven(), made, person_id=user_of(otto()).pk)
    with pytest.raises(Forbidden):
        commands.close_part(petra(), made, person_id=user_of(olga()).pk)


def test_close_part_reaches_an_operator_who_reports_to_nobody() -> None:
    made = an_assignment()
    bound(made, otto(), supervisor=user_of(sven()))
    assert commands.close_part(sven(), made, person_id=user_of(otto()).pk).bindings == 1


def test_close_assignment_is_the_coordinators() -> None:
    made = an_assignment()
    for who in (sven(), petra()):
        with pytest.raises(Forbidden):
            commands.close_assignment(who, made)
    assert commands.close_assignment(cora(), made).is_final
    with pytest.raises(Refused):
        commands.close_assignment(cora(), made)


def test_reopen_closing_opens_what_it_closed_and_nothing_else() -> None:
    made = an_assignment()
    first = commands.close_part(sven(), made, person_id=user_of(olga()).pk)
    final = commands.close_assignment(cora(), made)
    assert final.bindings == 2
    with pytest.raises(Forbidden):
        commands.reopen_closing(sven(), final)
    commands.reopen_closing(cora(), final)
    assert parts_open(made) == {"Sven", "Vera"}
    commands.reopen_closing(sven(), first)
    assert parts_open(made) == {"Sven", "Vera", "Olga"}
    with pytest.raises(Refused):
        commands.reopen_closing(sven(), first)


# --------------------------------------------------------------------------------------------- pages


def test_close_page_shows_what_it_closes_before_it_does() -> None:
    made = an_assignment(title="The whole")
    part = commands.create_assignment(cora(), title="The northern part", parent=made)
    commands.open_assignment(cora(), part)
    bound(part, otto())
    an_entry(made, state="rejected")
    an_entry(made)
    commands.save_draft(olga(), assignment=made.pk, draft=uuid4(), values={"name": "Half a na"}, sequence=1)
    client = a_client(cora())
    shown = client.get(at("assignment_close", made.pk)).content.decode()
    for told in (
        "The northern part",
        "Otto Other",
        "Olga Operator",
        "2 entries are unfinished",
        "Rejected",
        "1 form is",
    ):
        assert told in shown, told
    made.refresh_from_db()
    assert made.state == "open"
    answer = client.post(at("assignment_close", made.pk), {"cause": "Season is over"}, follow=True)
    closing = Closing.objects.get()
    assert (closing.cause, closing.assignments, closing.unfinished) == ("Season is over", 2, 2)
    assert at("closing_reopen", closing.pk) in answer.content.decode()


def test_close_page_refuses_a_cause_that_is_too_long() -> None:
    made = an_assignment()
    answer = a_client(cora()).post(at("assignment_close", made.pk), {"cause": "x" * 301})
    assert (answer.status_code, "#id_cause" in answer.content.decode()) == (422, True)
    assert a_client(sven()).get(at("assignment_close", made.pk)).status_code == 403


def test_close_part_page_shows_the_supervisors_people() -> None:
    made = an_assignment()
    client = a_client(sven())
    shown = client.get(at("close_part", made.pk, sven().id)).content.decode()
    assert "Olga Operator" in shown
    assert client.post(at("close_part", made.pk, olga().id), {"cause": ""}).status_code == 302
    assert client.post(at("close_part", made.pk, olga().id), {"cause": ""}).status_code == 422
    assert client.get(at("close_part", made.pk, otto().id)).status_code == 404
    assert a_client(petra()).get(at("close_part", made.pk, olga().id)).status_code == 403


def test_reopen_page_opens_again_once() -> None:
    made = an_assignment()
    closing = commands.close_part(sven(), made, person_id=user_of(olga()).pk, cause="Too early")
    shown = a_client(sven()).get(at("assignment", made.pk)).content.decode()
    assert "Too early" in shown
    client = a_client(sven())
    assert client.get(at("closing_reopen", closing.pk)).status_code == 200
    assert client.post(at("closing_reopen", closing.pk)).headers["Location"] == at("assignment", made.pk)
    assert client.post(at("closing_reopen", closing.pk)).status_code == 422
    assert "Olga" in parts_open(made)


def test_closings_of_other_supervisors_stay_theirs() -> None:
    made = an_assignment()
    bound(made, otto())
    commands.close_part(cora(), made, person_id=user_of(otto()).pk, cause="Between us")
    assert "Between us" not in a_client(sven()).get(at("assignment", made.pk)).content.decode()
    assert "Between us" in a_client(cora()).get(at("assignment", made.pk)).content.decode()


def test_late_drafts_page_shows_what_was_typed_after_closing() -> None:
    made = an_assignment()
    bound(made, otto())
    for who, name in ((olga(), "Masarnia Late"), (otto(), "Not led by Sven")):
        commands.close_part(cora(), made, person_id=user_of(who).pk)
        commands.save_draft(
            who,
            assignment=made.pk,
            draft=uuid4(),
            values={"name": name, "tax_id": "123"},
            sequence=1,
            title=name,
        )
    shown = a_client(sven()).get(at("late_drafts", made.pk)).content.decode()
    assert ("Masarnia Late" in shown, "Not led by Sven" in shown) == (True, False)
    assert "Not led by Sven" in a_client(cora()).get(at("late_drafts", made.pk)).content.decode()
    assert "1 record was typed after" in a_client(sven()).get(at("assignment", made.pk)).content.decode()
    for who in (petra(), olga()):
        assert a_client(who).get(at("late_drafts", made.pk)).status_code == 403
    assert a_client(paul()).get(at("late_drafts", made.pk)).status_code == 403


def test_reach_of_a_part_counts_only_its_own() -> None:
    made = an_assignment()
    bound(made, otto())
    an_entry(made)
    an_entry(made, otto())
    assert queries.reach_of_closing(made, user_of(olga()).pk).unfinished.entries == 1
    with pytest.raises(NotFound):
        queries.part_of_person(sven(), made.pk, user_of(paul()).pk)
