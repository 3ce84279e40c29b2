"""The control: a Django application that does nothing but list 50 rows of one plain table, and insert one."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from embudo.project.bench.figures import as_measured
from embudo.project.bridge import Pages
from embudo.project.database import database_from

if not settings.configured:
    settings.configure(
        SECRET_KEY="none",  # noqa: S106 - nothing is signed
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={
            "default": as_measured(
                database_from(os.environ.get("DATABASE_URL", ""), Path(os.environ["DATA"]))
            )
        },
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    import django

    django.setup(set_prefix=False)

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path

TABLE = "bench_control"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = ("name", "email", "phone", "town", "state", "amount", "created", "note")
ROW = "<tr>" + "".join(f"<td>{{{{ row.{name} }}}}</td>" for name in COLUMNS) + "</tr>"
PAGE = f"<!doctype html><title>List</title><table>{{% for row in rows %}}{ROW}{{% endfor %}}</table>"


class Plain(models.Model):
    name = models.CharField(max_length=80)
    email = models.CharField(max_length=80)
    phone = models.CharField(max_length=20)
    town = models.CharField(max_length=40)
    state = models.CharField(max_length=12)
    amount = models.BigIntegerField()
    created = models.DateTimeField()
    note = models.CharField(max_length=80)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = "bench"
        db_table = TABLE
        managed = False


INDEX = f"CREATE INDEX IF NOT EXISTS bench_control_order ON {TABLE} (state, created DESC, id DESC)"


def make_table(count: int) -> None:
    """In the product's own database, so that both stand on the same files and settings."""
    with connection.schema_editor() as editor:
        editor.create_model(Plain)

    rows = (
        Plain(
            name=f"Name {number}", email=f"{number}@example.com", phone=f"+1202555{number:07}"[:20], town="Springfield",
            state=("new", "open", "won", "lost")[number % 4], amount=number * 7, created=MOMENT, note="plain",
        )
        for number in range(count)
    )  # fmt: skip
    Plain.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute(INDEX)


def page(request: HttpRequest) -> HttpResponse:
    rows = Plain.objects.filter(state="open").order_by("-created", "-id")[:50]
    return HttpResponse(template().render({"rows": rows}))


_known: dict[str, Any] = {}


def template() -> Any:
    if "list" not in _known:
        _known["list"] = engines["django"].from_string(PAGE)
    return _known["list"]


def add(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        row = Plain.objects.create(
            name="Ann", email="ann@example.com", phone="1", town="Springfield", state="new", amount=1,
            created=MOMENT, note="",
        )  # fmt: skip
    return JsonResponse({"id": row.pk}, status=201)


urlpatterns = [path("list", page), path("add", add)]


class Application:
    def __init__(self) -> None:
        self.pages: Pages | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.pages is None:
            self.pages = Pages(WSGIHandler(), 8)
        await self.pages(scope, receive, send)


application = Application()
