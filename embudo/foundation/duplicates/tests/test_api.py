import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.directory.models import Company
from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import ann, cat
from embudo.foundation.duplicates.models import Merge, Pair, PairState
from embudo.foundation.duplicates.tests.builders import a_manager, found_pair, twins
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def credential(actor: Actor) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.create_token.inner(actor, name='test')[1]}"}


@pytest.fixture
def manager() -> dict[str, str]:
    return credential(a_manager())


def send(path: str, holder: dict[str, str], **body: Any) -> Any:
    return Client(headers=holder).post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_list_duplicates(manager: dict[str, str]) -> None:
    twins()
    pair = found_pair()
    [told] = Client(headers=manager).get("/api/v1/duplicates").json()["items"]
    assert (told["id"], told["kind"], told["state"]) == (str(pair.pk), "directory.company", "open")
    none = Client(headers=manager).get(f"/api/v1/duplicates?record={pair.pk}").json()["items"]
    assert none == []


def test_merge_duplicates_and_undo(manager: dict[str, str]) -> None:
    one, other = twins()
    pair = found_pair()
    merged = send(
        f"/duplicates/{pair.pk}/merge", manager, survivor_id=str(one.pk), values={"name": str(other.pk)}
    )
    assert (merged.status_code, merged.json()["merged_ids"]) == (200, [str(other.pk)])
    assert Company.objects.get().name == "ACME Transprot"
    undone = send(f"/merges/{Merge.objects.get().pk}/undo", manager)
    assert (undone.status_code, undone.json()["left"]) == (200, [])
    assert Company.objects.count() == 2


def test_old_id_leads_to_the_survivor(manager: dict[str, str]) -> None:
    one, other = twins()
    send(f"/duplicates/{found_pair().pk}/merge", manager, survivor_id=str(one.pk))
    answer = Client(headers=manager).get(f"/api/v1/companies/{other.pk}")
    assert (answer.status_code, answer["Location"]) == (307, f"/api/v1/companies/{one.pk}")
    assert Client(headers=manager).get(answer["Location"]).json()["id"] == str(one.pk)
    assert (
        Client(headers=manager)
        .patch(f"/api/v1/companies/{other.pk}", "{}", content_type="application/json")
        .status_code
        == 404
    )
    assert Client(headers=credential(cat())).get(f"/api/v1/companies/{other.pk}").status_code == 403


def test_dismiss_duplicates(manager: dict[str, str]) -> None:
    twins()
    pair = found_pair()
    assert send(f"/duplicates/{pair.pk}/dismiss", manager).json()["state"] == "dismissed"
    assert send(f"/duplicates/{pair.pk}/dismiss", manager).status_code == 409
    assert Pair.objects.get().state == PairState.DISMISSED


def test_merging_needs_its_permission() -> None:
    one, _other = twins()
    pair = found_pair()
    answer = send(f"/duplicates/{pair.pk}/merge", credential(ann()), survivor_id=str(one.pk))
    assert (answer.status_code, Company.objects.count()) == (403, 2)


def test_merges_are_listed(manager: dict[str, str]) -> None:
    one, _other = twins()
    send(f"/duplicates/{found_pair().pk}/merge", manager, survivor_id=str(one.pk))
    [told] = Client(headers=manager).get("/api/v1/merges").json()["items"]
    assert told["survivor_id"] == str(one.pk)


def test_wrong_survivor_is_refused(manager: dict[str, str]) -> None:
    twins()
    pair = found_pair()
    answer = send(f"/duplicates/{pair.pk}/merge", manager, survivor_id=str(pair.pk))
    assert (answer.status_code, Company.objects.count()) == (404, 2)
