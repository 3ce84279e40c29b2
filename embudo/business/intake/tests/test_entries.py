import json
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Entry
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    brought,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
    viktor,
)
from embudo.foundation.access.tests.builders import a_client, an_admin, cat, tester, user_of
from embudo.foundation.attributes import commands as attributes
from embudo.foundation.attributes.models import CustomAttribute
from embudo.kernel.actor import Actor
from embudo.kernel.custom import drop_index
from embudo.kernel.keyset import keyset_page

pytestmark = pytest.mark.django_db
ASKED = [{"name": "name"}, {"name": "tax_id"}, {"name": "town"}, {"name": "custom_meat"}]


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def page(who: Actor, address: str, **given: Any) -> str:
    answer = a_client(who).get(address, given)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def a_meat_attribute() -> CustomAttribute:
    change = attributes.AttributeChange(label="Meat", choices="beef\npork", labels={"pl": "Mięso"})
    return attributes.define_attribute(
        tester(), kind="intake.entry", type="choice", change=change, key="meat"
    )


# ---------------------------------------------------------------------------------------------- list


@pytest.mark.parametrize("who", [olga, sven, cora, vera, petra])
@pytest.mark.parametrize("rows", [1, 3])
def test_entries_page_asks_the_same_number_of_queries(
    rows: int, who: Any, django_assert_max_num_queries: Any
) -> None:
    assignment = an_assignment()
    for _ in range(rows):
        an_entry(assignment, state="handed_in")
    client = a_client(who())
    address = at("entries")
    client.get(address, {"assignment": str(assignment.pk)})
    with django_assert_max_num_queries(16):
        client.get(address, {"assignment": str(assignment.pk)})
    with django_assert_max_num_queries(16):
        client.get(address)


def test_entries_page_shows_each_what_they_may_see() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    mine, others = an_entry(assignment, name="Olga Meat"), an_entry(assignment, otto(), name="Otto Meat")
    commands.hand_in_entry(otto(), others)
    seen = {
        who: ["Olga Meat" in text, "Otto Meat" in text]
        for who in (olga, otto, sven, cora, petra, vera, paul, viktor)
        for text in [page(who(), at("entries"))]
    }
    assert seen == {
        olga: [True, False],
        otto: [False, True],
        sven: [True, False],  # Otto reports to nobody
        cora: [True, True],
        petra: [True, True],
        vera: [False, True],
        paul: [False, False],
        viktor: [False, False],
    }
    assert mine.state == "entered"


@pytest.mark.parametrize("who", [olga, otto, sven, cora, petra, paul, vera, viktor, an_admin, cat])
def test_entries_of_an_assignment_are_those_the_slow_way_finds(who: Any) -> None:
    """The fast condition and `visible_to` say the same for everybody."""
    assignment, other = an_assignment(), an_assignment(principal=user_of(paul()))
    for each in (assignment, other):
        bound(each, otto(), supervisor=user_of(sven()) if each is other else None)
        an_entry(each)
        an_entry(each, otto(), state="handed_in")
        an_entry(each, state="rejected")
    actor = who()
    for each in (assignment, other):
        slow = Entry.objects.visible_to(actor).filter(assignment=each)
        fast = queries.entries(actor, assignment=each.pk)
        assert {one.pk for one in fast} == {one.pk for one in slow}


def test_entries_of_an_assignment_need_no_other_table() -> None:
    assignment = an_assignment()
    bound(assignment, otto(), supervisor=user_of(sven()))
    for who in (olga, sven, cora, petra, vera):
        sql = str(queries.entries(who(), assignment=assignment.pk).query)
        assert "intake_binding" not in sql
        assert "intake_assignment" not in sql


def test_entries_page_shows_operators_first_what_came_back() -> None:
    assignment = an_assignment()
    an_entry(assignment, name="Came Back", state="rejected")
    an_entry(assignment, name="Quite New")
    text = page(olga(), at("entries"), assignment=str(assignment.pk))
    assert text.index("Came Back") < text.index("Quite New")
    text = page(olga(), at("entries"), assignment=str(assignment.pk), sort="created")
    assert text.index("Came Back") < text.index("Quite New")
    text = page(cora(), at("entries"), assignment=str(assignment.pk))
    assert text.index("Quite New") < text.index("Came Back")


def test_entries_page_pages_through_what_came_back() -> None:
    assignment = an_assignment()
    for number in range(30):
        an_entry(assignment, name=f"Number {number:02}", state="rejected" if number % 10 == 0 else "entered")
    client, found = a_client(olga()), []
    address = f"{at('entries')}?assignment={assignment.pk}&size=25"
    for _ in range(2):
        text = client.get(address).content.decode()
        found += [f"{n:02}" for n in range(30) if f"Number {n:02}<" in text]
        after = text.partition("after=")[2].partition('"')[0]
        address = f"{at('entries')}?assignment={assignment.pk}&size=25&after={after.replace('&amp;', '&')}"
    assert sorted(found) == [f"{n:02}" for n in range(30)]


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_pages_with_what_came_back_first_are_those_of_one_order(size: int) -> None:
    """Read in two parts and as one, forwards and backwards, the pages are the same; so are their cursors."""
    assignment = an_assignment()
    for number in range(8):
        an_entry(assignment, state="rejected" if number in (0, 3, 4) else "entered")
    found = queries.with_returned(queries.entries_of(olga(), assignment.pk))
    places: dict[str, str] = {"after": "", "before": ""}
    for way in ("after", "before"):
        while True:
            fast = queries.page_of_returned_first(found, size=size, fields=("state", "name"), **places)
            slow = keyset_page(
                found, sort=queries.RETURNED_FIRST, size=size, fields=("state", "name"), **places
            )
            assert [one["pk"] for one in fast.rows] == [one["pk"] for one in slow.rows]
            assert (fast.next, fast.previous) == (slow.next, slow.previous)
            further = fast.next if way == "after" else fast.previous
            if not further:
                break
            places = {"after": "", "before": "", way: further}
        if not fast.previous:
            break
        places = {"after": "", "before": fast.previous}


