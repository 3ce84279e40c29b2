"""Hundreds of people who record at once, each in a session of their own: what they type is kept, and nothing waits."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from random import Random
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, connections
from django.urls import reverse

from embudo.business.intake import commands as intake
from embudo.business.intake.models import Assignment, Draft, Entry
from embudo.business.intake.rules.states import Duty
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.kernel.actor import system_actor
from embudo.kernel.follow import hear_no_past
from embudo.project import setup
from embudo.project.bench import trivial as plain
from embudo.project.bench.browser import Browser, Page
from embudo.project.bench.figures import Control, Row, percentile
from embudo.project.bench.place import served, trivial
from embudo.project.bench.seed import cookie_of
from embudo.project.sample.firms import nip

SYSTEM = system_actor("bench")
OPERATORS = {"postgresql": 300, "sqlite": 30}
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
RECORD = 90  # seconds in which one record is entered
PAUSE = 5  # between two autosaves
EARLIER = 3  # records of each that are there before
REACH = 150  # ms, p95
SLOWEST = 1000  # ms, p99: who waits a second looks up
LOAD_ROWS = 5000  # in the control's table
# Rather more than the trivial views take at p95 (300 people, PostgreSQL, a half laden machine: 3.4 and 10.7): the factor forgives less.
PLAIN = {"autosave": 10.0, "list": 15.0}
LIKE = {"autosave": "autosave", "list": "list", "form": "list", "record": "autosave"}
DRAFT = re.compile(r'data-drafts="([^"]+)" data-draft="([^"]+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Book:
    """What everybody's requests took, by kind, and what the server acknowledged."""

    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    entered: set[str] = field(default_factory=set)
    typed: dict[str, int] = field(default_factory=dict)  # draft -> the last save that was acknowledged
    lock: Lock = field(default_factory=Lock)

    def note(self, kind: str, page: Page) -> bool:
        """Whether it was answered well."""
        with self.lock:
            self.taken[kind].append(page.milliseconds)
            if page.status != 200:
                self.faults.append(f"{kind}: {page.status} {page.text[:200]}")
        return page.status == 200


class Operator:
    """One person: opens a form, types, is saved every five seconds, looks at the list, saves the record and goes on to the next."""

    def __init__(self, number: int, browser: Browser, assignment: Assignment, book: Book) -> None:
        self.number, self.browser, self.book = number, browser, book
        self.assignment = assignment
        self.form = reverse("intake:entry_new", args=[assignment.pk])
        self.list = f"{reverse('intake:my_work')}?assignment={assignment.pk}"
        self.random = Random(number)  # noqa: S311 - the same records every time
        self.records, self.sequence = 0, 0
        self.values: dict[str, str] = {}
        self.save_url = self.draft = self.token = ""

    def open(self) -> None:
        page = self.browser.ask("GET", self.form)
        if self.book.note("form", page):
            self._take(page.text)

    def _take(self, html: str) -> None:
        """The form in the page: where it is saved, and its token."""
        found, token = DRAFT.search(html), TOKEN.search(html)
        if found is None or token is None:
            with self.book.lock:
                self.book.faults.append("form: the page holds no form to type into")
            return
        self.save_url, self.draft, self.token = unescape(found[1]), found[2], token[1]
        self.sequence, self.records = 0, self.records + 1
        self.values = self._record()

    def _record(self) -> dict[str, str]:
        name = f"Zakład {self.number}-{self.records}-{self.random.randrange(10**9)}"
        host = f"z{self.number}n{self.records}.example.com"
        return {
            "name": name, "tax_id": nip(self.random), "street": "Polna", "number": str(self.number + 1), "postcode": "26-600",
            "town": "Radom", "region": "mazowieckie", "website": f"https://{host}", "email": f"biuro@{host}",
            "phone": f"+48 48 {self.number:03} {self.records % 100:02} {self.random.randrange(100):02}",
            "source1": "Register",
        }  # fmt: skip

    def save(self, share: float) -> None:
        """What stands in the form after so much of the time."""
        if not self.save_url:
            return self.open()
        self.sequence += 1
        fields = dict(list(self.values.items())[: max(1, round(share * len(self.values)))])
        body = json.dumps(
            {"values": fields, "sequence": self.sequence, "title": self.values["name"]}
        ).encode()
        page = self.browser.ask(
            "POST", self.save_url, body, Content_Type="application/json", X_CSRFToken=self.token
        )
        if self.book.note("autosave", page):
            with self.book.lock:
                self.book.typed[self.draft] = self.sequence
        return None

    def look(self) -> None:
        self.book.note("list", self.browser.ask("GET", self.list))

    def finish(self) -> None:
        """Saves the record; the answer holds the next form."""
        if not self.save_url:
            return
        name, draft = self.values["name"], self.draft
        body = urlencode({**self.values, "draft": draft, "csrfmiddlewaretoken": self.token}).encode()
        page = self.browser.ask(
            "POST", f"{self.form}?draft={draft}", body, Content_Type="application/x-www-form-urlencoded",
            HX_Request="true", HX_Target="main#main",
        )  # fmt: skip
        if self.book.note("record", page):
            with self.book.lock:
                self.book.entered.add(name)
                self.book.typed.pop(draft, None)
            self._take(page.text)


def turns(number: int, of: int, seconds: float) -> Iterator[tuple[float, bool]]:
    """When somebody is saved, and whether they finish the record then: once in each RECORD, everybody at another moment."""
    offset = PAUSE * number / of
    every = max(round(min(RECORD, seconds) / PAUSE), 2)
    last = 1 + int((number * 0.618 % 1) * (every - 1))  # the golden ratio spreads them evenly
    for turn in range(max(int(seconds / PAUSE), every)):
        yield offset + turn * PAUSE, turn % every == last


