from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.intake import commands
from embudo.business.intake.models import Assignment
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
    vera,
)
from embudo.foundation.access.tests.builders import a_client, a_user, an_actor, an_admin, user_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def page(who: Actor, name: str, *args: Any, **given: Any) -> str:
    return a_client(who).get(at(name, *args), given).content.decode()


def asked_for(client: Client, address: str) -> int:
    """How many queries a page needs once everything is warm."""
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def ordered(**given: Any) -> dict[str, Any]:
    return {
        "title": "Dairies in Podlasie", "subject": "company", "target": "50", "policy": "all", "percent": "20",
        "territory": "Podlaskie", "area": "", "deadline": "", "instruction": "", "coordinator": "",
    } | given  # fmt: skip


def names(assignment: Assignment) -> list[str]:
    assignment.refresh_from_db()
    return [one.name for one in assignment.attributes]


# ------------------------------------------------------------------------------------------ commands


def test_create_assignment_is_a_draft_of_its_coordinator() -> None:
    made = commands.create_assignment(cora(), title="  Fish   shops ", territory="Pomorskie\n00-001 - 05-999")
    assert (made.state, made.title, made.coordinator_id) == ("draft", "Fish shops", cora().id)
    assert made.territory == ["Pomorskie", "00-001 - 05-999"]
    assert made.attributes[0].name == "name"


def test_create_assignment_makes_whoever_orders_the_principal() -> None:
    made = commands.create_assignment(
        petra(), title="Mine", principal=user_of(petra()), coordinator=cora().id
    )
    assert (made.principal_id, made.coordinator_id) == (petra().id, cora().id)


def test_create_assignment_refuses_wrong_values_all_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        commands.create_assignment(cora(), title=" ", territory="05-999 - 00-001", target=-1, policy="never")
    assert set(caught.value.errors) == {"title", "territory", "target", "policy"}


def test_create_assignment_refuses_a_coordinator_who_is_none() -> None:
    with pytest.raises(Invalid) as caught:
        commands.create_assignment(petra(), title="Mine", coordinator=olga().id)
    assert list(caught.value.errors) == ["coordinator"]


def test_edit_assignment_changes_what_is_given() -> None:
    made = an_assignment(is_open=False, is_bound=False)
    commands.edit_assignment(cora(), made, title="New", asked=[{"name": "town", "help": "  As signed "}])
    made.refresh_from_db()
    assert (made.title, made.target) == ("New", 100)
    assert [(one.name, one.is_required, one.help) for one in made.attributes] == [
        ("name", True, ""),
        ("town", False, "As signed"),
    ]


def test_edit_assignment_refuses_a_closed_one() -> None:
    made = an_assignment()
    commands.close_assignment(cora(), made)
    with pytest.raises(Refused):
        commands.edit_assignment(cora(), made, title="Late")


def test_edit_assignment_of_another_principal_is_not_found() -> None:
    with pytest.raises(NotFound):
        commands.edit_assignment(paul(), an_assignment(), title="Theirs")


def test_open_assignment_opens_a_draft_once() -> None:
    made = an_assignment(is_open=False)
    assert commands.open_assignment(cora(), made).opened is not None
    with pytest.raises(Refused):
        commands.open_assignment(cora(), made)


def test_archive_assignment_and_unarchive_assignment_go_there_and_back() -> None:
    made = an_assignment()
    with pytest.raises(Refused):
        commands.archive_assignment(cora(), made)
    commands.close_assignment(cora(), made)
    assert commands.archive_assignment(cora(), made).state == "archived"
    assert commands.unarchive_assignment(cora(), made).state == "closed"
    with pytest.raises(Refused):
        commands.unarchive_assignment(cora(), made)


def test_start_alone_lets_one_person_begin() -> None:
    ada = an_admin()
    made = commands.start_alone(ada, title="All by myself", subject="person")
    assert (made.state, made.policy, made.subject) == ("open", "off", "person")
    assert commands.enter_entry(ada, made, values={"last_name": "Nowak"}).state == "accepted"


def test_start_alone_refuses_a_bad_title() -> None:
    with pytest.raises(Invalid):
        commands.start_alone(an_admin(), title="x" * 121)


# -------------------------------------------------------------------------------------------- the list


