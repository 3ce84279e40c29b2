"""What an installation needs: memory, disk, time to start, and what open pages cost."""

import asyncio
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.foundation.access import commands as access
from embudo.foundation.access.queries import actor_of
from embudo.project.bench import sse
from embudo.project.bench.figures import Row
from embudo.project.bench.place import Server, served
from embudo.project.bench.seed import SYSTEM, cookie_of, newest

PACKAGE = Path(__file__).resolve().parents[2]
STREAMS, A_USER = 2000, 20
NAMED = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")


def starts() -> list[Row]:
    """On an installation of its own: the first start with the sample company, a later one, and the memory of it."""
    with served() as first:
        seconds = first.seconds
        _look_around(first)
        memory = first.memory / 1024
    with served() as later:
        again = later.seconds
    return [
        Row("first start with the sample: first page", seconds, "s", 20),
        Row("later start: first page", again, "s", 4),
        Row("memory of all processes after the sample", memory, "MB", 300),
    ]


def _look_around(server: Server) -> None:
    client = server.client()
    for _number in range(20):
        client.close()
        client.get("/login/")


def sizes() -> list[Row]:
    """The package and everything that it requires, as they lie on the disk, compiled code included."""
    packages = sum(_size(one) for one in _required())
    own = sum(
        path.stat().st_size
        for path in PACKAGE.rglob("*")
        if path.is_file() and "tests" not in path.relative_to(PACKAGE).parts
    )
    return [Row("installed size without test tools", (packages + own) / 1e6, "MB", 450)]


def _own_requirements() -> list[str]:
    try:
        return metadata.requires("embudo") or []
    except metadata.PackageNotFoundError:  # run from a checkout
        project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return list(project["dependencies"])


def _required() -> Iterator[metadata.Distribution]:
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    pending = [(one, "") for one in _own_requirements()]
    while pending:
        line, extra = pending.pop()
        wanted = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        match = NAMED.match(line)
        if match is None or (wanted and wanted[1] != extra):
            continue
        name, extras = match[1].lower().replace("_", "-"), (match[2] or "").split(",")
        for one in ["", *(part.strip() for part in extras)]:
            if (name, one) in seen:
                continue
            seen.add((name, one))
            try:
                found = metadata.distribution(name)
            except metadata.PackageNotFoundError:  # for another system or Python
                continue
            if name not in names:
                names.add(name)
                yield found
            pending += [(further, one) for further in found.requires or []]


def _size(found: metadata.Distribution) -> int:
    paths = [Path(str(found.locate_file(file))) for file in found.files or []]
    return sum(path.stat().st_size for path in paths if path.exists())


def streams() -> list[Row]:
    sse.allow_many_files()
    users = [
        access.create_user(
            SYSTEM, email=f"viewer{number}@example.com", name=f"Viewer {number}", roles=("administrator",)
        )
        for number in range(STREAMS // A_USER)
    ]
    lead = newest(Lead, status="new")
    actor = actor_of(users[0])

    def act() -> None:
        sales.start_lead(actor, Lead.objects.get(pk=lead))

    with served("--empty", "--no-worker") as server:
        _look_around(server)
        found = asyncio.run(
            sse.measure(
                host="127.0.0.1", port=server.port, cookies=[cookie_of(user) for user in users], pids=server.pids,
                streams=STREAMS, act=act, query=f"?watch=sales.lead:{lead}",
            )
        )  # fmt: skip
    return [
        Row("idle SSE streams opened", found.opened, "", STREAMS, is_rate=True),
        Row("idle SSE stream: memory", found.kilobytes_a_stream, "kB", 40),
        Row("SSE streams that an event reached", found.reached, "", STREAMS, is_rate=True),
        Row("an event reaches all streams within", found.reached_seconds, "s", 3),
    ]


BENCHES: dict[str, Callable[[], list[Row]]] = {"start": starts, "size": sizes, "streams": streams}
