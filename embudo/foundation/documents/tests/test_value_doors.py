"""Who gets at the files of attributes, by pages and by programs."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales import commands as sales
from embudo.foundation.access.tests.builders import a_token, a_user, an_actor, ann, bob, cat, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.audit.queries import changes
from embudo.foundation.documents import commands, queries, rules
from embudo.foundation.documents.models import KeptFile
from embudo.foundation.documents.tests.builders import EXE, PDF, a_file
from embudo.foundation.documents.tests.valued import (
    COMPANY,
    SYSTEM,
    api,
    bytes_of,
    lead_with_file,
    opened,
    scan,
    stored,
    uploaded,
    with_file,
)
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


# --- who downloads it -------------------------------------------------------------------------------------------------


def test_download_is_for_whoever_sees_the_record() -> None:
    _lead, path = lead_with_file()
    response = opened(ann(), path)
    assert (response.status_code, bytes_of(response)) == (200, PDF)
    assert response["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "private, no-store")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert [opened(who, path).status_code for who in (bob(), cat())] == [404, 403]
    assert Client().get(path).status_code == 302


def test_download_is_for_roles_that_see_the_attribute() -> None:
    _lead, path = lead_with_file(view_roles=("manager",))
    assert opened(ann(), path).status_code == 404
    manager = an_actor(a_user(roles=("administrator",), name="Ada"))
    response = opened(manager, path)
    assert (response.status_code, bytes_of(response)) == (200, PDF)
    assert api(ann(), "get", f"/files/{path.split('/')[2]}/content").status_code == 404


def test_replaced_file_and_archived_attribute_are_not_served() -> None:
    lead, path = lead_with_file()
    sales.edit_lead(ann(), lead, custom={"scan": a_file("new.pdf")})
    assert opened(ann(), path).status_code == 404


def test_log_tells_the_name_only_to_whoever_sees_the_attribute() -> None:
    lead, _path = lead_with_file(view_roles=("manager",))
    entries = list(LogEntry.objects.all())
    everything = str([one.changes for one in entries])
    told = changes(ann(), entries)
    shown = [field for many in told.values() for one in many for field in one.fields]
    assert [one for one in shown if "contract.pdf" in (one.before + one.after)] == []
    manager = an_actor(a_user(roles=("administrator",), name="Ada"))
    shown = [field for many in changes(manager, entries).values() for one in many for field in one.fields]
    assert [(one.label, one.after) for one in shown if one.after == "contract.pdf"] == [
        ("Contract scan", "contract.pdf")
    ]
    assert KeptFile.objects.get().path not in everything
    del lead


# --- by programs ------------------------------------------------------------------------------------------------------


def test_upload_file_waits_for_the_record_that_names_it(store: Path) -> None:
    scan()
    told = uploaded(ann())
    assert {name: told[name] for name in ("name", "size", "type")} == {
        "name": "contract.pdf", "size": len(PDF), "type": "application/pdf",
    }  # fmt: skip
    made = api(
        ann(), "post", "/companies", data={"name": "Alfa", "custom": {"scan": told["id"]}},
        content_type="application/json",
    )  # fmt: skip
    value = made.json()["custom"]["scan"]
    assert value == {
        "id": told["id"], "name": "contract.pdf", "size": len(PDF), "type": "application/pdf",
        "url": f"/api/v1/files/{told['id']}/content",
    }  # fmt: skip
    content = api(ann(), "get", f"/files/{told['id']}/content")
    assert (bytes_of(content), content["X-Content-Type-Options"]) == (PDF, "nosniff")
    path = f"/companies/{made.json()['id']}"
    same = api(ann(), "patch", path, data={"custom": {"scan": value}}, content_type="application/json")
    assert same.json()["custom"]["scan"] == value
    gone = api(ann(), "patch", path, data={"custom": {"scan": None}}, content_type="application/json")
    assert gone.json()["custom"] == {}
    assert api(ann(), "get", f"/files/{told['id']}/content").status_code == 404


def given_id(who: Actor, value: Any) -> tuple[int, Any]:
    response = api(
        who, "post", "/companies", data={"name": "Beta", "custom": {"scan": value}},
        content_type="application/json",
    )  # fmt: skip
    return response.status_code, response.json().get("errors")


def test_file_of_somebody_else_a_used_and_an_expired_one_are_refused_alike() -> None:
    scan()
    theirs, used = uploaded(ann())["id"], with_file(ann()).custom["scan"]["id"]
    with clock.at(clock.now() - timedelta(days=1, minutes=1)):
        old = commands.upload_file(bob(), file=a_file())
    answers = [given_id(bob(), one) for one in (theirs, used, str(old.pk), str(uuid4()))]
    assert {status for status, _errors in answers} == {422}
    texts = {str(errors) for _status, errors in answers}
    assert len(texts) == 1
    assert "Upload it again" in texts.pop()
    assert Company.objects.filter(name="Beta").count() == 0


def test_one_upload_serves_one_record_and_one_attribute() -> None:
    scan()
    an_attribute("file", "Second scan", kind=COMPANY, key="second")
    told = uploaded(ann())["id"]
    with pytest.raises(Invalid) as fault:
        a_company("Alfa", by=ann(), custom={"scan": told, "second": told})
    assert list(fault.value.errors) == ["custom_second"]
    assert Company.objects.count() == 0
    a_company("Alfa", by=ann(), custom={"scan": told})
    with pytest.raises(Invalid):
        a_company("Beta", by=ann(), custom={"scan": told})


@pytest.mark.parametrize("value", [7, "no id", {"name": "x"}, [1], {"id": None}, True, {}])
def test_what_is_no_file_is_told(value: Any) -> None:
    scan()
    status, errors = given_id(ann(), value)
    assert (status, list(errors)) == (422, ["custom_scan"])


def test_upload_file_refuses_what_is_not_taken(settings: Any, store: Path) -> None:
    headers = {"Authorization": f"Bearer {a_token(user_of(ann()))}"}

    def sent(data: Any) -> tuple[int, list[str]]:
        response = Client().post("/api/v1/files", data, headers=headers)
        return response.status_code, list(response.json()["errors"])

    assert sent({}) == (422, ["file"])
    assert sent({"file": a_file("a.pdf", b"")}) == (422, ["file"])
    assert sent({"file": a_file("a.exe", EXE)}) == (422, ["file"])
    assert sent({"file": a_file("..\u202e", PDF)}) == (422, ["file"])
    assert sent({"file": a_file(), "color": "red"}) == (422, ["color"])
    settings.FILE_UPLOAD_MAX_SIZE = 10
    assert sent({"file": a_file()}) == (422, ["file"])
    assert (KeptFile.objects.count(), stored(store)) == (0, [])


def test_upload_file_is_for_whoever_may_attach() -> None:
    with pytest.raises(Forbidden):
        commands.upload_file(cat(), file=a_file())


def test_upload_file_stops_at_two_hundred_that_wait() -> None:
    KeptFile.objects.bulk_create(
        KeptFile(owner_id=ann().id, name="a.pdf", size=1, path=f"x{n}", content_type="application/pdf")
        for n in range(rules.MOST_WAITING)
    )
    with pytest.raises(Refused) as refusal:
        commands.upload_file(ann(), file=a_file())
    assert refusal.value.code == "documents.too_many_waiting"


# --- what is not there -----------------------------------------------------------------------------------------------


def test_file_missing_from_the_store_is_told() -> None:
    _lead, path = lead_with_file()
    default_storage.delete(KeptFile.objects.get().path)
    assert opened(ann(), path).status_code == 422


def test_kept_file_is_in_sight_with_record_and_attribute() -> None:
    lead_with_file(view_roles=("manager",))
    kept = KeptFile.objects.get()
    assert queries.kept_file(SYSTEM, kept.pk) == kept
    for who in (ann(), bob(), cat()):
        with pytest.raises(NotFound):
            queries.kept_file(who, kept.pk)
    waiting = commands.upload_file(ann(), file=a_file())
    assert queries.kept_file(ann(), waiting.pk) == waiting
    with pytest.raises(NotFound):
        queries.kept_file(bob(), waiting.pk)
