"""The list as a board and as a calendar."""

import json
import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.business.sales.tests.builders import an_opportunity
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, user_of
from embudo.foundation.activity.models import Task
from embudo.foundation.activity.tests.builders import a_meeting, a_task
from embudo.foundation.attributes.models import SavedView
from embudo.foundation.attributes.queries import faces
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
LEADS, TASKS = "/leads/", "/tasks/"
MOVE = "/lists/sales:leads/move/"
BOARD = {"face": "board", "by": "custom_tier"}
DUE = {"face": "calendar", "by": "due", "tab": "all"}
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def a_lead(actor: Actor, name: str, **custom: Any) -> Lead:
    return sales.submit_lead(actor, name=name, owner=user_of(actor), custom=custom)


def page(client: Client, url: str = LEADS, **given: str) -> str:
    response = client.get(url, given)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def lanes(html: str) -> dict[str, tuple[str, str, list[str]]]:
    """Of each column its count, its sum and its cards."""
    found = {}
    for key, rest in re.findall(r'<section class="lane" id="lane-([^"]+)"(.*?)</section>', html, re.DOTALL):
        count = re.search(r"data-count>([^<]*)<", rest)[1]  # type: ignore[index]
        total = re.search(r"data-total>([^<]*)<", rest)[1]  # type: ignore[index]
        found[key] = (count, total, re.findall(r"<h3><a [^>]*>([^<]+)</a>", rest))
    return found


@pytest.fixture
def client() -> Client:
    an_attribute("choice", "Tier", choices="gold = Gold\nsilver = Silver\niron = Iron")
    an_attribute("number", "Seats")
    actor = ann()
    a_lead(actor, "Abe", tier="gold", seats=10)
    a_lead(actor, "Ben", tier="gold", seats=2)
    a_lead(actor, "Cleo", tier="silver", seats=7)
    a_lead(actor, "Dora")
    return a_client(actor)


# -- the board


def test_board_has_a_column_for_each_choice_with_counts_and_sums(client: Client) -> None:
    html = page(client, **BOARD, total="custom_seats")
    assert lanes(html) == {
        "gold": ("2", "12", ["Ben", "Abe"]),
        "silver": ("1", "7", ["Cleo"]),
        "iron": ("0", "", []),
        "-": ("1", "", ["Dora"]),
    }
    assert "Board by Tier: 4 columns, 4 leads" in html


def test_board_keeps_filter_search_and_order(client: Client) -> None:
    tree = json.dumps({"attribute": "custom_seats", "op": "more", "value": 5})
    assert lanes(page(client, **BOARD, filter=tree))["gold"][2] == ["Abe"]
    assert lanes(page(client, **BOARD, q="Cleo"))["silver"][2] == ["Cleo"]
    assert lanes(page(client, **BOARD, sort="custom_seats"))["gold"][2] == ["Ben", "Abe"]
    assert lanes(page(client, **BOARD, sort="-custom_seats"))["gold"][2] == ["Abe", "Ben"]
    assert "Nothing matches" in page(client, **BOARD, q="zzzz")


def test_board_by_a_standard_choice_has_no_column_for_none_and_fixed_cards(client: Client) -> None:
    html = page(client, face="board")
    assert list(lanes(html)) == ["new", "working", "qualified", "disqualified", "converted"]
    assert "data-movable" not in html
    assert 'name="ask"' not in html


def test_switch_leads_to_the_faces_that_a_list_can_take(client: Client) -> None:
    html = page(client)
    assert re.findall(r'id="face-(\w+)" href="([^"]+)"', html) == [
        ("table", "/leads/"),
        ("board", "/leads/?face=board"),
        ("calendar", "/leads/?face=calendar"),
    ]
    assert 'id="face-board"' not in page(a_client(an_admin()), "/settings/teams/")
    assert "id=face-" not in page(a_client(an_admin()), "/audit/log/")


