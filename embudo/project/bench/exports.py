"""What leaves as a file: a list of 100,000 records with 20 columns as XLSX, from the address to the last byte."""

import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import rustpy_xlsxwriter
from django.conf import settings
from django.db import connection
from django.test import Client as Inside

from embudo.business.directory.models import Company
from embudo.foundation.access.models import User
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.imports import NAMES
from embudo.project.bench.seed import cookie_of

COLUMNS = (
    "name", "email", "phone", "mobile", "website", "tax_id", "regon", "krs", "street", "number", "postcode", "town", "region",
    "country", "sector", "employees", "is_customer", "owner", "created", "updated",
)  # fmt: skip
BARE = 2.6  # seconds for the same cells by the bare library on an idle machine
MOST_SECONDS, MOST_GROWTH = 6, 60


def peak() -> float:
    """The most memory that this process has held, in MB; it never falls."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def exported() -> tuple[float, int]:
    """Seconds from the question to the last byte of the file, and how long that is."""
    inside = Inside(raise_request_exception=True, HTTP_HOST="127.0.0.1")
    session = cookie_of(User.objects.get(email="admin@example.com")).partition("=")[2]
    inside.cookies[settings.SESSION_COOKIE_NAME] = session
    begun = perf_counter()
    answer: Any = inside.get("/companies/", {"columns": ",".join(COLUMNS), "export": "xlsx"})
    size = sum(map(len, answer.streaming_content))
    answer.close()
    return perf_counter() - begun, size


def bare_seconds() -> float:
    """The control: the same cells, read by a cursor and written by the bare library."""

    def rows() -> Iterator[dict[str, Any]]:
        found = Company.objects.order_by("-updated", "-id").values_list(
            *COLUMNS[:17], "owner__name", *COLUMNS[18:]
        )
        for row in found.iterator(chunk_size=2000):
            cells = [value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value for value in row]
            yield dict(zip(COLUMNS, cells, strict=True))

    with tempfile.TemporaryDirectory() as folder:
        begun = perf_counter()
        rustpy_xlsxwriter.write_worksheet(rows(), str(Path(folder) / "bare.xlsx"))
        return perf_counter() - begun


def exports() -> list[Row]:
    count, name = Company.objects.count(), NAMES[connection.vendor]
    before = peak()
    seconds, size = exported()
    growth = peak() - before
    # last: its own memory is not to be counted
    control = Control(
        f"the {count:,} x {len(COLUMNS)} cells by the bare library, s", bare_seconds(), BARE * count / 100_000
    )
    share = count / 100_000
    return [
        Row(f"export of {count:,} x {len(COLUMNS)} as XLSX on {name}", seconds, "s", MOST_SECONDS * share, control),
        Row("export: growth of the process", growth, "MB", MOST_GROWTH),
        Row("export: the file", size / 1_048_576, "MB", 20 * share),
    ]  # fmt: skip


BENCHES: dict[str, Callable[[], list[Row]]] = {"export": exports}
