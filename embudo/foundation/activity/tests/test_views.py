from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, cat, user_of
from embudo.foundation.activity import commands
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.tests.builders import (
    a_call,
    a_carrier,
    a_colleague_record,
    a_meeting,
    a_note,
    a_task,
    an_automatic_task,
)
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def place(name: str, record: Record) -> str:
    return reverse(f"activity:{name}", args=[record.kind_name(), record.pk])


def part(client: Client, url: str) -> Any:
    return client.get(url, headers={"HX-Request": "true"})


def panel_id(record: Record) -> str:
    return f"activity-{record.pk.hex}"


# --- the timeline ----------------------------------------------------------------------------------------------------


def test_timeline_shows_what_was_and_what_is_planned() -> None:
    actor = ann()
    record = a_carrier(actor)
    with clock.at(NOON):
        a_note(actor, record, "She likes <b>anvils</b>.")
        a_call(actor, record, phone="+48583012214", seconds=192)
        a_meeting(actor, record, NOON - timedelta(hours=2), place="Gdynia")
        a_meeting(actor, record, NOON + timedelta(days=2))
        commands.complete_task(actor, a_task(actor, record, title="Write to her"))
        a_task(actor, record, title="Ring her up", due=date(2026, 3, 1))
        html = part(a_client(actor), place("timeline", record)).content.decode()
    assert "She likes &lt;b&gt;anvils&lt;/b&gt;." in html
    assert "called +48 58 301 22 14 <strong>Answered</strong> 3 min 12 s" in html
    assert "held a meeting: <strong>Show the anvils</strong>" in html
    assert "completed <a" in html
    planned = html[html.index("Planned") : html.index("What happened")]
    assert planned.index("Ring her up") < planned.index("Show the anvils")
    assert "<h1" not in html


def test_timeline_of_a_record_out_of_sight_is_not_found() -> None:
    record = a_carrier(ann())
    assert part(a_client(bob()), place("timeline", record)).status_code == 404


def test_timeline_of_an_unknown_kind_is_not_found() -> None:
    url = reverse("activity:timeline", args=["nothing.here", user_of(ann()).pk])
    assert part(a_client(ann()), url).status_code == 404


def test_timeline_without_script_is_a_page() -> None:
    actor = ann()
    response = a_client(actor).get(place("timeline", a_carrier(actor)))
    assert (response.status_code, response.content.decode().count("<h1")) == (200, 1)


def queries_of(client: Client, url: str) -> int:
    part(client, url)  # what is read once a process is read by now
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 200
    return len(captured)


def test_timeline_takes_the_same_queries_for_one_note_and_twenty() -> None:
    actor = ann()
    one, twenty = a_carrier(actor, "One"), a_carrier(actor, "Twenty")
    for record, count in ((one, 1), (twenty, 20)):
        for number in range(count):
            a_note(actor, record, f"Note {number}")
            a_task(actor, record, title=f"Task {number}")
    client = a_client(actor)
    counts = [queries_of(client, place("timeline", record)) for record in (one, twenty)]
    assert counts[0] == counts[1] <= 12


def test_timeline_pages_through_all_of_it_once() -> None:
    actor = ann()
    record = a_carrier(actor)
    with clock.at(NOON):  # all in one instant: the order must hold all the same
        for number in range(45):
            a_note(actor, record, f"Note {number:03d}!")
        for number in range(5):
            a_call(actor, record, summary=f"Call {number:03d}!")
    client, url, seen = a_client(actor), place("timeline", record), []
    for _page in range(5):
        html = part(client, url).content.decode()
        seen += [line.split("</div>")[0] for line in html.split('<div class="tl-card">')[1:]]
        if "Show earlier" not in html:
            break
        url = html.split('hx-get="')[-1].split('"')[0].replace("&amp;", "&")
    assert (len(seen), len(set(seen))) == (50, 50)


def test_timeline_damaged_cursor_shows_the_newest() -> None:
    actor = ann()
    record = a_carrier(actor)
    a_note(actor, record, "Here")
    html = part(a_client(actor), place("timeline", record) + "?before=rubbish").content.decode()
    assert "Here" in html


def test_timeline_of_a_task_tells_its_own_story() -> None:
    actor = ann()
    task = commands.complete_task(actor, a_task(actor))
    html = part(a_client(actor), place("timeline", task)).content.decode()
    assert ("completed the task" in html, "planned the task" in html, "Add note" in html) == (
        True,
        True,
        False,
    )


# --- entries -----------------------------------------------------------------------------------------------------------


def test_note_from_the_panel_answers_with_the_panel() -> None:
    actor = ann()
    record = a_carrier(actor)
    headers = {"HX-Request": "true", "HX-Target": f"div#{panel_id(record)}"}
    response = a_client(actor).post(place("note_new", record), {"text": "Hello there"}, headers=headers)
    html = response.content.decode()
    assert (response.status_code, "Hello there" in html, "hx-preserve" in html) == (200, True, False)
    assert "Note added." in response.headers["HX-Trigger"]