def test_board_takes_a_constant_number_of_queries(client: Client) -> None:
    page(client, **BOARD, total="custom_seats")
    with CaptureQueriesContext(connection) as few:
        page(client, **BOARD, total="custom_seats")
    for number in range(30):
        a_lead(ann(), f"More {number}", tier="iron")
    with CaptureQueriesContext(connection) as more:
        page(client, **BOARD, total="custom_seats")
    assert len(more) == len(few) <= 15


def test_board_adds_up_each_currency_by_itself(client: Client) -> None:
    an_opportunity(ann(), title="Pumps")
    html = page(client, "/opportunities/", face="board", tab="all", columns="title,value,owner")
    assert lanes(html)["open"][0] == "1"
    assert "€" in lanes(html)["open"][1]
    assert lanes(page(client, "/opportunities/", face="board", tab="all", total="none"))["open"][1] == ""


def test_column_shows_more_by_its_keyset(client: Client) -> None:
    for number in range(30):
        a_lead(ann(), f"More {number:02}", tier="iron")
    html = page(client, **BOARD)
    shown = lanes(html)["iron"]
    assert (shown[0], len(shown[2])) == ("30", 25)
    more = unescape(re.search(r'hx-get="(/lists/[^"]+/more/[^"]+)"', html)[1])  # type: ignore[index]
    rest = client.get(more).content.decode()
    names = re.findall(r"<h3><a [^>]*>([^<]+)</a>", rest)
    assert names == [f"More {number:02}" for number in (4, 3, 2, 1, 0)]
    assert "data-focus-now" in rest
    assert "lane-more" not in rest
    table = unescape(re.search(r'class="lane-more"><a class="btn" href="([^"]+)"', html)[1])  # type: ignore[index]
    assert "30 leads" in page(client, table)
    assert client.get("/lists/sales:leads/more/", {**BOARD, "lane": "lead"}).status_code == 422
    assert client.get("/lists/sales:leads/more/").status_code == 422


def test_card_is_moved_by_setting_the_attribute(client: Client) -> None:
    abe = Lead.objects.get(name="Abe")
    told = client.post(
        MOVE + "?face=board&by=custom_tier&total=custom_seats",
        {"card": abe.pk, "lane": "silver", "version": abe.version},
        headers={"Accept": "application/json"},
    )
    assert told.status_code == 200, told.content
    assert told.json()["lanes"]["silver"] == {"count": "2", "total": "17"}
    assert told.json()["version"] == abe.version + 1
    assert Lead.objects.get(name="Abe").custom["tier"] == "silver"


def test_card_is_moved_and_moved_back_without_script(client: Client) -> None:
    abe = Lead.objects.get(name="Abe")
    html = page(client, **BOARD, ask=str(abe.pk))
    assert f'value="{abe.pk} iron"' in html
    moved = client.post(MOVE + "?face=board&by=custom_tier", {"move": f"{abe.pk} -"})
    assert moved["Location"] == "/leads/?face=board&by=custom_tier"
    assert "tier" not in Lead.objects.get(name="Abe").custom
    html = page(client, moved["Location"])
    undo = unescape(re.search(r'<form method="post" action="([^"]+)" class="push"', html)[1])  # type: ignore[index]
    assert client.post(undo).status_code == 302
    assert Lead.objects.get(name="Abe").custom["tier"] == "gold"


def test_refused_move_says_why(client: Client) -> None:
    abe = Lead.objects.get(name="Abe")
    url, script = MOVE + "?face=board&by=custom_tier", {"Accept": "application/json"}
    stale = client.post(url, {"card": abe.pk, "lane": "silver", "version": "99"}, headers=script)
    assert (stale.status_code, stale.json()["reason"][:35]) == (422, "Somebody changed the record in the ")
    odd = client.post(url, {"card": abe.pk, "lane": "lead"}, headers=script)
    assert odd.json()["reason"].startswith("Choose one of: Gold, Silver, Iron")
    status = client.post(MOVE + "?face=board&by=status", {"card": abe.pk, "lane": "working"}, headers=script)
    assert status.json()["reason"] == "You may not change this here. Open the record instead."
    assert client.post(url, {"card": "x", "lane": "gold"}, headers=script).status_code in (404, 422)
    assert client.post(MOVE, {"card": abe.pk, "lane": "gold"}).status_code == 422
    assert Lead.objects.get(name="Abe").custom["tier"] == "gold"


