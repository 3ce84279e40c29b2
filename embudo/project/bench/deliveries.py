"""What an assignment delivers as a file: 100,000 entries with 30 columns, from the order to the kept workbook."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import rustpy_xlsxwriter
from django.db import connection, transaction

from embudo.business.intake import commands
from embudo.business.intake.models import Assignment, Delivery, Entry
from embudo.business.intake.rules.asked import STANDARD
from embudo.business.intake.rules.keys import entry_keys
from embudo.business.intake.rules.states import EntryState
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.kernel import clock, prepared
from embudo.kernel.actor import system_actor
from embudo.project import setup
from embudo.project.bench.apart import apart, own_memory
from embudo.project.bench.bulk import tidy
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.imports import NAMES, work

ATTRIBUTES = tuple(name for name in STANDARD["company"] if name != "remarks")[:28]
COLUMNS = (*ATTRIBUTES, "day", "operator")
PATHS = (*ATTRIBUTES, "day", "owner__name")
BATCH = 2000
BARE = (
    3.9  # seconds by the bare library on an idle machine: those of `bench export` for half as many cells more
)
MOST_SECONDS, MOST_GROWTH = 10, 150
TOWNS = ("Gdańsk", "Łódź", "Kraków", "Poznań", "Sopot")


def entry(assignment: Assignment, owner: User, n: int) -> Entry:
    values: dict[str, Any] = {
        "subject": "company", "name": f"Przedsiębiorstwo {n:06} Sp. z o.o.", "tax_id": f"{n:010}", "vat_id": f"PL{n:010}",
        "regon": f"{n:09}", "krs": f"{n:010}", "siret": "", "pkd": "10.11.Z", "pkd_others": "10.12.Z, 46.32.Z",
        "street": f"Długa {n % 99}", "number": str(n % 50 + 1), "postcode": f"{n % 90 + 10:02}-{n % 1000:03}", "town": TOWNS[n % 5],
        "region": "pomorskie", "country": "PL", "activity": "Przetwórstwo mięsa", "sector": "Spożywcza",
        "website": f"https://www.firma{n}.example.com", "email": f"biuro@firma{n}.example.com", "phone": f"+4858{n:07}",
        "mobile": f"+48600{n % 1_000_000:06}", "fax": "", "employees": n % 500, "size": "small", "founded": 1950 + n % 70,
        "source1": "KRS", "source2": "www", "source3": f"teczka {n % 40}", "source4": "",
    }  # fmt: skip
    now = clock.now()
    owned = {"assignment_id": assignment.pk, "owner_id": owner.pk, "custom": {}, "remarks": ""}
    state = {"state": EntryState.ACCEPTED, "seconds": 60, "handed_in": now, "decided": now}
    return prepared.made(Entry, {**values, **entry_keys(values), **owned, **state})


def plant(count: int) -> Assignment:
    system = system_actor("bench")
    owner = access.create_user(
        system, email="admin@example.com", name="Ada Chief", roles=("administrator",), password=None
    )
    asked = [{"name": name} for name in ATTRIBUTES]
    actor = actor_of(owner)
    assignment = commands.create_assignment(actor, title="Meat companies", asked=asked, principal=owner)
    commands.open_assignment(actor, assignment)
    for first in range(0, count, BATCH):
        with transaction.atomic():
            prepared.insert_all(
                [entry(assignment, owner, n) for n in range(first, min(first + BATCH, count))]
            )
    tidy()
    return assignment


def measured() -> dict[str, float]:
    """In a process of its own, as the worker is one: seconds by the clock and of the processor, and what it held before."""
    actor = actor_of(User.objects.get(email="admin@example.com"))
    assignment = Assignment.objects.get()
    # it has made another one before, as a worker in use has
    commands.order_delivery(actor, assignment, columns=("name",), format="csv")
    work()
    found = commands.order_delivery(actor, assignment, columns=COLUMNS)
    before, begun, worked = own_memory(), perf_counter(), process_time()
    work()
    seconds, cpu = perf_counter() - begun, process_time() - worked
    made = Delivery.objects.get(pk=found.pk)
    return {"seconds": seconds, "cpu": cpu, "rows": made.rows, "size": made.size, "before": before}


def bare_seconds() -> float:
    """The control: the same cells, read by a cursor and written by the bare library."""

    def rows() -> Iterator[dict[str, Any]]:
        for row in Entry.objects.order_by("created", "id").values_list(*PATHS).iterator(chunk_size=BATCH):
            yield dict(zip(COLUMNS, row, strict=True))

    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        rustpy_xlsxwriter.write_worksheet(rows(), str(Path(folder) / "bare.xlsx"))
        return perf_counter() - begun


def deliveries(count: int, say: Callable[[str], object]) -> list[Row]:
    setup.migrate()
    say(f"entries: {count:,}")
    plant(count)
    told, most = apart(measured)
    name, share = NAMES[connection.vendor], count / 100_000
    what = f"the {count:,} x {len(COLUMNS)} cells by the bare library, s"
    control = Control(what, bare_seconds(), BARE * share)
    return [
        Row(f"delivery of {count:,} x {len(COLUMNS)} as XLSX on {name}", told["seconds"], "s", MOST_SECONDS * share, control),
        Row("delivery: processor", told["cpu"], "s", MOST_SECONDS * share),
        Row("delivery: growth of the process", most.own - told["before"], "MB", MOST_GROWTH),
        Row("delivery: rows missing", count - told["rows"], "", 0),
        Row("delivery: the file", told["size"] / 1_048_576, "MB", 25 * share),
    ]  # fmt: skip