def test_custom_values_of_entries_are_found_by_owner() -> None:
    made = a_meat_attribute()
    assert attributes.make_index_of(made)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Entry._meta.db_table)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT 1 FROM pg_statistic_ext WHERE stxname = 'custom_intake_entry_meat'")
            assert cursor.fetchone()
    assert {"created", "id", "assignment_id", "state"} <= set(found["led_intake_entry_meat"]["columns"])
    drop_index(Entry, "meat")
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Entry._meta.db_table)
    assert not [name for name in found if name.endswith("_meat")]


def test_entries_page_filters_by_state_assignment_and_operator() -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    an_entry(assignment, name="Fresh One")
    an_entry(assignment, otto(), name="Handed One", state="handed_in")
    an_entry(name="Elsewhere")

    def shown(**given: Any) -> list[bool]:
        text = page(cora(), at("entries"), **given)
        return [name in text for name in ("Fresh One", "Handed One", "Elsewhere")]

    assert shown(state="entered") == [True, False, True]
    assert shown(assignment=str(assignment.pk)) == [True, True, False]
    assert shown(owner=str(otto().id)) == [False, True, False]
    assert shown(assignment="nonsense") == [True, True, True]
    assert 'name="owner"' not in page(olga(), at("entries"))


def test_entries_page_filters_by_a_custom_attribute() -> None:
    a_meat_attribute()
    assignment = an_assignment(asked=ASKED)
    for name, meat in (("Beef House", "beef"), ("Pork House", "pork")):
        commands.enter_entry(olga(), assignment, values={"name": name}, custom={"meat": meat})
    tree = {"attribute": "custom_meat", "op": "is", "value": "beef"}
    text = page(
        cora(),
        at("entries"),
        assignment=str(assignment.pk),
        filter=json.dumps(tree),
        columns="name,custom_meat",
    )
    assert ("Beef House" in text, "Pork House" in text) == (True, False)


def test_entries_page_finds_without_accents() -> None:
    assignment = an_assignment()
    an_entry(assignment, name="Żółta Masarnia")
    an_entry(assignment, name="Another One")
    text = page(olga(), at("entries"), q="zolta")
    assert ("Żółta Masarnia" in text, "Another One" in text) == (True, False)


def test_entries_page_is_written_to_a_file() -> None:
    entry = an_entry(name="In A File")
    answer = a_client(cora()).get(at("entries"), {"export": "csv"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "In A File" in text
    assert entry.assignment.title in text


# ---------------------------------------------------------------------------------------------- sight


@pytest.mark.parametrize(
    "name", ["entry", "entry_hand_in", "entry_withdraw", "entry_dispute", "entry_thread"]
)
def test_entry_of_another_operator_is_not_found(name: str) -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    entry = an_entry(assignment)
    client = a_client(otto())
    assert client.get(at(name, entry.pk)).status_code == 404
    assert client.post(at("entry_message", entry.pk), {"text": "Hello"}).status_code == 404


def test_entry_of_another_principal_is_not_found() -> None:
    entry = an_entry(state="accepted")
    assert a_client(petra()).get(at("entry", entry.pk)).status_code == 200
    assert a_client(paul()).get(at("entry", entry.pk)).status_code == 404
    assert entry.name not in page(paul(), at("entries"))


def test_entry_is_shown_to_verifiers_from_the_day_it_is_handed_in() -> None:
    assignment = an_assignment()
    entry = an_entry(assignment)
    assert a_client(vera()).get(at("entry", entry.pk)).status_code == 404
    brought(entry, olga(), "handed_in")
    assert a_client(vera()).get(at("entry", entry.pk)).status_code == 200
    assert a_client(viktor()).get(at("entry", entry.pk)).status_code == 404


def test_entry_pages_are_closed_without_a_grant() -> None:
    entry, client = an_entry(), a_client(cat())
    for name in ("entry", "entry_thread", "entry_hand_in", "entry_decide"):
        assert client.get(at(name, entry.pk)).status_code == 403
    assert client.get(at("entries")).status_code == 403


@pytest.mark.parametrize("are_many", [True, False])
@pytest.mark.parametrize("who", [olga, sven, cora, petra, paul, vera, viktor, cat])
def test_entries_seen_are_those_the_slow_way_finds(
    who: Any, are_many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = an_assignment()
    bound(assignment, otto())
    an_entry(assignment)
    an_entry(assignment, otto(), state="handed_in")
    monkeypatch.setattr("embudo.business.intake.queries.sight.capped_count", lambda _found: (0, are_many))
    actor = who()
    slow = Entry.objects.visible_to(actor).values_list("pk", flat=True)
    assert set(queries.entries_seen(actor).values_list("pk", flat=True)) == set(slow)