def test_cards_of_others_are_neither_moved_nor_said_to_move(client: Client) -> None:
    shared = a_company("Alfa", by=an_admin())
    a_company("Beta", by=ann())
    html = page(client, "/companies/", face="board", by="size")
    assert html.count("data-fixed") == 1
    assert "Move Beta" in html
    assert "Move Alfa" not in html
    told = client.post(
        "/lists/directory:companies/move/?face=board&by=size",
        {"card": shared.pk, "lane": "micro"},
        headers={"Accept": "application/json"},
    )
    assert told.status_code == 422
    assert Company.objects.get(pk=shared.pk).size == ""


def test_large_board_is_counted_in_part(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.kernel.keyset.COUNT_LIMIT", 1)
    monkeypatch.setattr(faces, "COUNT_LIMIT", 1)
    html = page(client, **BOARD, total="custom_seats")
    assert lanes(html)["gold"][:2] == ("2+", "")
    assert lanes(html)["silver"][:2] == ("1", "7")
    assert "Count exactly" in html
    assert lanes(page(client, **BOARD, total="custom_seats", exact="1"))["gold"][:2] == ("2", "12")
    kept = page(client, **BOARD, total="custom_seats")
    assert lanes(kept)["gold"][:2] == ("2", "12")
    assert "Counted and added up: Today, " in kept
    others = page(a_client(an_admin()), **BOARD, total="custom_seats", tab="all")
    assert "Count exactly" in others
    by_country = page(a_client(an_admin()), face="board", by="country")
    assert "Count exactly" in by_country


# -- the calendar


@pytest.fixture
def diary(client: Client) -> Client:
    with clock.at(NOW):
        a_task(ann(), None, title="Call Hel", due=date(2026, 11, 24))
        a_task(ann(), None, title="Late", due=date(2026, 11, 20))
        a_task(ann(), None, title="No day", due=None)
    return client


def days(html: str) -> dict[str, list[str]]:
    found = re.findall(r'data-lane="([-\d]+)"[^>]*>(.*?)</ul>', html, re.DOTALL)
    named = {day: re.findall(r'class="cal-name">([^<]+)<', rest) for day, rest in found}
    return {day: names for day, names in named.items() if names}


def test_calendar_shows_a_month_by_due_day(diary: Client) -> None:
    with clock.at(NOW):
        html = page(diary, TASKS, **DUE)
        spoken = diary.get(
            TASKS, DUE, headers={"HX-Request": "true", "HX-Target": "main#main"}
        ).content.decode()
    assert 'data-say-now="Calendar by Due: November 2026, 2 entries"' in spoken
    assert days(html) == {"2026-11-20": ["Late"], "2026-11-24": ["Call Hel"]}
    assert ">November 2026</h2>" in html
    assert "2 entries" in html
    assert html.count('role="grid"') == 1
    assert 'id="day-2026-10-26"' in html
    assert 'id="day-2026-12-06"' in html
    assert 'aria-current="date"' in html


def test_calendar_shows_other_months_weeks_days_and_an_agenda(diary: Client) -> None:
    with clock.at(NOW):
        assert ">December 2026</h2>" in page(diary, TASKS, **DUE, month="2026-12")
        week = page(diary, TASKS, **DUE, span="week", day="2026-11-24")
        assert days(week) == {"2026-11-24": ["Call Hel"]}
        assert "23 November 2026 to 29 November 2026" in week
        agenda = page(diary, TASKS, **DUE, span="agenda")
        assert "Tuesday, 24 November 2026" in agenda
        assert ">Late<" not in agenda
        assert "Nothing stands on these days" in page(diary, TASKS, **DUE, span="day", day="2026-11-21")
        assert "November 2026" in page(diary, TASKS, **DUE, month="2026-99", day="no")


def test_calendar_of_instants_goes_by_the_readers_clock(client: Client) -> None:
    with clock.at(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)):  # 0:30 on 1 December in Warsaw
        a_lead(ann(), "Ewa")
        zone = ann().time_zone
        html = page(client, face="calendar", by="created", month="2026-12")
    day = "2026-12-01" if zone == "Europe/Warsaw" else "2026-11-30"
    assert days(html).get(day, []) == ["Ewa"]


