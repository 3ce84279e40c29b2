"""Entries that wait for a second entry which nobody is there to give."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Binding, Entry, Message
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    petra,
    sven,
    vera,
)
from embudo.business.intake.tests.calling import call
from embudo.foundation.access.tests.builders import a_client, an_admin, user_of
from embudo.foundation.notify.models import Notification
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
ASKED = [{"name": "name"}, {"name": "tax_id", "is_double": True}, {"name": "town"}]


def lacking(assignment: Assignment) -> int:
    found = queries.lacking_seconds([assignment]).get(assignment.pk)
    return found.entries if found else 0


def alone(**values: Any) -> Assignment:
    """Olga is the only operator."""
    assignment = an_assignment(asked=ASKED, **values)
    an_entry(assignment, state="handed_in")
    return assignment


def news() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(kind="intake.second_lacking")
    return sorted(rows.values_list("user__name", "title"))


def page(name: str, who: Any, *args: Any) -> str:
    return a_client(who).get(reverse(f"intake:{name}", args=args)).content.decode()


def test_lacking_seconds_are_those_that_nobody_else_may_enter() -> None:
    assignment = alone()
    assert lacking(assignment) == 1
    part = bound(assignment, otto())
    assert lacking(assignment) == 0
    an_entry(assignment, otto(), state="handed_in")
    Binding.objects.filter(assignment=assignment, person=olga().id).update(closed=part.created)
    # Otto may enter Olga's again, and nobody his
    assert lacking(assignment) == 1


@pytest.mark.parametrize("who", ["coordinator", "supervisor", "administrator", "verifier"])
def test_lacking_seconds_count_nobody_who_can_look_the_first_up(who: str) -> None:
    assignment = alone()
    actor = {"coordinator": cora, "supervisor": sven, "administrator": an_admin, "verifier": vera}[who]()
    bound(assignment, actor)
    assert lacking(assignment) == 1


def test_lacking_seconds_ask_nothing_where_nothing_is_entered_twice() -> None:
    assignment = an_assignment()
    an_entry(assignment, state="handed_in")
    with CaptureQueriesContext(connection) as found:
        assert lacking(assignment) == 0
    assert len(found) == 0


def test_leaders_are_told_once_that_nobody_is_there() -> None:
    assignment = alone(title="Dairies")
    drain()
    title = "Nobody is there to give the second entries: Dairies"
    assert news() == [("Cora Coordinator", title), ("Sven Supervisor", title)]
    Notification.objects.update(read=assignment.created)
    an_entry(assignment, state="handed_in")
    drain()
    assert len(news()) == 2


def test_leaders_are_told_when_the_last_one_who_could_goes() -> None:
    assignment = an_assignment(asked=ASKED)
    part = bound(assignment, otto())
    an_entry(assignment, state="handed_in")
    drain()
    assert news() == []
    commands.unbind_person(cora(), part)
    drain()
    assert len(news()) == 2


def test_queue_and_assignment_say_what_waits_in_vain() -> None:
    assignment = alone()
    said = "1 entry waits for a second entry, and nobody is there to give it"
    assert said in page("queue", vera())
    for who, may_waive in ((cora(), True), (sven(), False), (petra(), False)):
        html = page("assignment", who, assignment.pk)
        assert said in html
        assert (reverse("intake:waive_second", args=[assignment.pk]) in html) is may_waive
        assert reverse("intake:bind", args=[assignment.pk]) in html
    assert said not in page("assignment", olga(), assignment.pk)
    bound(assignment, otto())
    assert said not in page("queue", vera()) + page("assignment", cora(), assignment.pk)


def test_waive_second_lets_entries_go_on_for_a_reason() -> None:
    assignment = alone()
    entry = Entry.objects.get()
    at = reverse("intake:waive_second", args=[assignment.pk])
    client = a_client(cora())
    assert "1 entry goes on" in client.get(at).content.decode()
    answer = client.post(at, {"reason": ""})
    assert (answer.status_code, "Say why they go on" in answer.content.decode()) == (422, True)
    answer = client.post(at, {"reason": "Otto is ill."}, follow=True)
    assert "1 entry went on." in answer.content.decode()
    entry.refresh_from_db()
    assert (entry.second, entry.state) == ("waived", "handed_in")
    assert Message.objects.get(entry=entry).text == "Otto is ill."
    assert queries.next_to_verify(vera()) == entry
    assert commands.claim_next(vera()) == entry


def test_waive_second_accepts_what_was_not_drawn() -> None:
    assignment = alone(policy="sample", percent=0)
    entry = Entry.objects.get()
    assert entry.state == "handed_in"
    assert commands.waive_second(cora(), assignment, reason="Otto is ill.") == 1
    entry.refresh_from_db()
    assert (entry.state, entry.company is not None) == ("accepted", True)
    assert queries.counts(assignment).accepted == 1


def test_waive_second_refuses_what_somebody_can_enter_and_no_reason() -> None:
    assignment = alone()
    with pytest.raises(Invalid):
        commands.waive_second(cora(), assignment, reason=" ")
    with pytest.raises(Forbidden):
        commands.waive_second(sven(), assignment, reason="Otto is ill.")
    bound(assignment, otto())
    with pytest.raises(Refused):
        commands.waive_second(cora(), assignment, reason="Otto is ill.")
    assert Entry.objects.get().second == "wanted"
    assert user_of(cora()) == assignment.coordinator


def test_waive_second_by_a_program() -> None:
    assignment = alone()
    path, given = f"/assignments/{assignment.pk}/waive-second", {"reason": "Otto is ill."}
    assert call(sven(), "POST", path, given)[0] == 403
    assert call(cora(), "POST", path, given) == (200, {"went_on": 1})
    assert call(cora(), "POST", path, given)[0] == 409
