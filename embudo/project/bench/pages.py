"""What a person waits for: list, record, board, dashboard, search."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape

from django.conf import settings
from django.db import connection
from django.test import Client as Inside
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.directory.models import Company
from embudo.business.sales.models import Lead, Opportunity
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.activity import commands as activity
from embudo.project.bench.client import Client, times
from embudo.project.bench.figures import Control, Row, middle, percentile
from embudo.project.bench.place import Server, served, trivial
from embudo.project.bench.seed import COMMON, RARE, cookie_of, newest

LIST_WALL, LIST_CPU = (
    9.4,
    9.4,
)  # PERFORMANCE: uvicorn, SQLite, template: one request after another takes its CPU time
LOADED_LATER = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="[^"]*(?:load|revealed|intersect)')
NOTES = 20
SEEN, WARM = 50, 10
TURNS = 7


@dataclass(frozen=True)
class Controls:
    """The trivial list behind the same server: each of our figures is compared with the same figure of it."""

    wall: Control
    slow: Control
    cpu: Control


def controls() -> Controls:
    with trivial() as plain:
        client = plain.client()
        wall, cpu = _measured(plain, client, "/list", 150)
        slow = percentile(times(client, "/list", count=120), 0.95)
    return Controls(
        Control("trivial 50-row page, median ms", wall, LIST_WALL),
        Control("trivial 50-row page, p95 ms", slow, LIST_WALL),
        Control("trivial 50-row page, CPU ms", cpu, LIST_CPU),
    )


def _measured(server: Server, client: Client, path: str, count: int) -> tuple[float, float]:
    """Median wall and mean CPU of one request, what the idle processes use apart."""
    times(client, path, count=10)
    before = server.cpu
    taken = times(client, path, count=count, warm=0)
    return middle(taken), (server.cpu - before) / count


def lists() -> list[Row]:
    """In turns with the control, the middle of the turns: a machine's slow moment then comes to both, or counts for none."""
    names = ("sales:leads", "sales:opportunities")
    with trivial() as bare, served("--empty", "--no-worker") as server:
        mine = server.client(Cookie=cookie_of(User.objects.get(email="admin@example.com")))
        asked = [(bare, bare.client(), "/list"), *((server, mine, reverse(name)) for name in names)]
        turns = [[_measured(*one, 50) for one in asked] for _turn in range(TURNS)]
    plain, *found = (
        [middle(figures) for figures in zip(*of_one, strict=True)] for of_one in zip(*turns, strict=True)
    )
    wall = Control("trivial 50-row page, median ms", plain[0], LIST_WALL)
    cpu = Control("trivial 50-row page, CPU ms", plain[1], LIST_CPU)
    rows = []
    for name, (taken, spent) in zip(names, found, strict=True):
        title = name.partition(":")[2]
        rows += [
            Row(f"list of 50 {title}: median", taken, "ms", 18, wall),
            Row(f"list of 50 {title}: CPU", spent, "ms", 12, cpu),
        ]
    return rows


def later_parts(page: bytes) -> list[str]:
    """What the page asks for by itself once it is there, but for the number on the bell, which is on every page."""
    return [
        path for path in map(unescape, LOADED_LATER.findall(page.decode())) if path != reverse("notify:count")
    ]


def slowest(client: Client, path: str) -> tuple[float, float]:
    """p95 of the page itself, and of the page with all that it loads right afterwards, one part after the other."""
    htmx = replace(client, headers={**client.headers, "HX-Request": "true"}, connection=None)
    parts = later_parts(client.get(path).body)
    page, whole = [], []
    for number in range(SEEN + WARM):
        if number < WARM:  # another connection may reach another process
            client.close()
            htmx.close()
        first = client.get(path).milliseconds
        later = [htmx.get(part).milliseconds for part in parts]
        page.append(first)
        whole.append(first + sum(later))
    return percentile(page[WARM:], 0.95), percentile(whole[WARM:], 0.95)