def test_note_without_words_is_422_and_writes_nothing() -> None:
    actor = ann()
    record = a_carrier(actor)
    headers = {"HX-Request": "true", "HX-Target": f"div#{panel_id(record)}"}
    response = a_client(actor).post(place("note_new", record), {"text": " "}, headers=headers)
    assert (response.status_code, "Write something first." in response.content.decode()) == (422, True)
    assert not Note.objects.exists()


def test_note_without_script_goes_back_to_the_record() -> None:
    actor = ann()
    record = a_carrier(actor)
    response = a_client(actor).post(place("note_new", record), {"text": "Hello"})
    assert (response.status_code, response.headers["Location"]) == (302, f"/notifications/{record.pk}/")


def test_note_on_a_record_out_of_sight_is_not_found() -> None:
    record = a_carrier(ann())
    assert a_client(bob()).post(place("note_new", record), {"text": "Hello"}).status_code == 404
    assert not Note.objects.exists()


def test_note_without_grant_is_forbidden() -> None:
    assert a_client(cat()).post(place("note_new", a_carrier(cat())), {"text": "Hello"}).status_code == 403


def test_change_note_page_changes_it() -> None:
    actor = ann()
    note = a_note(actor, a_carrier(actor))
    a_client(actor).post(reverse("activity:note_change", args=[note.pk]), {"text": "Better", "version": "1"})
    assert Note.objects.get().text == "Better"


def test_remove_note_page_removes_it() -> None:
    actor = ann()
    note = a_note(actor, a_carrier(actor))
    a_client(actor).post(reverse("activity:note_remove", args=[note.pk]))
    assert not Note.objects.exists()


def test_call_page_logs_and_corrects() -> None:
    actor = ann()
    record = a_carrier(actor)
    client = a_client(actor)
    sent = {
        "direction": "incoming",
        "outcome": "answered",
        "at": "2026-03-10T11:00",
        "seconds": "3:12",
        "phone": "1",
    }
    assert client.post(place("call_new", record), sent).status_code == 302
    call = Call.objects.get()
    assert (call.direction, call.seconds, call.at.hour) == ("incoming", 192, 11)
    url = reverse("activity:call_change", args=[call.pk])
    assert 'value="3:12"' in client.get(url).content.decode()
    assert client.post(url, {**sent, "seconds": "x"}).status_code == 422


def test_meeting_page_plans_changes_and_cancels() -> None:
    actor = ann()
    record = a_carrier(actor)
    client = a_client(actor)
    wrong = client.post(
        place("meeting_new", record),
        {"title": "Show", "starts": "2026-03-10T11:00", "ends": "2026-03-10T10:00"},
    )
    assert (wrong.status_code, "Enter an end that comes after the start." in wrong.content.decode()) == (
        422,
        True,
    )
    client.post(place("meeting_new", record), {"title": "Show", "starts": "2026-03-10T11:00"})
    meeting = Meeting.objects.get()
    page = client.get(reverse("activity:meeting_change", args=[meeting.pk])).content.decode()
    assert "Cancel the meeting" in page
    client.post(reverse("activity:meeting_cancel", args=[meeting.pk]))
    assert Meeting.objects.get().is_cancelled


@pytest.mark.parametrize("starts", ["0001-01-01T00:00", "9999-12-31T23:59", "nonsense", ""])
def test_meeting_page_refuses_impossible_moments(starts: str) -> None:
    actor = ann()
    response = a_client(actor).post(
        place("meeting_new", a_carrier(actor)), {"title": "Show", "starts": starts}
    )
    assert (response.status_code, Meeting.objects.count()) == (422, 0)


# --- to-dos ----------------------------------------------------------------------------------------------------------


def rows(client: Client, tab: str = "") -> str:
    return client.get(reverse("activity:tasks") + (f"?tab={tab}" if tab else "")).content.decode()


def test_tasks_are_sorted_into_tabs() -> None:
    actor, other = ann(), bob()
    with clock.at(NOON):
        a_task(actor, title="Late one", due=date(2026, 3, 1))
        a_task(actor, title="Later one", due=date(2026, 4, 1))
        commands.complete_task(actor, a_task(actor, title="Done one"))
        a_task(other, a_colleague_record(actor), title="His one", due=date(2026, 3, 1))
        client = a_client(actor)
        shown = {tab: [t for t in ("Late one", "Later one", "Done one", "His one") if t in rows(client, tab)]
                 for tab in ("", "mine", "team", "all", "done")}  # fmt: skip
    assert shown == {
        "": ["Late one"],
        "mine": ["Late one", "Later one"],
        "team": ["Late one", "Later one"],
        "all": ["Late one", "Later one", "His one"],
        "done": ["Done one"],
    }


