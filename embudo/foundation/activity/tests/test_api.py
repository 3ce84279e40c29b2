import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from embudo.foundation.access.tests.builders import a_token, an_admin, ann, bob, user_of
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.tests.builders import (
    a_carrier,
    a_colleague_record,
    a_meeting,
    a_note,
    a_task,
    an_automatic_task,
)
from embudo.kernel.actor import Actor
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db
API = "/api/v1"


class Program:
    """Somebody's token at work."""

    def __init__(self, actor: Actor) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {a_token(actor)}"}

    def __call__(self, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
        response = self.client.generic(
            method, f"{API}{path}", "" if data is None else json.dumps(data),
            content_type="application/json", headers=self.headers | headers,
        )  # fmt: skip
        return response.status_code, response.json() if response.content else None


def about(record: Record) -> dict[str, str]:
    return {"about_kind": record.kind_name(), "about_id": str(record.pk)}


def test_tasks_api_plans_changes_completes_and_removes() -> None:
    actor = ann()
    call, record = Program(actor), a_carrier(actor)
    status, task = call("POST", "/tasks", {"title": "Ring her up", "due": "2026-03-12", **about(record)})
    assert (status, task["title"], task["owner"]["id"], task["is_automatic"]) == (
        201,
        "Ring her up",
        str(actor.id),
        False,
    )
    path = f"/tasks/{task['id']}"
    assert call("PATCH", path, {"due": None})[1] | {"updated": 0} == task | {
        "due": None,
        "version": 2,
        "updated": 0,
    }
    assert call("PATCH", path, {"title": "x"}, **{"If-Match": '"1"'})[0] == 412
    assert call("POST", f"{path}/complete")[1]["is_done"] is True
    assert call("POST", f"{path}/reopen")[1]["is_done"] is False
    assert (call("DELETE", path)[0], Task.objects.count()) == (204, 0)


def test_tasks_api_lists_by_record_owner_and_state() -> None:
    actor = ann()
    record, call = a_carrier(actor), Program(actor)
    a_task(actor, record, title="Here", due=date(2026, 3, 1))
    a_task(actor, title="Elsewhere")
    found = call(
        "GET",
        f"/tasks?about_kind={record.kind_name()}&about_id={record.pk}&done=false&due_before=2026-03-01&count=true",
    )[1]
    assert ([task["title"] for task in found["items"]], found["count"]) == (["Here"], 1)


def test_tasks_api_refuses_to_complete_an_automatic_one() -> None:
    admin = an_admin()
    task = an_automatic_task(a_colleague_record(admin))
    status, problem = Program(admin)("POST", f"/tasks/{task.pk}/complete")
    assert (status, problem["code"]) == (409, "activity.closes_itself")


def test_tasks_api_hides_what_is_out_of_sight() -> None:
    actor = ann()
    task = a_task(actor, a_carrier(actor))
    call = Program(bob())
    assert [call("GET", f"/tasks/{task.pk}")[0], call("POST", f"/tasks/{task.pk}/complete")[0]] == [404, 404]
    assert call("GET", "/tasks")[1]["items"] == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x", "due": "31.03.2026"}, "due"),
        ({"title": "x", "due": "0001-01-01"}, "due"),
        ({"title": "x", "about_kind": "access.user"}, "about_id"),
        ({"title": "x", "owner_id": "0195b9e6-0000-7000-8000-000000000000"}, "owner_id"),
        ({"title": "x", "priority": 9}, "priority"),
        ({"title": "x", "colour": "red"}, "colour"),
    ],
)
def test_tasks_api_names_the_field_at_fault(sent: dict[str, Any], field: str) -> None:
    status, problem = Program(ann())("POST", "/tasks", sent)
    assert (status, list(problem["errors"]), Task.objects.count()) == (422, [field], 0)


def test_tasks_api_refuses_an_owner_who_may_not_see_the_record() -> None:
    actor, other = ann(), bob()
    sent = {"title": "x", "owner_id": str(other.id), **about(a_carrier(actor))}
    status, problem = Program(actor)("POST", "/tasks", sent)
    assert (status, list(problem["errors"])) == (422, ["owner_id"])


