"""What is written: leads by the API, alone and eight at once, and a card that is moved."""

import threading
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import count
from time import perf_counter

from django.db import connection

from embudo.business.sales.models import Opportunity, Stage
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.project.bench.client import Answer, Client, rush
from embudo.project.bench.figures import Control, Row, middle
from embudo.project.bench.place import Server, served, trivial
from embudo.project.bench.seed import cookie_of

AT_ONCE, EACH, ALONE, TURNS = 8, 60, 300, 7
# PERFORMANCE, one row created by a plain Django view: a second by eight clients, and CPU ms of the server a row. Its SQLite
# is WAL with synchronous NORMAL, which the control runs with; the product itself runs with FULL.
PLAIN = {"postgresql": 829.0, "sqlite": 1467.0}
PLAIN_CPU = {"postgresql": 1.2, "sqlite": 1.1}
REACH = {"postgresql": 240.0, "sqlite": 150.0}
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
LEADS = "/api/v1/leads"
numbers = count(1)


def _plain(client: Client, _number: int) -> Answer:
    return client.ask("POST", "/add", {})


def _lead(client: Client, _number: int) -> Answer:
    number = next(numbers)
    lead = {
        "name": f"Anna Nowak-{number}", "company_name": f"Firm {number}", "email": f"anna{number}@firm{number}.example.com",
        "phone": f"+4858{number:07}", "message": "Please call me back about an offer for twelve machines.",
    }  # fmt: skip
    return client.ask("POST", LEADS, lead)


def controls() -> tuple[Control, Control]:
    """How much slower this machine is, now: CPU for one client, the rate for eight."""
    vendor, name = connection.vendor, NAMES[connection.vendor]
    with trivial() as plain:
        clients = [plain.client() for _number in range(AT_ONCE)]
        rush(clients, _plain, each=10)
        before = plain.cpu
        rush(clients[:1], _plain, each=ALONE)
        spent = (plain.cpu - before) / ALONE
        together = rush(clients, _plain, each=EACH).a_second
    return (
        Control(f"trivial creation on {name}, CPU ms", spent, PLAIN_CPU[vendor]),
        Control(
            f"trivial creation on {name}, {AT_ONCE} at once, a second", together, PLAIN[vendor], is_rate=True
        ),
    )


def token() -> str:
    owner = User.objects.get(email="admin@example.com")
    return access.create_token(actor_of(owner, origin="cli"), name="bench")[1]


def creations() -> list[Row]:
    """Eight at once in turns with the control, the middle of the turns: a slow moment of the machine comes to both."""
    vendor, name, secret = connection.vendor, NAMES[connection.vendor], token()
    single, _several = controls()
    with trivial() as plain, served("--empty") as server:
        bare = [plain.client() for _number in range(AT_ONCE)]
        clients = [server.client(Authorization=f"Bearer {secret}") for _number in range(AT_ONCE)]
        rush(clients, _lead, each=5)
        alone = rush(clients[:1], _lead, each=60)
        turns = [
            (rush(bare, _plain, each=EACH // 2), rush(clients, _lead, each=EACH // 2))
            for _turn in range(TURNS)
        ]
    rate = middle(plain.a_second for plain, _ours in turns)
    several = Control(
        f"trivial creation on {name}, {AT_ONCE} at once, a second", rate, PLAIN[vendor], is_rate=True
    )
    return [
        Row(f"create a lead on {name}: median", middle(alone.milliseconds), "ms", 8, single),
        Row(
            f"create leads on {name}, {AT_ONCE} at once",
            middle(ours.a_second for _plain, ours in turns),
            "/s",
            REACH[vendor],
            several,
            is_rate=True,
        ),
        Row(
            f"create leads on {name}: errors",
            alone.errors + sum(ours.errors for _plain, ours in turns),
            "",
            0,
        ),
    ]


class Ear(threading.Thread):
    """Somebody else's open board: hears when a card has moved."""

    def __init__(self, server: Server, cookie: str, record: str) -> None:
        super().__init__(daemon=True)
        self.connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        self.connection.request(
            "GET", f"/events/?watch=sales.opportunity:{record}", headers={"Cookie": cookie}
        )
        self.response = self.connection.getresponse()
        self.ready, self.heard = threading.Event(), threading.Event()
        self.at = 0.0

    def run(self) -> None:
        while line := self.response.readline():
            if b"event: ready" in line:
                self.ready.set()
            elif b"event: changed" in line:
                self.at = perf_counter()
                self.heard.set()

    def wait(self) -> float:
        if not self.heard.wait(10):
            raise RuntimeError("the moved card was not announced")
        self.heard.clear()
        return self.at


def cards() -> list[Row]:
    admin, secret = User.objects.get(email="admin@example.com"), token()
    card = Opportunity.objects.filter(state="open").order_by("-created")[0]
    stages = [
        str(pk) for pk in Stage.objects.filter(kind="open").order_by("order").values_list("pk", flat=True)
    ]
    path = f"/api/v1/opportunities/{card.pk}/move"
    single, _several = controls()
    taken = []
    with served("--empty") as server:
        ear = Ear(server, cookie_of(admin), str(card.pk))
        ear.start()
        ear.ready.wait(10)
        mover = server.client(Authorization=f"Bearer {secret}")
        for number in range(25):
            stage = stages[(number + 1 + stages.index(str(card.stage_id))) % len(stages)]
            started = perf_counter()
            answer = mover.ask("POST", path, {"stage_id": stage})
            if answer.status >= 400:
                raise RuntimeError(f"moving the card answered {answer.status}: {answer.body[:200]!r}")
            taken.append((ear.wait() - started) * 1000)
    return [Row("move a card: click to announced, median", middle(taken[5:]), "ms", 100, single)]


BENCHES: dict[str, Callable[[], list[Row]]] = {"create": creations, "card": cards}
