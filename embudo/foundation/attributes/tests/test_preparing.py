from typing import Any

import pytest
from django.db import connection
from django.test import Client

from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_client, an_admin, ann
from embudo.foundation.attributes import commands, queries
from embudo.foundation.attributes.models import Preparation, PreparedList
from embudo.foundation.attributes.reactions import PREPARER, prepare_list_job
from embudo.foundation.attributes.rules import Condition, Group
from embudo.foundation.attributes.rules.operators import CONTAINS, IS
from embudo.foundation.attributes.rules.preparing import Part, key_of, parts_for
from embudo.foundation.attributes.tests.builders import LEAD, a_list_attribute, an_attribute
from embudo.foundation.ui.pages import lists
from embudo.kernel.errors import Forbidden, Refused
from embudo.kernel.keyset import order_of

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900000000) SELECT count(*) FROM c"
SORT = "-company_name,name"
PARTS = (Part("company_name", is_descending=True), Part("name"))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting takes the database minutes."""

    def count(_queryset: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(SLOW)
            return cursor.fetchone()[0], False

    monkeypatch.setattr(lists, "capped_count", count)
    monkeypatch.setattr(lists, "PATIENCE", 0.05)


def shown(client: Client, **given: str) -> str:
    response = client.get("/leads/", given)
    assert response.status_code == 200
    return response.content.decode()


# -- which index


def test_index_holds_what_the_filter_fixes_and_then_the_order() -> None:
    city, tier = a_list_attribute("choice", "status"), a_list_attribute("text", "name")
    node = Group(True, (Condition(city, IS, "new"), Condition(tier, CONTAINS, "x")))
    assert key_of(parts_for(node, "-created,name") or ()) == "status,-created,name"


def test_an_order_by_another_table_has_no_index() -> None:
    assert parts_for(None, "company__name") is None


def test_any_of_two_conditions_fixes_nothing() -> None:
    one = Condition(a_list_attribute("choice", "status"), IS, "new")
    assert key_of(parts_for(Group(False, (one, one)), "name") or ()) == "name"


# -- the list


@pytest.mark.django_db(transaction=True)
def test_list_that_takes_too_long_offers_to_be_prepared_and_opens_when_it_is(
    slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = a_client(an_admin())
    html = shown(client, sort=SORT)
    assert "This list takes too long" in html
    assert 'id="prepare"' in html
    url = f"/lists/sales:leads/prepare/?sort={SORT}"
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 302
    prepared = PreparedList.objects.get()
    assert prepared.parts == [one.plain for one in PARTS]
    assert "This list is being prepared" in shown(client, sort=SORT)
    waiting = f"/prepared/{prepared.pk}/"
    assert "HX-Refresh" not in client.get(waiting).headers
    assert prepare_list_job.func(str(prepared.pk)) is True
    assert client.get(waiting)["HX-Refresh"] == "true"
    still = shown(client, sort=SORT)
    assert "Use more filters, or another order." in still
    assert 'id="prepare"' not in still
    monkeypatch.undo()
    assert "This list takes too long" not in shown(client, sort=SORT)
    assert "Company ↓" in client.get("/settings/prepared-lists/").content.decode()
    assert client.post(f"/settings/prepared-lists/{prepared.pk}/remove/").status_code == 302
    assert not _indexes(prepared.index_name)


@pytest.mark.django_db(transaction=True)
def test_list_part_says_so_too_and_who_may_not_prepare_is_told_whom_to_ask(slow: None) -> None:
    client = a_client(ann())
    response = client.get("/leads/", {"sort": SORT}, headers={"HX-Request": "true", "HX-Target": "results"})
    html = response.content.decode()
    assert "ask a manager to prepare it" in html
    assert 'id="prepare"' not in html
    assert client.post(f"/lists/sales:leads/prepare/?sort={SORT}").status_code == 403


def _indexes(name: str) -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s", [name])
        else:
            cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [name])
        return cursor.fetchone() is not None


# -- the commands


@pytest.mark.django_db
def test_prepare_list_makes_the_index_that_the_list_is_read_by() -> None:
    an_attribute("choice", "Tier", choices="gold = Gold")
    parts = (Part("custom_tier"), Part("company_name", is_descending=True))
    prepared = commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=parts)
    assert commands.prepare_list(an_admin(), list_key="x", kind=LEAD, parts=parts) == prepared
    assert commands.build(prepared)
    assert commands.build(prepared)  # a second time finds it there
    assert _indexes(prepared.index_name)
    gold = Condition(queries.list_attributes(an_admin(), Lead)["custom_tier"], IS, "gold")
    found = Lead.objects.filter(queries.condition_of(gold, an_admin()))
    ordered = found.order_by(*order_of(found, "-company_name").expressions(reverse=False))
    if connection.vendor == "sqlite":  # PostgreSQL reads so few rows without an index
        assert prepared.index_name in ordered.explain()
        assert "TEMP B-TREE" not in ordered.explain()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "parts",
    [(), (Part("nonsense"),), (Part("custom_nonsense"),), (Part("company__name"),), (Part("id; DROP"),)],
)
def test_prepare_list_refuses_what_no_index_can_be_made_of(parts: tuple[Part, ...]) -> None:
    with pytest.raises(Refused, match="No index helps"):
        commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=parts)


@pytest.mark.django_db
def test_prepare_list_refuses_too_many_and_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.foundation.attributes.commands.preparing.MOST_PREPARED", 1)
    commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS)
    with pytest.raises(Refused, match="prepared already"):
        commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS[:1])
    with pytest.raises(Forbidden):
        commands.prepare_list(ann(), list_key="sales:leads", kind=LEAD, parts=PARTS)


@pytest.mark.django_db
def test_end_preparation_notes_a_failure_which_can_be_tried_again() -> None:
    prepared = commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS)
    commands.end_preparation(PREPARER, prepared, is_ready=False)
    assert PreparedList.objects.get().state == Preparation.FAILED
    again = commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS)
    assert (again.pk, again.state) == (prepared.pk, Preparation.WAITING)


@pytest.mark.django_db
def test_remove_prepared_takes_the_index_away() -> None:
    prepared = commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS)
    commands.build(prepared)
    commands.remove_prepared(an_admin(), prepared)
    assert not _indexes(prepared.index_name)
    assert not PreparedList.objects.exists()


@pytest.mark.django_db
def test_indexes_that_are_missing_are_made_again() -> None:
    prepared = commands.prepare_list(an_admin(), list_key="sales:leads", kind=LEAD, parts=PARTS)
    commands.end_preparation(PREPARER, prepared, is_ready=True)
    commands.index_attributes()
    assert _indexes(prepared.index_name)