def test_notes_api_adds_changes_lists_and_removes() -> None:
    actor = ann()
    call, record = Program(actor), a_carrier(actor)
    status, note = call("POST", "/notes", {"text": "Anvils", **about(record)})
    path = f"/notes/{note['id']}"
    assert (status, note["text"]) == (201, "Anvils")
    assert call("PATCH", path, {"text": "More anvils"})[1]["text"] == "More anvils"
    assert [one["id"] for one in call("GET", f"/notes?about_id={record.pk}")[1]["items"]] == [note["id"]]
    assert call("GET", path)[0] == 200
    assert (call("DELETE", path)[0], Note.objects.count()) == (204, 0)


def test_notes_api_refuses_a_change_by_another() -> None:
    actor, admin = ann(), an_admin()
    note = a_note(actor, a_colleague_record(actor))
    assert Program(admin)("PATCH", f"/notes/{note.pk}", {"text": "No"})[1]["code"] == "activity.not_author"


def test_notes_api_on_an_unknown_record_is_not_found() -> None:
    for kind in ("nothing.here", "access.user", "activity.note"):
        sent = {"text": "x", "about_kind": kind, "about_id": "0195b9e6-0000-7000-8000-000000000000"}
        assert Program(ann())("POST", "/notes", sent)[0] == 404


def test_calls_api_logs_and_lists() -> None:
    actor = ann()
    call, record = Program(actor), a_carrier(actor)
    sent = {
        "direction": "incoming",
        "outcome": "busy",
        "at": "2026-03-10T11:00:00+01:00",
        "seconds": 5,
        **about(record),
    }
    status, logged = call("POST", "/calls", sent)
    assert (status, logged["at"], logged["outcome"]) == (201, "2026-03-10T10:00:00Z", "busy")
    assert call("GET", f"/calls/{logged['id']}")[1]["seconds"] == 5
    assert len(call("GET", "/calls")[1]["items"]) == Call.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"at": "2999-01-01T00:00:00Z"}, {"at": "2026-03-10T11:00:00"}, {"outcome": "shouted"}, {"seconds": -1}],
)
def test_calls_api_names_the_field_at_fault(wrong: dict[str, Any]) -> None:
    actor = ann()
    status, problem = Program(actor)("POST", "/calls", wrong | about(a_carrier(actor)))
    assert (status, list(problem["errors"])) == (422, list(wrong))


def test_meetings_api_plans_lists_and_cancels() -> None:
    actor = ann()
    call, record = Program(actor), a_carrier(actor)
    status, meeting = call(
        "POST", "/meetings", {"title": "Show", "starts": "2026-03-10T11:00:00Z", **about(record)}
    )
    assert (status, meeting["is_cancelled"]) == (201, False)
    assert call("POST", f"/meetings/{meeting['id']}/cancel")[1]["is_cancelled"] is True
    assert call("POST", f"/meetings/{meeting['id']}/cancel")[0] == 409
    assert call("GET", f"/meetings/{meeting['id']}")[0] == 200
    assert len(call("GET", "/meetings")[1]["items"]) == 1


def test_meetings_api_refuses_an_end_before_the_start() -> None:
    actor = ann()
    sent = {
        "title": "Show",
        "starts": "2026-03-10T11:00:00Z",
        "ends": "2026-03-10T10:00:00Z",
        **about(a_carrier(actor)),
    }
    status, problem = Program(actor)("POST", "/meetings", sent)
    assert (status, list(problem["errors"]), Meeting.objects.count()) == (422, ["ends"], 0)


def test_meetings_api_hides_what_is_out_of_sight() -> None:
    actor = ann()
    meeting = a_meeting(actor, a_carrier(actor), datetime(2026, 3, 10, tzinfo=UTC))
    assert Program(bob())("GET", f"/meetings/{meeting.pk}")[0] == 404
    assert user_of(actor).pk == meeting.owner_id