def test_tasks_show_amount_age_and_record_of_an_automatic_one() -> None:
    actor = ann()
    with clock.at(NOON):
        an_automatic_task(a_carrier(actor), owner=user_of(actor), amount=Money(123_450, "EUR"))
        html = rows(a_client(actor))
    assert all(
        text in html for text in ("Chase FV/1", "€1,234.50", "9 days", "Anvils for Acme", "Closes by itself")
    )


def test_tasks_take_the_same_queries_for_one_and_three() -> None:
    actor, counts = ann(), []
    for number in range(3):
        a_task(actor, a_carrier(actor, f"Record {number}"), due=date(2026, 3, 1))
        counts.append(queries_of(a_client(actor), reverse("activity:tasks")))
    assert counts[0] == counts[2] <= 12


def test_menu_counts_what_is_due() -> None:
    actor = ann()
    a_task(actor, due=date(2026, 3, 1))
    assert '<span class="tally"><span aria-hidden="true">1</span>' in rows(a_client(actor))


def test_new_task_page_plans_one() -> None:
    actor = ann()
    sent = {"title": "Ring her up", "due": "2026-03-12", "owner": str(actor.id), "priority": "3"}
    response = a_client(actor).post(reverse("activity:task_new"), sent)
    task = Task.objects.get()
    assert (response.status_code, task.words, task.due, task.priority) == (
        302,
        "Ring her up",
        date(2026, 3, 12),
        3,
    )


def test_new_task_page_keeps_what_was_typed() -> None:
    actor = ann()
    response = a_client(actor).post(
        reverse("activity:task_new"), {"title": "", "details": "Typed", "priority": "9"}
    )
    html = response.content.decode()
    assert (response.status_code, "Typed" in html, Task.objects.count()) == (422, True, 0)


def test_task_page_of_an_automatic_one_says_what_closes_it_and_offers_no_end() -> None:
    admin = an_admin()
    task = an_automatic_task(a_colleague_record(admin))
    html = a_client(admin).get(reverse("activity:task", args=[task.pk])).content.decode()
    assert "This task closes by itself when the invoice is paid." in html
    assert (reverse("activity:task_complete", args=[task.pk]) in html, "Give to somebody" in html) == (
        False,
        True,
    )


def test_complete_page_of_an_automatic_one_is_422() -> None:
    admin = an_admin()
    task = an_automatic_task(a_colleague_record(admin))
    response = a_client(admin).post(reverse("activity:task_complete", args=[task.pk]))
    assert (
        response.status_code,
        "closes by itself when the invoice is paid" in response.content.decode(),
    ) == (422, True)


def test_complete_from_the_list_offers_to_undo() -> None:
    actor = ann()
    task = a_task(actor)
    headers = {"HX-Request": "true", "HX-Target": "div#dialog-body"}
    response = a_client(actor).post(reverse("activity:task_complete", args=[task.pk]), headers=headers)
    assert (
        response.status_code,
        reverse("activity:task_reopen", args=[task.pk]) in response.headers["HX-Trigger"],
    ) == (204, True)


def test_change_reopen_assign_and_remove_pages() -> None:
    actor, other = ann(), bob()
    task = a_task(actor, a_colleague_record(actor))
    client = a_client(actor)

    def send(name: str, **data: str) -> int:
        return client.post(reverse(f"activity:{name}", args=[task.pk]), data).status_code

    assert send("task_change", title="Mail", owner=str(actor.id), priority="2", version="1") == 302
    assert send("task_change", title="Again", owner=str(actor.id), priority="2", version="1") == 422
    assert [send("task_complete"), send("task_reopen")] == [302, 302]
    assert send("task_assign", owner="") == 422
    assert send("task_remove") == 302
    other_task = a_task(actor, a_colleague_record(actor))
    client.post(reverse("activity:task_assign", args=[other_task.pk]), {"owner": str(other.id)})
    assert Task.objects.get().owner_id == other.id


def test_owners_suggests_colleagues_by_name() -> None:
    actor, other = ann(), bob()
    html = a_client(actor).get(reverse("activity:owners") + "?q=bob").content.decode()
    assert (str(other.id) in html, str(actor.id) in html) == (True, False)


def test_pages_of_notes_calls_and_meetings_lead_to_their_record() -> None:
    actor: Actor = ann()
    record = a_carrier(actor)
    things = {
        "note": a_note(actor, record),
        "call": a_call(actor, record),
        "meeting": a_meeting(actor, record, NOON),
    }
    goals = {
        a_client(actor).get(reverse(f"activity:{name}", args=[one.pk])).headers["Location"]
        for name, one in things.items()
    }
    assert goals == {f"/notifications/{record.pk}/"}
