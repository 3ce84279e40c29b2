from typing import Any

import pytest
from django.test import Client

from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import ann, bob, user_of
from embudo.foundation.notify.tests.builders import a_notification

pytestmark = pytest.mark.django_db


def headers(actor: Any) -> dict[str, str]:
    _token, secret = access.create_token(actor, name="test")
    return {"Authorization": f"Bearer {secret}"}


def test_list_gives_ones_own(client: Client) -> None:
    mine = a_notification(user_of(ann()))
    a_notification(user_of(bob()))
    answer = client.get("/api/v1/notifications?unread=true", headers=headers(ann()))
    assert [item["id"] for item in answer.json()["items"]] == [str(mine.id)]


def test_read_marks_one(client: Client) -> None:
    mine = a_notification(user_of(ann()))
    answer = client.post(f"/api/v1/notifications/{mine.id}/read", headers=headers(ann()))
    assert answer.status_code == 200
    assert answer.json()["read"] is not None


def test_read_knows_nothing_of_others(client: Client) -> None:
    mine = a_notification(user_of(ann()))
    assert client.post(f"/api/v1/notifications/{mine.id}/read", headers=headers(bob())).status_code == 404


def test_read_all_counts(client: Client) -> None:
    a_notification(user_of(ann()))
    answer = client.post("/api/v1/notifications/read", headers=headers(ann()))
    assert answer.json() == {"count": 1}
