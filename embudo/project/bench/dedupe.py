"""How well duplicates are found on the labelled set, and what a search of everything takes beside a plain self-join."""

import resource
from collections.abc import Iterator
from itertools import islice
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from embudo.business.directory.models import Company
from embudo.foundation.duplicates import commands
from embudo.foundation.duplicates.models import Scan
from embudo.foundation.duplicates.rules.weighing import COMPANY, PERSON, POSSIBLE
from embudo.project import setup
from embudo.project.bench.bulk import tidy
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.judging import judged
from embudo.project.bench.labelled import Maker

JUDGED = 8000  # different records of each kind; about a third more with the copies
SEED = 42  # the shipped weights were counted with 1
PRECISION, RECALL = 98, 95  # of 100
SECONDS_A_MILLION, MEMORY_MB = 300, 4096
BATCH = 5000
SELF_JOIN = """
SELECT count(*) FROM duplicates_matchkey one JOIN duplicates_matchkey other
ON one.key = other.key AND one.record_id < other.record_id
"""


def dedupes(count: int) -> list[Row]:
    return [*qualities(), *scans(count)]


def qualities() -> Iterator[Row]:
    """Precision and recall of the pairs that the queue would show."""
    for comparison, make in ((COMPANY, Maker(SEED).companies), (PERSON, Maker(SEED).people)):
        labelled = make(JUDGED)
        told = judged(comparison, labelled, POSSIBLE)
        what = f"{comparison.name}, {len(labelled.rows):,} records, {len(labelled.same_pairs()):,} true pairs"
        yield Row(f"precision: {what}", 100 * told.precision, "%", PRECISION, is_rate=True)
        yield Row(f"recall: {what}", 100 * told.recall, "%", RECALL, is_rate=True)


def scans(count: int) -> Iterator[Row]:
    """Of `count` companies, copies with errors among them, in a database of its own."""
    setup.migrate()
    fill(count)
    started = perf_counter()
    rebuilt = commands.rebuild_keys(Company.kind_name())
    keys = perf_counter() - started
    tidy()
    with connection.cursor() as cursor:
        started = perf_counter()
        cursor.execute(SELF_JOIN)
        joined = cursor.fetchone()[0]
        join = perf_counter() - started
    scan = Scan.objects.create(kind=Company.kind_name())
    started = perf_counter()
    found = commands.run_scan(scan.pk)
    seconds = perf_counter() - started
    # the control tells what the machine does at that moment; no allowance is made from it
    control = Control(
        f"self-join of {rebuilt.keys:,} keys in SQL, {joined:,} pairs, none weighed", join, join
    )
    reach = SECONDS_A_MILLION * count / 1_000_000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Row(f"making the keys of {count:,} companies", keys, "s", reach)
    yield Row(f"search of {count:,} companies, {found:,} pairs found", seconds, "s", reach, control)
    yield Row("memory of the process at its height", memory, "MB", MEMORY_MB)


def fill(count: int) -> None:
    rows = islice(_companies(count), count)
    while chunk := list(islice(rows, BATCH)):
        with transaction.atomic():
            Company.objects.bulk_create(chunk)


def _companies(count: int) -> Iterator[Company]:
    """In portions of different seeds, so that no list of a million rows stands beside what is measured."""
    for seed in range(count):
        for row in Maker(100 + seed).companies(20_000, share=0.05).rows:
            yield _company(row)


def _company(row: dict[str, Any]) -> Company:
    company = Company(**row)
    for column, value in company.derived().items():
        setattr(company, column, value)
    return company
