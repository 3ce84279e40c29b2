import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
    viktor,
)
from embudo.business.intake.tests.calling import call, ids
from embudo.foundation.access.tests.builders import a_token, user_of
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
DOUBLE = [{"name": "name", "is_required": True}, {"name": "tax_id", "is_double": True}, {"name": "town"}]


# --- a second entry ---------------------------------------------------------------------------------------------------


def test_claim_second_hides_the_first_values() -> None:
    assignment = an_assignment(asked=DOUBLE)
    bound(assignment, otto())
    path = f"/assignments/{assignment.pk}/second"
    assert call(otto(), "POST", path) == (204, None)
    entry = an_entry(assignment, state="handed_in")
    status, task = call(otto(), "POST", path)
    assert (status, task["names"], task["shown"]) == (200, ["tax_id"], {"name": entry.name, "town": "Hel"})
    assert entry.tax_id not in json.dumps(task)
    assert call(otto(), "GET", f"/entries/{entry.pk}")[0] == 404
    status, _done = call(otto(), "POST", f"{path}/{entry.pk}", {"values": {"tax_id": entry.tax_id}})
    assert status == 204


def test_entries_hide_from_who_may_enter_them_a_second_time_what_that_asks_for() -> None:
    """Sven leads Olga, so that he sees her entries; where he enters too, he is blind until the second entry is there."""
    assignment = an_assignment(asked=DOUBLE)
    bound(assignment, sven())
    entry = an_entry(assignment, state="handed_in")
    for path in ("/entries", f"/entries/{entry.pk}", f"/entries/{entry.pk}/rounds"):
        status, told = call(sven(), "GET", path)
        assert (status, entry.tax_id in json.dumps(told), entry.name in json.dumps(told)) == (
            200,
            False,
            True,
        )
    assert call(olga(), "GET", f"/entries/{entry.pk}")[1]["values"]["tax_id"] == entry.tax_id
    assert call(petra(), "GET", f"/entries/{entry.pk}")[1]["values"]["tax_id"] == entry.tax_id


# --- verifications ----------------------------------------------------------------------------------------------------


def test_claim_next_gives_each_verifier_another_entry() -> None:
    assignment = an_assignment()
    bound(assignment, viktor(), "verifier")
    assert call(vera(), "POST", "/verifications/next", {}) == (204, None)
    first, second = an_entry(assignment, state="handed_in"), an_entry(assignment, state="handed_in")
    assert call(vera(), "POST", "/verifications/next", {})[1]["id"] == str(first.pk)
    chosen = {"assignment_id": str(assignment.pk)}
    assert call(viktor(), "POST", "/verifications/next", chosen)[1]["id"] == str(second.pk)
    assert call(viktor(), "POST", f"/verifications/{second.pk}/renew")[0] == 204
    assert call(viktor(), "POST", f"/verifications/{second.pk}/release")[1]["state"] == "handed_in"
    assert call(viktor(), "POST", f"/verifications/{first.pk}/claim")[1]["code"] == "intake.entry_held"


def test_decide_entry_rejects_with_a_point_for_a_value() -> None:
    entry = an_entry(state="verifying")
    path = f"/verifications/{entry.pk}"
    assert set(call(vera(), "POST", path, {"outcome": "rejected"})[1]["errors"]) == {"comment"}
    verdict = {"outcome": "rejected", "points": [{"name": "name", "judgement": "wrong", "code": "mistyped"}]}
    status, decided = call(vera(), "POST", path, verdict)
    assert (status, decided["state"]) == (200, "rejected")
    mine = call(vera(), "GET", "/verifications")[1]["items"]
    assert [(one["entry_id"], one["outcome"], one["points"][0]["code"]) for one in mine] == [
        (str(entry.pk), "rejected", "mistyped")
    ]
    assert call(vera(), "POST", path, verdict)[0] == 409


def test_verifications_are_for_verifiers() -> None:
    entry = an_entry(state="handed_in")
    assert call(olga(), "POST", "/verifications/next", {})[0] == 403
    assert call(viktor(), "POST", f"/verifications/{entry.pk}/claim")[0] == 404


# --- look-alikes, deliveries ------------------------------------------------------------------------------------------


def test_decide_likeness_is_the_leaders() -> None:
    assignment = an_assignment()
    first = an_entry(assignment)
    an_entry(assignment, tax_id=first.tax_id)
    assert call(olga(), "GET", "/likenesses")[0] == 403
    found = call(sven(), "GET", "/likenesses")[1]["items"]
    assert [(one["other_id"], one["reason"]) for one in found] == [(str(first.pk), "tax")]
    status, decided = call(sven(), "POST", f"/likenesses/{found[0]['id']}", {"is_same": False})
    assert (status, decided["is_same"]) == (200, False)
    assert call(sven(), "GET", "/likenesses")[1]["items"] == []


def test_order_delivery_and_download_it(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    entry = an_entry(state="accepted")
    path = f"/assignments/{entry.assignment_id}/deliveries"
    assert call(olga(), "POST", path, {})[0] == 403
    status, ordered = call(petra(), "POST", path, {"format": "csv", "columns": ["name", "tax_id"]})
    assert (status, ordered["state"]) == (202, "waiting")
    content = f"/api/v1/deliveries/{ordered['id']}/content"
    token = {"Authorization": f"Bearer {a_token(user_of(petra()))}"}
    assert Client().get(content, headers=token).status_code == 404
    drain()
    assert call(petra(), "GET", f"/deliveries/{ordered['id']}")[1]["rows"] == 1
    assert ids(call(petra(), "GET", path)[1]) == {ordered["id"]}
    response: Any = Client().get(content, headers=token)
    assert entry.tax_id in b"".join(response.streaming_content).decode("utf-8-sig")
    assert call(paul(), "GET", f"/deliveries/{ordered['id']}")[0] == 404
