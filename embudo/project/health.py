import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from hmac import compare_digest
from ipaddress import ip_address

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse, JsonResponse

from embudo.foundation.notify.queries import mail_counts
from embudo.foundation.ui.access_marks import public
from embudo.kernel import clock
from embudo.kernel.models import Job, LogEntry

QUEUE_LIMIT = timedelta(minutes=5)
FREE_LIMIT = 100 * 1024 * 1024  # bytes


class Requests:
    """What this process answered since it started."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.seconds = 0.0

    def count(self, method: str, status: int, seconds: float) -> None:
        self.answers[method if method in KNOWN_METHODS else "other", status] += 1
        self.seconds += seconds


KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
requests = Requests()


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


class _Migrations:
    """Whether the database has every migration; asked again only while it has not, for it costs 50 ms."""

    def __init__(self) -> None:
        self.are_applied = False

    def check(self) -> bool:
        if not self.are_applied:
            executor = MigrationExecutor(connection)
            self.are_applied = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self.are_applied


migrations = _Migrations()


def queue_age() -> timedelta:
    """How long the oldest due job has been waiting."""
    now = clock.now()
    oldest = Job.objects.filter(state=Job.State.READY, run_at__lte=now).aggregate(at=Min("run_at"))["at"]
    return now - oldest if oldest else timedelta()


def is_database_answering() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


CHECKS: Mapping[str, Callable[[], bool]] = {
    "database": is_database_answering,
    "migrations": migrations.check,
    "queue": lambda: queue_age() < QUEUE_LIMIT,
    "disk": lambda: shutil.disk_usage(settings.DATA).free > FREE_LIMIT,
}


def readiness() -> dict[str, str]:
    """Each part of the installation: "ok" or "failed"."""
    return {name: _answer(check) for name, check in CHECKS.items()}


@public
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready for work: 200 with every part "ok", else 503 and which part is not."""
    parts = readiness()
    status = 200 if set(parts.values()) == {"ok"} else 503
    return JsonResponse(parts, status=status, headers={"Cache-Control": "no-store"})


def _answer(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "failed"
    except Exception:  # noqa: BLE001 - whatever it is, the part does not work; strangers learn no more
        return "failed"


@public
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus; for this machine itself, or with METRICS_TOKEN as bearer token."""
    if not may_read_metrics(request):
        return HttpResponse("Send the metrics token.\n", status=403, content_type="text/plain")
    return HttpResponse("".join(metric_lines()), content_type="text/plain; version=0.0.4; charset=utf-8")


def may_read_metrics(request: HttpRequest) -> bool:
    token, given = settings.METRICS_TOKEN, request.headers.get("Authorization", "")
    if token:
        return compare_digest(given.encode(), f"Bearer {token}".encode())
    # A proxy on this machine would make everybody local, so what was forwarded is not.
    return "X-Forwarded-For" not in request.headers and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def metric_lines() -> Iterable[str]:
    yield from family("embudo_requests_total", "counter", "Answers of this process.", _answers())
    yield from family(
        "embudo_request_seconds_total", "counter", "Time spent on them.", {"": requests.seconds}
    )
    yield from family("embudo_jobs", "gauge", "Jobs in the queue by state.", _labelled("state", _jobs()))
    yield from family(
        "embudo_queue_age_seconds", "gauge", "Age of the oldest due job.", {"": queue_age().total_seconds()}
    )
    yield from family("embudo_log_entries", "gauge", "Highest number in the event log.", {"": _log_size()})
    yield from family(
        "embudo_mails", "gauge", "Mails in the outbox by state.", _labelled("state", mail_counts())
    )


def family(name: str, kind: str, about: str, values: Mapping[str, float]) -> Iterable[str]:
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
    for labels, value in values.items():
        yield f"{name}{labels} {value:.15g}\n"


def _labelled(label: str, values: Mapping[str, int]) -> dict[str, float]:
    return {f'{{{label}="{key}"}}': value for key, value in sorted(values.items())}


def _answers() -> dict[str, float]:
    return {f'{{method="{m}",status="{s}"}}': n for (m, s), n in sorted(dict(requests.answers).items())}


def _jobs() -> dict[str, int]:
    return dict.fromkeys(Job.State.values, 0) | dict(
        Job.objects.values_list("state").annotate(n=Count("id")).order_by()
    )


def _log_size() -> int:
    return LogEntry.objects.aggregate(top=Max("seq"))["top"] or 0
