"""Lists, filters, counts, boards and the search box over a million companies and two million people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.db import connection
from django.urls import reverse

from embudo.business.directory.models import Company, Person
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.attributes import commands as attributes
from embudo.foundation.attributes.models import SavedView
from embudo.kernel.keyset import write_cursor
from embudo.project import setup
from embudo.project.bench import trivial
from embudo.project.bench.client import Client, in_turns, times
from embudo.project.bench.crowd import BASE, Crowd
from embudo.project.bench.figures import Control, Row, middle, percentile
from embudo.project.bench.pages import LIST_WALL, controls
from embudo.project.bench.place import served, trivial as bare_pages
from embudo.project.bench.seed import COMMON, RARE, cookie_of

FIRST_SIZE, COUNT = 100_000, 1_000_000
DEEP = 500_000  # rows before the page that the 10,000th cursor leads to
GROWTH = 1.3
COMPANIES, PEOPLE = "directory:companies", "directory:people"


def where(attribute: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"attribute": attribute, "op": op} | ({} if value is None else {"value": value})


@dataclass(frozen=True)
class View:
    """A saved view as people use it: a list, its order and its filter."""

    name: str
    list_key: str
    sort: str
    filter: Mapping[str, Any] = field(default_factory=dict)


MINE, CUSTOMER = where("owner", "is", "me"), where("is_customer", "yes")
GOLD, LARGE = where("custom_tier", "is", "gold"), where("custom_turnover", "more", 900)
VIEWS = (
    View("companies, changed last", COMPANIES, "-updated"),
    View("companies by name", COMPANIES, "name"),
    View("my companies", COMPANIES, "-updated", MINE),
    View("customers", COMPANIES, "-updated", CUSTOMER),
    View("my customers by name", COMPANIES, "name", {"and": [MINE, CUSTOMER]}),
    View("companies of tier gold", COMPANIES, "-created", GOLD),
    View("companies with a large turnover", COMPANIES, "-created", LARGE),
    View("customers of tier gold", COMPANIES, "-created", {"and": [GOLD, CUSTOMER]}),
    View("people, changed last", PEOPLE, "-updated"),
    View("people by name", PEOPLE, "name"),
    View("my people", PEOPLE, "-updated", MINE),
    View("people who are customers", PEOPLE, "-updated", CUSTOMER),
)


@dataclass
class Place:
    """A signed-in manager's browser, and the views made for the run."""

    client: Client
    views: Mapping[str, SavedView]
    count: int

    def path(self, view: View, **more: str) -> str:
        asked = "".join(f"&{name}={value}" for name, value in more.items())
        return f"{reverse(view.list_key)}?view={self.views[view.name].pk}{asked}"

    def both(self, view: View) -> tuple[str, str]:
        return self.path(view), self.deep(view)

    def deep(self, view: View) -> str:
        """The address of the page behind the 10,000th cursor, or in the middle where there are fewer."""
        model = Company if view.list_key == COMPANIES else Person
        column, at = view.sort.removeprefix("-"), min(DEEP, self.count // 2)
        value, pk = model.objects.order_by(
            view.sort, "-pk" if view.sort.startswith("-") else "pk"
        ).values_list(column, "pk")[at]
        return self.path(view, after=write_cursor(view.sort, value, pk))


def records(count: int, tell: Callable[[str], object]) -> list[Row]:
    """All rows, at a tenth of the size for the growth and then at the whole."""
    setup.migrate()
    setup.collect_static()
    trivial.make_table(BASE)
    crowd = Crowd(tell)
    crowd.settle()
    views = saved(crowd.seed.admin)
    small = max(min(FIRST_SIZE, count // 10), BASE)
    crowd.grow(small)
    before = pages(views, small)
    crowd.grow(count)
    return [*shown(before, pages(views, count)), *counted(views, count), *found(), *board()]


def saved(owner: User) -> dict[str, SavedView]:
    actor = actor_of(owner)
    return {
        view.name: attributes.create_view(
            actor,
            list_key=view.list_key,
            name=view.name,
            state=attributes.ViewState(sorts=(view.sort,), filter=dict(view.filter)),
        )
        for view in VIEWS
    }


def _client(port: Callable[..., Client]) -> Client:
    return port(Cookie=cookie_of(User.objects.get(email="admin@example.com")))


def pages(views: Mapping[str, SavedView], count: int) -> dict[str, tuple[float, float, Control]]:
    """p95 of the first page and of the deep one, by view, in turns with the control."""
    taken = {}
    with bare_pages() as bare, served("--empty", "--no-worker") as server:
        place = Place(_client(server.client), views, count)
        for view in VIEWS:
            asked = [(bare.client(), "/list"), *((place.client, path) for path in place.both(view))]
            plain, first, deep = (percentile(found, 0.95) for found in in_turns(asked))
            taken[view.name] = (first, deep, Control("trivial 50-row page, p95 ms", plain, LIST_WALL))
    return taken


def shown(
    before: Mapping[str, tuple[float, float, Control]], after: Mapping[str, tuple[float, float, Control]]
) -> list[Row]:
    rows = []
    for name, (first, deep, control) in after.items():
        rows.append(Row(f"{name}: first page, p95", first, "ms", 25, control))
        rows.append(Row(f"{name}: behind the 10,000th cursor, p95", deep, "ms", 25, control))
    growth = max(
        (max(first, deep) / control.factor) / (max(before[name][:2]) / before[name][2].factor)
        for name, (first, deep, control) in after.items()
    )
    return [*rows, Row("growth of the slowest view to ten times the records", growth, "x", GROWTH)]


def counted(views: Mapping[str, SavedView], count: int) -> list[Row]:
    """A list with its exact count beside the bare statement, and a filter on a custom and a standard attribute."""
    with connection.cursor() as cursor:
        bare = []
        for _number in range(5):
            begun = perf_counter()
            cursor.execute(f"SELECT count(*) FROM {Company._meta.db_table} WHERE is_customer")  # noqa: S608 - our table
            cursor.fetchone()
            bare.append((perf_counter() - begun) * 1000)
    plain = controls()
    with served("--empty", "--no-worker") as server:
        place = Place(_client(server.client), views, count)
        by_name = {view.name: view for view in VIEWS}
        exact = middle(times(place.client, place.path(by_name["customers"], exact="1"), count=7, warm=2))
        both = middle(times(place.client, place.path(by_name["customers of tier gold"]), count=20, warm=4))
    raw = middle(bare)
    return [
        Row(
            f"customers with their exact count, beside the raw statement ({raw:.0f} ms)",
            exact / raw,
            "x",
            1.8,
        ),
        Row(
            "filter on a custom and a standard attribute, with capped count: median",
            both,
            "ms",
            50,
            plain.wall,
        ),
    ]


def found() -> list[Row]:
    plain, rows = controls(), []
    with served("--empty", "--no-worker") as server:
        client = _client(server.client)
        for title, word in {"rare name": RARE, "common name": COMMON, "three letters": COMMON[:3]}.items():
            path = f"{reverse('search:suggest')}?q={word}"
            rows.append(
                Row(f"search box, {title}: median", middle(times(client, path)), "ms", 50, plain.wall)
            )
    return rows


def board() -> list[Row]:
    plain = controls()
    path = f"{reverse(COMPANIES)}?view=none&face=board&by=custom_tier&total=custom_turnover"
    with served("--empty", "--no-worker") as server:
        whole = middle(times(_client(server.client), path, count=20, warm=4))
    return [Row("board by a custom choice with sums: median", whole, "ms", 150, plain.wall)]
