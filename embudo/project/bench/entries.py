"""An assignment with a million entries, as each of those concerned looks at it: lists, filters, figures, the queue and its next entry."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from time import perf_counter
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import reverse

from embudo.business.intake.models import Binding, Entry, Tally
from embudo.business.intake.rules.states import SHOWN_TO_VERIFIER, WITH_VERIFIER, Duty
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.columns import sent
from embudo.project import setup
from embudo.project.bench import trivial
from embudo.project.bench.assigned import COMMON, KEY, RARE, VERIFIERS, Assigned
from embudo.project.bench.browser import Browser
from embudo.project.bench.client import times
from embudo.project.bench.figures import Control, Row, middle, percentile
from embudo.project.bench.operators import NAMES
from embudo.project.bench.pages import controls
from embudo.project.bench.place import Server, served
from embudo.project.bench.seed import cookie_of

REACH = 50  # ms, p95
SEEN, WARM, BARE = 40, 8, 7
PLAIN_ROWS = 10_000  # in the control's table
PAGE, CAP = 51, 10_001
TOKEN = "b" * 32
SHOWN = "id, name, state, assignment_id, owner_id, town, created, updated"
VALUE = {"sqlite": f"json_extract(custom, '$.{KEY}')", "postgresql": f"(custom ->> '{KEY}')"}


@dataclass(frozen=True)
class Bare:
    """The statements of a page as somebody writes them by hand, with the ids they are asked for."""

    statements: Sequence[str]

    def milliseconds(self) -> float:
        """The control: all of them, the median of some runs."""
        taken = []
        with connection.cursor() as cursor:
            for _number in range(BARE):
                begun = perf_counter()
                for sql in self.statements:
                    cursor.execute(sql)
                    cursor.fetchall()
                taken.append((perf_counter() - begun) * 1000)
        return middle(taken)


@dataclass(frozen=True)
class Asked:
    """A page as one of those concerned opens it."""

    who: str
    what: str
    path: str
    bare: Bare


def entries(count: int, tell: Callable[[str], object]) -> list[Row]:
    setup.migrate()
    setup.collect_static()
    trivial.make_table(PLAIN_ROWS)
    filled = Assigned(count, tell)
    filled.plant()
    rows: list[Row] = []
    for who, pages in groupby(asked(filled), key=attrgetter("who")):
        plain = controls().slow  # of the same minute
        with served("--empty", "--no-worker") as server:
            client = server.client(Cookie=cookie_of(User.objects.get(email=f"{who}0@example.com")))
            for one in pages:
                taken = times(client, one.path, count=SEEN, warm=WARM)
                rows += judged(f"{who}: {one.what}", taken, one.bare.milliseconds(), plain)
            client.close()
            if who == "verifier":
                rows += judged(
                    "verifier: claims the next", claimed(server), Bare([_next(filled)]).milliseconds(), plain
                )
    return rows


def judged(what: str, taken: Sequence[float], bare: float, control: Control) -> list[Row]:
    title = f"{what} on {NAMES[connection.vendor]}"
    return [
        Row(f"{title}, p50", percentile(taken, 0.5), "ms", REACH, control),
        Row(f"{title}, p95 (bare statements: {bare:.1f} ms)", percentile(taken, 0.95), "ms", REACH, control),
    ]


# --- what is asked for ---------------------------------------------------------------------------------------------------


def asked(filled: Assigned) -> list[Asked]:
    """Everybody's pages of the assignment."""
    found = []
    for who, sight in sights(filled).items():
        found += lists(filled, who, sight)
    assignment, mine = filled.assignment, sights(filled)["operator"]
    work = f"{reverse('intake:my_work')}?{urlencode({'assignment': assignment.pk})}"
    own = f"SELECT day, state, sum(n), sum(seconds) FROM {_table(Tally)} WHERE {mine} AND n > 0 GROUP BY day, state"  # noqa: S608
    found.append(Asked("operator", "counts of the day", work, Bare([own, _page(mine)])))
    for who in ("supervisor", "coordinator", "principal"):
        path = reverse("intake:progress", args=[assignment.pk])
        found.append(Asked(who, "progress", path, Bare(_figures(sights(filled)[who]))))
    queue = (
        f"SELECT state, round, count(*) FROM {_table(Entry)} WHERE {_of(filled)} AND state IN {_among(WITH_VERIFIER)}"  # noqa: S608
        " GROUP BY state, round"
    )
    found.append(Asked("verifier", "queue with its counts", reverse("intake:queue"), Bare([queue])))
    return sorted(found, key=attrgetter("who"))


