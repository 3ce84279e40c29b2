from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from embudo.kernel import clock
from embudo.kernel.models import Job
from embudo.project import health

pytestmark = pytest.mark.django_db


def test_healthz_answers_strangers(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_names_every_part(client: Client) -> None:
    health.migrations.are_applied = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"database": "ok", "migrations": "ok", "queue": "ok", "disk": "ok"},
    )  # fmt: skip


def test_readyz_says_when_the_queue_stands_still(client: Client) -> None:
    Job.objects.create(task="x", run_at=clock.now() - timedelta(minutes=6))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["queue"]) == (503, "failed")


def test_readyz_says_when_the_disk_is_full(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FREE_LIMIT", 2**80)
    assert client.get("/readyz").json()["disk"] == "failed"


def test_metrics_tell_this_machine(client: Client) -> None:
    Job.objects.create(task="x")
    health.requests.count("GET", 200, 0.5)
    text = client.get("/metrics").content.decode()
    assert 'embudo_jobs{state="ready"} 1\n' in text
    assert 'embudo_requests_total{method="GET",status="200"}' in text
    assert "embudo_queue_age_seconds" in text


@pytest.mark.parametrize("headers", [{"REMOTE_ADDR": "203.0.113.5"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.5"}])
def test_metrics_refuse_other_machines(client: Client, headers: dict[str, Any]) -> None:
    assert client.get("/metrics", **headers).status_code == 403


@override_settings(METRICS_TOKEN="t")
def test_metrics_take_the_token_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 403
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer t"}, REMOTE_ADDR="203.0.113.5").status_code
        == 200
    )