def test_calendar_takes_a_constant_number_of_queries(diary: Client) -> None:
    with clock.at(NOW):
        page(diary, TASKS, **DUE)
        with CaptureQueriesContext(connection) as few:
            page(diary, TASKS, **DUE)
        for number in range(6):
            a_task(ann(), None, title=f"T {number}", due=date(2026, 11, 25))
        with CaptureQueriesContext(connection) as more:
            html = page(diary, TASKS, **DUE)
    assert len(more) == len(few) <= 14
    assert "3 more" in html


def test_calendar_says_when_not_everything_is_drawn(diary: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.foundation.attributes.views.calendars.MOST_ENTRIES", 1)
    with clock.at(NOW):
        assert "Only the first 1 are shown" in page(diary, TASKS, **DUE)


def test_meetings_stand_beside_what_is_due(diary: Client) -> None:
    with clock.at(NOW):
        a_meeting(ann(), Lead.objects.get(name="Abe"), datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
        html = page(diary, TASKS, **DUE)
        assert len(days(html)["2026-11-24"]) == 2
        assert ">Meeting: <" in html
        assert len(days(page(diary, TASKS, **DUE | {"tab": "done"}))) == 0
        assert diary.get("/calendar/")["Location"] == "/tasks/?tab=mine&face=calendar&by=due"


def test_entry_is_moved_to_another_day(diary: Client) -> None:
    task = Task.objects.get(title="Call Hel")
    with clock.at(NOW):
        url = "/lists/activity:tasks/move/?face=calendar&by=due&tab=all"
        moved = diary.post(url, {"card": task.pk, "lane": "2026-11-26", "version": task.version})
        assert moved["Location"] == "/tasks/?tab=all&face=calendar&by=due"
        assert Task.objects.get(title="Call Hel").due == date(2026, 11, 26)
        bad = diary.post(url, {"card": task.pk, "lane": "soon"}, headers={"Accept": "application/json"})
        assert bad.json()["reason"] == "Choose a day."
        undo = re.search(r'action="([^"]+)" class="push"', page(diary, TASKS))
        assert undo
        diary.post(unescape(undo[1]))
        assert Task.objects.get(title="Call Hel").due == date(2026, 11, 24)


# -- views and files


def test_view_keeps_the_face(client: Client) -> None:
    saved = client.post(
        "/lists/sales:leads/save/?face=board&by=custom_tier&total=none", {"name": "Tiers", "scope": "private"}
    )
    view = SavedView.objects.get()
    assert (view.face, view.by, view.total) == ("board", "custom_tier", "none")
    html = page(client, saved["Location"])
    assert list(lanes(html)) == ["gold", "silver", "iron", "-"]
    table = unescape(re.search(r'id="face-table" href="([^"]+)"', html)[1])  # type: ignore[index]
    assert lanes(page(client, table)) == {}
    assert "4 leads" in page(client, table)


def test_file_has_the_rows_whatever_the_face() -> None:
    a_lead(ann(), "Abe")
    answer = a_client(an_admin()).get(
        LEADS, {"face": "board", "export": "csv", "columns": "name", "tab": "all"}
    )
    assert b"".join(answer.streaming_content).decode("utf-8-sig").splitlines() == ["Lead", "Abe"]


def test_face_by_an_attribute_that_is_gone_takes_another(client: Client) -> None:
    html = page(client, face="board", by="custom_gone")
    assert next(iter(lanes(html))) == "new"
    assert lanes(page(a_client(bob()), face="nonsense", by="status")) == {}