def work(people: Sequence[Any], seconds: float, act: Callable[[Any, bool, float], None]) -> None:
    """Everybody by their own timetable; who is late does not catch up."""
    started = monotonic() + 1

    def one(number: int) -> None:
        for at, is_last in turns(number, len(people), seconds):
            sleep(max(0.0, started + at - monotonic()))
            act(people[number], is_last, (at % RECORD) / RECORD)

    with ThreadPoolExecutor(len(people)) as threads:
        list(threads.map(one, range(len(people))))


def seeded(count: int) -> tuple[Assignment, list[User]]:
    """An open assignment with so many operators, each with some records."""
    boss = access.create_user(
        SYSTEM, email="boss@example.com", name="Boss", roles=("coordinator", "supervisor")
    )
    lead = actor_of(boss)
    assignment = intake.create_assignment(lead, title="Meat companies", coordinator=boss.pk, target=10_000)
    intake.bind_person(lead, assignment, person=boss, duty=Duty.SUPERVISOR)
    assignment = intake.open_assignment(lead, assignment)
    found = []
    for number in range(count):
        one = access.create_user(
            SYSTEM, email=f"operator{number}@example.com", name=f"Operator {number}", roles=("operator",), manager=boss
        )  # fmt: skip
        intake.bind_person(lead, assignment, person=one, duty=Duty.OPERATOR, supervisor=boss)
        actor = actor_of(one)
        for earlier in range(EARLIER):
            values = {"name": f"Earlier {number}-{earlier}", "town": f"Town {number}"}
            intake.enter_entry(actor, assignment, values=values, seconds=60, is_another=True)
        found.append(one)
    return assignment, found


def controls(count: int, seconds: float) -> dict[str, Control]:
    """The trivial list and the trivial write, by as many people at the same rate."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    lock = Lock()

    def act(browser: Browser, _is_last: bool, _share: float) -> None:  # noqa: FBT001 - as `work` calls it
        found = {"autosave": browser.ask("POST", "/add", b"{}"), "list": browser.ask("GET", "/list")}
        with lock:
            for kind, page in found.items():
                taken[kind].append(page.milliseconds)

    with trivial() as server:
        work([Browser(server.port) for _number in range(count)], seconds, act)
    return {
        kind: Control(f"trivial {'write' if kind == 'autosave' else '50-row page'} by {count} people, p95 ms",
                      percentile(taken[kind], 0.95), PLAIN[kind])
        for kind in PLAIN
    }  # fmt: skip


def recorded(
    count: int, seconds: float, tell: Callable[[str], object], *, looks_always: bool = False
) -> Book:
    """What `count` operators did in so many seconds, on a server as in earnest."""
    assignment, people = seeded(count)
    hear_no_past()
    cookies = [cookie_of(one) for one in people]
    connections.close_all()
    book = Book()

    def act(one: Operator, is_last: bool, share: float) -> None:  # noqa: FBT001 - as `work` calls it
        if is_last:
            one.finish()
        else:
            one.save(share)
        if is_last or looks_always:
            one.look()

    with served("--empty") as server:
        # the form's token stands in the page; a cookie of the same kind belongs to it
        token = "b" * 32
        everybody = [
            Operator(number, Browser(server.port, {"Cookie": f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}"}), assignment, book)
            for number, cookie in enumerate(cookies)
        ]  # fmt: skip
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(Operator.open, everybody))
        opened = book.taken.pop("form")  # many at once, as nobody begins a day's work
        tell(f"{len(opened)} people opened the form")
        work(everybody, seconds, act)
        tell(f"{sum(one.browser.reconnected for one in everybody)} times the server had closed a connection")
    return book


def lost(book: Book) -> tuple[int, int]:
    """Records and typed forms that were acknowledged and are not in the database."""
    names = set(Entry.objects.values_list("name", flat=True))
    held = {str(pk): sequence for pk, sequence in Draft.objects.values_list("pk", "sequence")}
    typed = sum(held.get(draft, 0) < sequence for draft, sequence in book.typed.items())
    return len(book.entered - names), typed


def operators(tell: Callable[[str], object], count: int = 0, seconds: int = 0, *often: int) -> list[Row]:
    """
    `count` people, or as many as the database is meant for; each is saved every five seconds and enters a record in ninety.
    A list follows each record and (`often`) each autosave too, which nobody does by hand.
    """
    looks_always = any(often)
    setup.migrate()
    setup.collect_static()
    count = count or OPERATORS[connection.vendor]
    seconds = seconds or RECORD
    plain.make_table(LOAD_ROWS)
    connections.close_all()
    known = controls(count, min(seconds, 30))
    book = recorded(count, seconds, tell, looks_always=looks_always)
    for fault in book.faults[:5]:
        tell(fault)
    title = f"{count} operators on {NAMES[connection.vendor]}{', a list after each autosave' if looks_always else ''}"
    rows = []
    for kind, taken in sorted(book.taken.items()):
        control = known[LIKE[kind]]
        for name, share, reach in (("p50", 0.5, REACH), ("p95", 0.95, REACH), ("p99", 0.99, SLOWEST)):
            rows.append(Row(f"{title}: {kind}, {name}", percentile(taken, share), "ms", reach, control))
    records, typed = lost(book)
    return [
        *rows,
        Row(f"{title}: records entered", len(book.entered), "", count, is_rate=True),
        Row(f"{title}: errors", len(book.faults), "", 0),
        Row(f"{title}: acknowledged records lost", records, "", 0),
        Row(f"{title}: acknowledged drafts lost", typed, "", 0),
    ]