def sights(filled: Assigned) -> dict[str, str]:
    """What each of them sees of the assignment's entries, as a condition."""
    whole, parts = _of(filled), filled.operators
    led = Binding.objects.filter(assignment=filled.assignment, duty=Duty.OPERATOR)
    led = led.filter(supervisor__email="supervisor0@example.com")
    return {
        "operator": f"{whole} AND owner_id = {_quoted(parts[0].person_id)}",
        "supervisor": f"{whole} AND owner_id IN ({', '.join(map(_quoted, led.values_list('person', flat=True)))})",
        "coordinator": whole,
        "principal": whole,
        "verifier": f"{whole} AND state IN {_among(SHOWN_TO_VERIFIER)}",
    }


def lists(filled: Assigned, who: str, sight: str) -> list[Asked]:
    """The first page, and those narrowed to a frequent and to a rare value of the custom attribute, each with its count."""
    value = VALUE[connection.vendor]
    wanted = {"first page": sight} | {
        f"filter by a {rate} custom value": f"{sight} AND {value} = '{held}'"
        for rate, held in (("frequent", COMMON), ("rare", RARE))
    }
    held_by = dict(zip(wanted, ("", COMMON, RARE), strict=True))
    return [
        Asked(who, what, _path(filled, held_by[what]), Bare([_page(condition), _counted(condition)]))
        for what, condition in wanted.items()
    ]


def _path(filled: Assigned, held: str) -> str:
    tree = json.dumps({"attribute": f"custom_{KEY}", "op": "is", "value": held})
    given = {"assignment": str(filled.assignment.pk)} | ({"filter": tree} if held else {})
    return f"{reverse('intake:entries')}?{urlencode(given)}"


# --- the control's statements --------------------------------------------------------------------------------------------


def _table(model: type[Entry] | type[Tally]) -> str:
    return model._meta.db_table


def _quoted(value: object) -> str:
    return f"'{sent(value, connection)}'"


def _among(states: Sequence[str]) -> str:
    return f"({', '.join(_quoted(str(one)) for one in states)})"


def _of(filled: Assigned) -> str:
    return f"assignment_id = {_quoted(filled.assignment.pk)}"


def _page(condition: str) -> str:
    return (
        f"SELECT {SHOWN} FROM {_table(Entry)} WHERE {condition} ORDER BY created DESC, id DESC LIMIT {PAGE}"  # noqa: S608
    )


def _counted(condition: str) -> str:
    return f"SELECT count(*) FROM (SELECT 1 FROM {_table(Entry)} WHERE {condition} LIMIT {CAP}) AS capped"  # noqa: S608


def _figures(condition: str) -> list[str]:
    return [
        f"SELECT {by}, state, sum(n) FROM {_table(Tally)} WHERE {condition} AND n > 0 GROUP BY {by}, state"  # noqa: S608
        for by in ("owner_id, region", "day")
    ]


def _next(filled: Assigned) -> str:
    return f"SELECT * FROM {_table(Entry)} WHERE {_of(filled)} AND state = 'handed_in' ORDER BY handed_in, id LIMIT 1"  # noqa: S608


# --- the queue -----------------------------------------------------------------------------------------------------------


def claimed(server: Server) -> list[float]:
    """Milliseconds in which each verifier is given an entry, one after the other; the first find what came back corrected."""
    taken = []
    body = urlencode({"assignment": "", "csrfmiddlewaretoken": TOKEN}).encode()
    for number in range(VERIFIERS):
        user = User.objects.get(email=f"verifier{number}@example.com")
        browser = Browser(server.port, {"Cookie": f"{cookie_of(user)}; {settings.CSRF_COOKIE_NAME}={TOKEN}"})
        browser.ask("GET", reverse("intake:next"))
        page = browser.ask(
            "POST", reverse("intake:next"), body, Content_Type="application/x-www-form-urlencoded"
        )
        browser.close()
        if page.status != 302:
            raise RuntimeError(f"the next entry: {page.status}")
        taken.append(page.milliseconds)
    held = Entry.objects.filter(verifier__email__startswith="verifier", leased__gte=clock.now()).count()
    if held != VERIFIERS:
        raise RuntimeError(f"{held} of {VERIFIERS} were given an entry")
    return taken
