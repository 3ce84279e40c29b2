import json
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Entry, SecondEntry
from embudo.business.intake.tests.builders import (
    NIPS,
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
from embudo.foundation.access.tests.builders import a_client, a_user, an_actor, user_of
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Refused

pytestmark = pytest.mark.django_db
ASKED = [
    {"name": "name", "is_required": True},
    {"name": "tax_id", "is_double": True},
    {"name": "phone", "is_double": True},
    {"name": "town"},
]
FIRST = {"tax_id": NIPS[0], "phone": "+48583012214"}


def doubled(**values: Any) -> Assignment:
    assignment = an_assignment(asked=ASKED, **values)
    bound(assignment, otto())
    return assignment


def waiting(assignment: Assignment, **values: Any) -> Entry:
    return an_entry(assignment, state="handed_in", **(FIRST | values))


def at(assignment: Assignment) -> str:
    return reverse("intake:second", args=[assignment.pk])


def begun(who: Actor, assignment: Assignment) -> str:
    answer = a_client(who).post(at(assignment), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_second_page_gives_the_next_record_without_the_first_values() -> None:
    assignment = doubled()
    entry = waiting(assignment, name="Masarnia Hel", town="Hel")
    assert "1 record waits for a second entry" in a_client(otto()).get(at(assignment)).content.decode()
    text = begun(otto(), assignment)
    assert "Masarnia Hel" in text
    assert 'name="tax_id"' in text
    assert 'name="phone"' in text
    assert 'name="town"' not in text
    for value in (entry.tax_id, entry.phone, "301 22 14", "583012214"):
        assert value not in text


def test_second_page_goes_on_to_the_next_and_does_not_say_what_differed() -> None:
    said = []
    for typed in (FIRST, {"tax_id": NIPS[1], "phone": "+48583012214"}):
        assignment = doubled()
        entry, _next = waiting(assignment), waiting(assignment, tax_id=NIPS[5])
        begun(otto(), assignment)
        answer = a_client(otto()).post(at(assignment), {"entry": str(entry.pk), **typed}, follow=True)
        said.append([str(one) for one in answer.context["messages"]] if answer.context else [])
        text = answer.content.decode()
        assert "Saved. Here is the next record." in text
        assert entry.tax_id not in text
        entry.refresh_from_db()
        assert entry.second == ("same" if typed is FIRST else "different")
    assert said[0] == said[1]


@pytest.mark.parametrize("who", [olga, otto, sven, cora, petra, vera])
def test_waiting_seconds_are_those_that_the_slow_way_finds(who: Any) -> None:
    """What somebody sees already they are not asked for, whatever they are bound as."""
    assignment = doubled()
    bound(
        assignment,
        a_supervised := an_actor(a_user(roles=("operator",), name="Oskar")),
        supervisor=user_of(sven()),
    )
    waiting(assignment)
    an_entry(assignment, otto(), state="handed_in", tax_id=NIPS[1])
    an_entry(assignment, a_supervised, state="handed_in", tax_id=NIPS[2])
    actor = who()
    seen = Entry.objects.visible_to(actor).filter(assignment=assignment)
    slow = Entry.objects.filter(assignment=assignment, second="wanted").exclude(owner=actor.id)
    assert slow.count() >= 2
    assert queries.waiting_seconds(actor, assignment) == slow.exclude(pk__in=seen.values("pk")).count()


def test_second_page_says_when_nothing_waits() -> None:
    assignment = doubled()
    assert "Nothing waits for a second entry" in a_client(otto()).get(at(assignment)).content.decode()
    entry = waiting(assignment)
    begun(otto(), assignment)
    answer = a_client(otto()).post(at(assignment), {"entry": str(entry.pk), **FIRST}, follow=True)
    assert "Saved. Nothing else waits for a second entry." in answer.content.decode()


def test_second_page_gives_nobody_their_own() -> None:
    assignment = doubled()
    waiting(assignment)
    assert "Nothing waits for a second entry" in begun(olga(), assignment)


def test_second_page_keeps_what_was_typed_wrongly() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    begun(otto(), assignment)
    typed = {"entry": str(entry.pk), "tax_id": "123", "phone": "nobody's"}
    answer = a_client(otto()).post(at(assignment), typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="nobody&#x27;s"' in text
    assert 'id="id_phone_error"' in text
    assert not SecondEntry.objects.exclude(done=None).exists()


def test_second_page_tells_that_somebody_else_took_it_over() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    begun(otto(), assignment)
    SecondEntry.objects.update(author=user_of(sven()))
    answer = a_client(otto()).post(at(assignment), {"entry": str(entry.pk), **FIRST}, follow=True)
    assert "somebody else took it over" in answer.content.decode()


def test_second_page_tells_that_the_part_is_closed() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    begun(otto(), assignment)
    commands.close_part(cora(), assignment, person_id=user_of(otto()).pk)
    answer = a_client(otto()).post(at(assignment), {"entry": str(entry.pk), **FIRST})
    assert (answer.status_code, "closed" in answer.content.decode()) == (422, True)
    assert "closed" in a_client(otto()).get(at(assignment)).content.decode()


def test_second_page_is_for_operators_of_the_assignment() -> None:
    assignment = an_assignment(asked=ASKED)
    assert a_client(otto()).get(at(assignment)).status_code == 404
    assert a_client(vera()).get(at(assignment)).status_code == 403


def test_entry_is_nowhere_shown_to_who_enters_it_again() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    begun(otto(), assignment)
    client = a_client(otto())
    for name in ("entry", "entry_thread", "entry_withdraw", "entry_correct", "verify"):
        assert client.get(reverse(f"intake:{name}", args=[entry.pk])).status_code in (403, 404)
    listed = client.get(reverse("intake:entries"), {"assignment": str(assignment.pk)}).content.decode()
    assert entry.name not in listed


def test_entry_page_hides_first_values_from_who_may_be_asked_for_them() -> None:
    """A supervisor who enters as well sees the entry, but not what they may be asked to enter again."""
    assignment = doubled()
    bound(assignment, sven(), "operator")
    entry = waiting(assignment)
    text = a_client(sven()).get(reverse("intake:entry", args=[entry.pk])).content.decode()
    assert entry.tax_id not in text
    assert "you may be asked to enter it a second time" in text


def test_entry_page_shows_differences_to_who_verifies_or_decides() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    begun(otto(), assignment)
    typed = {"entry": str(entry.pk), "tax_id": NIPS[1], "phone": "+48583012214"}
    a_client(otto()).post(at(assignment), typed)
    address = reverse("intake:entry", args=[entry.pk])
    shown = {
        who: NIPS[1] in a_client(who()).get(address).content.decode()
        for who in (vera, sven, cora, olga, petra)
    }
    assert shown == {vera: True, sven: True, cora: True, olga: False, petra: False}


def test_claim_second_gives_no_entry_that_was_withdrawn() -> None:
    assignment = doubled()
    entry = waiting(assignment)
    assert commands.claim_second(otto(), assignment) == entry.pk
    commands.withdraw_entry(olga(), entry)
    with pytest.raises(Refused):
        commands.enter_second(otto(), assignment, entry_id=entry.pk, values=FIRST)
    entry.refresh_from_db()
    assert entry.state == "withdrawn"
    assert commands.claim_second(otto(), assignment) is None
    assert queries.waiting_seconds(otto(), assignment) == 0


def leader() -> tuple[Actor, Entry]:
    """Lea leads Olga, and enters herself: Olga's records she sees, but not what she may be asked to enter again."""
    assignment = an_assignment(asked=ASKED, is_bound=False)
    lea = an_actor(a_user(roles=("operator", "supervisor"), name="Lea Leader", email="lea@example.com"))
    bound(assignment, lea, "supervisor")
    bound(assignment, lea)
    bound(assignment, olga(), supervisor=user_of(lea))
    return lea, waiting(assignment, name="Masarnia Hel", town="Hel")


@pytest.mark.parametrize(
    "given",
    [
        {"q": "583012214"},
        {"q": "Masarnia"},
        {"filter": "phone"},
        {"sort": "tax_id"},
        {"columns": "name,phone"},
        {"group": "tax_id"},
        {"export": "csv", "columns": "name,tax_id"},
    ],
    ids=str,
)
def test_list_of_entries_tells_no_value_that_one_shall_enter_unseen(given: dict[str, str]) -> None:
    who, entry = leader()
    asked = {**given, "filter": list_filter("phone", FIRST["phone"])} if "filter" in given else given
    for narrowed in ({}, {"assignment": str(entry.assignment_id)}):
        if "export" not in asked:  # whose sight it is otherwise
            assert "Masarnia Hel" in listed(who, narrowed)
            assert "Masarnia Hel" in listed(cora(), {**asked, **narrowed})
        text = listed(who, {**asked, **narrowed})
        assert "Masarnia Hel" not in text
        assert "filter" in given or not any(value in text for value in (*FIRST.values(), "58 301 22 14"))


def list_filter(name: str, value: str) -> str:
    return json.dumps({"and": [{"attribute": name, "op": "is", "value": value}]})


def listed(who: Actor, given: dict[str, str]) -> str:
    answer: Any = a_client(who).get("/entries/", given)
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(text.decode()).replace(str(given), "")


def test_entries_for_programs_are_not_found_by_what_one_shall_enter_unseen() -> None:
    who, entry = leader()
    assert call(who, "GET", "/entries")[1]["items"][0]["id"] == str(entry.pk)
    for query in ("q=583012214", "q=Masarnia", f"filter={quote(list_filter('phone', FIRST['phone']))}"):
        assert call(cora(), "GET", f"/entries?{query}")[1]["items"] != []
        assert call(who, "GET", f"/entries?{query}")[1]["items"] == []
    begun(who, entry.assignment)