def test_assignments_page_asks_the_same_number_of_queries() -> None:
    client, found = a_client(cora()), []
    for rows in (1, 3):
        while Assignment.objects.count() < rows:
            an_entry(an_assignment(), state="accepted")
        found.append(asked_for(client, at("assignments")))
    assert found[0] == found[1]


def test_assignments_page_shows_each_what_they_see() -> None:
    mine, theirs = (
        an_assignment(title="Petras order"),
        an_assignment(title="Pauls order", principal=user_of(paul()), is_bound=False),
    )
    for who, sees in (
        (petra(), (True, False)),
        (paul(), (False, True)),
        (cora(), (True, True)),
        (olga(), (True, False)),
    ):
        shown = page(who, "assignments")
        assert (mine.title in shown, theirs.title in shown) == sees, who.name


def test_assignments_page_counts_what_each_may_follow() -> None:
    made = an_assignment(target=4)
    bound(made, otto())
    for who in (olga(), otto(), otto()):
        an_entry(made, who, state="accepted")
    assert "3 of 4" in page(cora(), "assignments")
    assert "3 of 4" in page(petra(), "assignments")
    assert "1 of 4" in page(sven(), "assignments")
    assert "2 of 4" in page(otto(), "assignments")


def test_assignments_page_narrows_by_tab_and_state() -> None:
    an_assignment(title="Still a draft", is_open=False, is_bound=False)
    done = an_assignment(title="Put away", is_bound=False)
    commands.close_assignment(cora(), done)
    assert "Put away" not in page(cora(), "assignments")
    assert "Put away" in page(cora(), "assignments", tab="all", state="closed")
    commands.archive_assignment(cora(), done)
    assert "Put away" not in page(cora(), "assignments", tab="all")
    assert "Put away" in page(cora(), "assignments", tab="archived")
    assert "Still a draft" in page(cora(), "assignments", q="draft")


# -------------------------------------------------------------------------------------- the record page


def test_assignment_page_asks_the_same_number_of_queries() -> None:
    made = an_assignment()
    an_entry(made)
    client, found = a_client(cora()), [asked_for(a_client(cora()), at("assignment", made.pk))]
    for number in range(2):
        bound(made, an_actor(a_user(roles=("operator",), name=f"Op {number}")))
        commands.create_assignment(cora(), title=f"Part {number}", parent=made)
    first = commands.create_assignment(cora(), title="Part of all", parent=made)
    found.append(asked_for(client, at("assignment", made.pk)))
    commands.create_assignment(cora(), title="Another", parent=made)
    again = asked_for(client, at("assignment", made.pk))
    assert again == found[1], "one more part costs nothing"
    assert found[1] - found[0] <= 2, "the first level of parts, and their figures"
    assert first.title in page(cora(), "assignment", made.pk)


def test_assignment_page_offers_what_the_reader_may_do() -> None:
    made = an_assignment()
    shown = page(cora(), "assignment", made.pk)
    for name in (
        "assignment_edit",
        "assignment_asked",
        "assignment_split",
        "bind",
        "bind_group",
        "assignment_close",
    ):
        assert at(name, made.pk) in shown, name
    supervisors = page(sven(), "assignment", made.pk)
    assert at("bind", made.pk) in supervisors
    assert at("assignment_edit", made.pk) not in supervisors
    assert at("assignment_close", made.pk) not in supervisors
    assert at("close_part", made.pk, olga().id) in supervisors
    assert at("close_part", made.pk, olga().id) not in page(petra(), "assignment", made.pk)


def test_assignment_page_tells_operators_nothing_of_others() -> None:
    made = an_assignment()
    bound(made, otto())
    an_entry(made, otto(), state="accepted")
    for who in (olga(), vera()):
        shown = page(who, "assignment", made.pk)
        assert "Otto Other" not in shown, who.name
        assert 'id="people-h"' not in shown
    assert "Otto Other" not in page(sven(), "assignment", made.pk)
    assert "Otto Other" in page(petra(), "assignment", made.pk)


def test_assignment_page_names_the_whole_only_to_who_sees_it() -> None:
    whole = an_assignment(title="The whole order", is_bound=False)
    part = commands.create_assignment(cora(), title="A part", parent=whole)
    commands.open_assignment(cora(), part)
    bound(part, olga())
    assert whole.title in page(cora(), "assignment", part.pk)
    assert whole.title not in page(olga(), "assignment", part.pk)
    assert part.title in page(petra(), "assignment", whole.pk)


