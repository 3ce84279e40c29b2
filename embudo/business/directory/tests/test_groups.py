from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from embudo.business.directory import commands, queries
from embudo.business.directory.tests.builders import a_company, a_group, a_person
from embudo.foundation.access.tests.builders import a_client, ann
from embudo.kernel.errors import Invalid, Refused, Stale

pytestmark = pytest.mark.django_db


# --- affiliations ---


def test_change_affiliation_mends_role_and_days() -> None:
    link = commands.link_person_to_company(ann(), a_person(), company=a_company(), role="Buyer")
    changed = commands.change_affiliation(ann(), link, role="Boss", since=date(2020, 1, 1), version=1)
    assert (changed.role, changed.since, changed.until) == ("Boss", date(2020, 1, 1), None)
    with pytest.raises(Stale):
        commands.change_affiliation(ann(), link, role="Buyer", version=1)
    with pytest.raises(Invalid) as fault:
        commands.change_affiliation(ann(), link, until=date(2019, 1, 1))
    assert list(fault.value.errors) == ["until"]


def test_change_affiliation_ends_and_reopens() -> None:
    first, second, person = a_company("First"), a_company("Second"), a_person()
    old = commands.link_person_to_company(ann(), person, company=first)
    commands.link_person_to_company(ann(), person, company=second)
    commands.change_affiliation(ann(), old, until=date(2021, 1, 1))
    assert queries.person(ann(), person.pk).company == second
    commands.change_affiliation(ann(), old, until=None)
    assert queries.person(ann(), person.pk).company == first
    commands.end_affiliation(ann(), old)
    commands.link_person_to_company(ann(), person, company=first)
    with pytest.raises(Refused) as refusal:
        commands.change_affiliation(ann(), old, until=None)
    assert refusal.value.code == "directory.already_linked"


# --- groups ---


def names(members: list[queries.GroupMember]) -> list[Any]:
    return [(one.name, names(one.members)) if one.members else one.name for one in members]


def test_group_is_a_tree_seen_from_anywhere() -> None:
    top, middle, bottom = a_group()
    a_company("Aside", parent=top)
    a_company("Stranger")
    for company in (top, middle, bottom):
        found = queries.group_of(ann(), company)
        assert names(found) == [("Top", ["Aside", ("Middle", ["Bottom"])])]


def test_group_asks_three_statements_whatever_its_size() -> None:
    top, _middle, bottom = a_group()
    for number in range(5):
        a_company(f"Leaf {number}", parent=bottom)
    actor = ann()
    with CaptureQueriesContext(connection) as asked:
        queries.group_of(actor, top)
    assert len(asked) == 3


def test_change_company_refuses_circles_of_any_length() -> None:
    top, middle, bottom = a_group()
    for above in (top, middle, bottom):
        with pytest.raises(Invalid) as fault:
            commands.change_company(ann(), top, parent=above)
        assert list(fault.value.errors) == ["parent"]
    assert commands.change_company(ann(), bottom, parent=top).parent == top


def test_change_company_refuses_a_group_that_is_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.business.directory.rules.MOST_LEVELS", 3)
    _top, _middle, bottom = a_group()
    with pytest.raises(Invalid):
        commands.change_company(ann(), a_company("Deeper"), parent=bottom)


def test_group_panel_shows_the_tree_and_where_one_is() -> None:
    top, middle, _bottom = a_group()
    client = a_client(ann())
    shown = client.get(f"/companies/{middle.pk}/group/").content.decode()
    assert f'href="/companies/{top.pk}/"' in shown
    assert '<strong aria-current="page">Middle</strong>' in shown
    alone = a_company("Alone")
    assert "It belongs to no group." in client.get(f"/companies/{alone.pk}/group/").content.decode()
