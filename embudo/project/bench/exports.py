"""What leaves as a file: a list of 100,000 records with 20 columns as XLSX, from the address to the last byte."""

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
from embudo.project.bench.apart import apart, own_memory
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.imports import NAMES
from embudo.project.bench.seed import cookie_of

COLUMNS = (
    "name", "email", "phone", "mobile", "website", "tax_id", "regon", "krs", "street", "number", "postcode", "town", "region",
    "country", "sector", "employees", "is_customer", "owner", "created", "updated",
)  # fmt: skip
BARE = 2.6  # seconds for the same cells by the bare library on an idle machine
MOST_SECONDS, MOST_GROWTH = 6, 60


def measured() -> dict[str, float]:
    """
    In a process of its own: seconds from the question to the last byte of the file, how long that is, and what the
    process held before. It has shown the list already, as a server in use has.
    """
    inside = Inside(raise_request_exception=True, HTTP_HOST="127.0.0.1")
    session = cookie_of(User.objects.get(email="admin@example.com")).partition("=")[2]
    inside.cookies[settings.SESSION_COOKIE_NAME] = session
    inside.get("/companies/", {"columns": ",".join(COLUMNS)})
    before, begun = own_memory(), perf_counter()
    answer: Any = inside.get("/companies/", {"columns": ",".join(COLUMNS), "export": "xlsx"})
    size = sum(map(len, answer.streaming_content))
    answer.close()
    return {"seconds": perf_counter() - begun, "size": size, "before": before}


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
    told, most = apart(measured)
    control = Control(
        f"the {count:,} x {len(COLUMNS)} cells by the bare library, s", bare_seconds(), BARE * count / 100_000
    )
    share = count / 100_000
    return [
        Row(f"export of {count:,} x {len(COLUMNS)} as XLSX on {name}", told["seconds"], "s", MOST_SECONDS * share, control),
        Row("export: growth of the process", most.own - told["before"], "MB", MOST_GROWTH),
        Row("export: the file", told["size"] / 1_048_576, "MB", 20 * share),
    ]  # fmt: skip


BENCHES: dict[str, Callable[[], list[Row]]] = {"export": exports}
