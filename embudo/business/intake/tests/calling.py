import json
from typing import Any

from django.test import Client

from embudo.foundation.access.tests.builders import a_token, user_of
from embudo.kernel.actor import Actor


def call(who: Actor, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
    response = Client().generic(
        method, f"/api/v1{path}", json.dumps(data) if data is not None else "", "application/json",
        headers={"Authorization": f"Bearer {a_token(user_of(who))}", **headers},
    )  # fmt: skip
    return response.status_code, response.json() if response.content else None


def ids(page: Any) -> set[str]:
    return {one["id"] for one in page["items"]}
