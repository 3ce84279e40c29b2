"""One part of `embudo bench`, in a process and an installation of its own: python -m … ROWS_FILE COUNT NAME …"""

import logging
import os
import sys
from functools import partial
from time import perf_counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embudo.project.settings")
django.setup()

from django.db import connections  # noqa: E402 - Django must be set up first

from embudo.project import setup  # noqa: E402
from embudo.project.bench import (  # noqa: E402
    daily,
    dedupe,
    deliveries,
    entries,
    exports,
    figures,
    footprint,
    imports,
    operators,
    pages,
    quota,
    records,
    trivial,
    writes,
)
from embudo.project.bench.seed import Seed  # noqa: E402

logger = logging.getLogger(__name__)
BENCHES = {**pages.BENCHES, **writes.BENCHES, **footprint.BENCHES, **imports.BENCHES, **exports.BENCHES}
UNSEEDED = frozenset(
    {"start", "size", "dedupe", "records", "deliveries", "operators", "entries", "daily", "quota"}
)


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main(file: str, count: int, names: list[str]) -> int:
    if {name.partition(":")[0] for name in names} - UNSEEDED:
        started = perf_counter()
        setup.migrate()
        Seed(count, say).plant()
        trivial.make_table(count)
        setup.collect_static()
        connections.close_all()
        say(f"seeded in {perf_counter() - started:.0f} s")
    benches = BENCHES | {
        "dedupe": partial(dedupe.dedupes, count),
        "records": partial(records.records, count, say),
        "operators": partial(operators.operators, say),
        "deliveries": partial(deliveries.deliveries, count, say),
        "daily": partial(daily.daily, count, say),
        "entries": partial(entries.entries, count, say),
        "quota": partial(quota.quota, say),
    }
    rows: list[figures.Row] = []
    failed = 0
    for told in names:  # "operators:30:90" is one with its sizes
        name, *sizes = told.split(":")
        say(f"measuring: {name}")
        try:
            rows += benches[name](*map(int, sizes))
        except Exception:  # the others are measured all the same
            logger.exception("the measurement of %s failed", name)
            failed = 1
        connections.close_all()
        figures.save(rows, file)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