def records() -> list[Row]:
    plain = controls()
    seller = User.objects.get(email="seller0@example.com")
    lead = Lead.objects.get(pk=newest(Lead, owner=seller))
    for number in range(NOTES):
        activity.add_note(
            actor_of(seller), about=lead, text=f"Note {number}: asked for a quotation and two references."
        )
    with served("--empty", "--no-worker") as server:
        client = server.client(Cookie=cookie_of(seller))
        path = reverse("sales:lead", args=[lead.pk])
        page, whole = slowest(client, path)
    return [
        Row("record page: p95", page, "ms", 20, plain.slow),
        Row(f"record page with {NOTES} notes and its other panels: p95", whole, "ms", 20, plain.slow),
    ]


def boards() -> list[Row]:
    return _for_both("board", "sales:board")


def dashboards() -> list[Row]:
    return _for_both("dashboard", "insight:dashboard")


def _for_both(title: str, name: str) -> list[Row]:
    """The slower of what an administrator and a seller see."""
    plain = controls()
    with served("--empty", "--no-worker") as server:
        people = [User.objects.get(email=f"{who}@example.com") for who in ("admin", "seller0")]
        found = [slowest(server.client(Cookie=cookie_of(one)), reverse(name)) for one in people]
    return [
        Row(f"{title}: p95", max(page for page, _whole in found), "ms", 60, plain.slow),
        Row(f"{title} with its parts: p95", max(whole for _page, whole in found), "ms", 60, plain.slow),
    ]


def search() -> list[Row]:
    plain = controls()
    asked = {
        "rare name": RARE,
        "common name": COMMON,
        "three letters": COMMON[:3],
        "typing mistake": "Quetzalcoalt",
    }
    rows = []
    with served("--empty", "--no-worker") as server:
        client = server.client(Cookie=cookie_of(User.objects.get(email="seller0@example.com")))
        for title, word in asked.items():
            path = f"{reverse('search:suggest')}?q={word}"
            rows.append(Row(f"search, {title}: median", middle(times(client, path)), "ms", 20, plain.wall))
    return rows


def queries() -> list[Row]:
    """The most that one page or part of a page asks of the database."""
    _name, _sign, key = cookie_of(User.objects.get(email="admin@example.com")).partition("=")
    inside = Inside(SERVER_NAME="127.0.0.1")
    inside.cookies[settings.SESSION_COOKIE_NAME] = key
    pages = [reverse(name) for name in (
        "insight:dashboard", "sales:leads", "sales:opportunities", "sales:board", "directory:companies", "directory:people",
        "billing:invoices", "billing:payments", "activity:tasks", "supply:products", "access:users", "audit:log", "notify:list",
    )]  # fmt: skip
    pages += [
        reverse("sales:lead", args=[newest(Lead)]),
        reverse("sales:opportunity", args=[newest(Opportunity)]),
        reverse("directory:company", args=[newest(Company)]),
        f"{reverse('search:results')}?q={COMMON}",
    ]
    counted: dict[str, int] = {}
    for page in pages:
        inside.get(page)
        body = _count(inside, page, counted)
        for part in later_parts(body):
            _count(inside, part, counted, HTTP_HX_REQUEST="true")
    worst = max(counted, key=lambda page: counted[page])
    return [
        Row(f"queries a page, at most ({re.sub('[0-9a-f-]{36}', '<id>', worst)})", counted[worst], "", 12)
    ]


def _count(inside: Inside, page: str, counted: dict[str, int], **headers: str) -> bytes:
    with CaptureQueriesContext(connection) as captured:
        answer = inside.get(page, **headers)  # type: ignore[arg-type]
    if answer.status_code != 200:
        raise RuntimeError(f"GET {page} answered {answer.status_code}")
    counted[page] = len(captured)
    return answer.content


BENCHES: dict[str, Callable[[], list[Row]]] = {
    "list": lists, "record": records, "board": boards, "dashboard": dashboards, "search": search, "queries": queries,
}  # fmt: skip