def test_assignment_page_of_another_principal_is_not_found() -> None:
    assert a_client(paul()).get(at("assignment", an_assignment().pk)).status_code == 404


# ------------------------------------------------------------------------------------------ the forms


def test_new_assignment_page_creates_a_draft() -> None:
    given = ordered(area="Mazowieckie", coordinator=str(cora().id), principal=str(petra().id))
    answer = a_client(cora()).post(at("assignment_new"), given)
    made = Assignment.objects.get()
    assert answer.headers["Location"] == at("assignment", made.pk)
    assert (made.territory, made.target) == (["Podlaskie", "Mazowieckie"], 50)
    assert (made.principal_id, made.coordinator_id) == (petra().id, cora().id)


def test_new_assignment_page_of_a_principal_offers_coordinators_alone() -> None:
    cora()
    shown = page(petra(), "assignment_new")
    assert "Cora Coordinator" in shown
    assert 'name="principal"' not in shown
    a_client(petra()).post(at("assignment_new"), ordered(coordinator=str(cora().id)))
    made = Assignment.objects.get()
    assert (made.principal_id, made.coordinator_id) == (petra().id, cora().id)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"target": "many"}, "target"),
        ({"territory": "05-999 - 00-001"}, "territory"),
        ({"percent": "101"}, "percent"),
        ({"policy": "never"}, "policy"),
        ({"deadline": "tomorrow"}, "deadline"),
    ],
)
def test_new_assignment_page_refuses_wrong_input(wrong: dict[str, str], field: str) -> None:
    answer = a_client(cora()).post(at("assignment_new"), ordered(instruction="Kept as typed") | wrong)
    shown = answer.content.decode()
    assert (answer.status_code, "Kept as typed" in shown) == (422, True)
    assert f"id_{field}" in shown.partition('id="errors"')[2].partition("</section>")[0]


def test_edit_assignment_page_keeps_what_nobody_touched() -> None:
    made = an_assignment(territory="Mazowieckie", deadline=clock.today() + timedelta(days=9))
    given = ordered(title="Renamed", territory="Mazowieckie", coordinator=str(cora().id), version="99")
    client = a_client(petra())
    assert client.post(at("assignment_edit", made.pk), given).status_code == 422
    made.refresh_from_db()
    answer = client.post(at("assignment_edit", made.pk), given | {"version": str(made.version)})
    made.refresh_from_db()
    assert (answer.status_code, made.title, made.principal_id) == (302, "Renamed", petra().id)


def test_split_page_makes_a_part_that_asks_for_the_same() -> None:
    made = an_assignment(asked=[{"name": "name"}, {"name": "krs"}])
    a_client(cora()).post(at("assignment_split", made.pk), ordered(title="The north"))
    part = Assignment.objects.get(parent=made)
    assert (part.title, names(part), part.principal_id) == ("The north", ["name", "krs"], petra().id)


def test_alone_page_leads_to_the_first_record() -> None:
    answer = a_client(an_admin()).post(at("alone"), {"title": "On my own", "subject": "company"})
    made = Assignment.objects.get()
    assert answer.headers["Location"] == at("entry_new", made.pk)
    assert a_client(an_admin()).post(at("alone"), {"title": ""}).status_code == 422


@pytest.mark.parametrize("name", ["assignment_open", "assignment_archive", "assignment_unarchive"])
def test_steps_are_taken_by_a_post(name: str) -> None:
    made = an_assignment(is_open=name != "assignment_open", is_bound=False)
    if name != "assignment_open":
        commands.close_assignment(cora(), made)
    if name == "assignment_unarchive":
        commands.archive_assignment(cora(), made)
    client = a_client(cora())
    assert client.get(at(name, made.pk)).status_code == 200
    assert client.post(at(name, made.pk)).status_code == 302
    assert client.post(at(name, made.pk)).status_code == 422


ACTORS: tuple[Callable[[], Actor], ...] = (olga, sven, vera)


@pytest.mark.parametrize("who", ACTORS)
def test_create_assignment_is_closed_to_others(who: Callable[[], Actor]) -> None:
    with pytest.raises(Forbidden):
        commands.create_assignment(who(), title="Not mine to order")
    assert a_client(who()).get(at("assignment_new")).status_code == 403
