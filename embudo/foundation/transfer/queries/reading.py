"""Files of strangers are read by a program of their own with little memory, little time and no doors (rules/readers)."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from embudo.foundation.transfer.rules.faults import sentence
from embudo.kernel.errors import Invalid

PACKAGE_HOME = Path(__file__).resolve().parents[4]
PROGRAM = "embudo.foundation.transfer.rules.readers"
MEMORY = 384 * 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0"
HEAD_ROWS = 100
HEAD_SECONDS, WHOLE_SECONDS = 20, 120  # of processor time
SILENCE = 60.0  # seconds without a sign of life


@dataclass
class Reading:
    """A file as it is read: how (`told`), and its rows, each with its number in front."""

    told: dict[str, Any]
    rows: Iterator[list[Any]]


@dataclass
class Head:
    """The first rows of a file, and how it is read."""

    told: dict[str, Any] = field(default_factory=dict)
    rows: list[list[Any]] = field(default_factory=list)


@contextmanager
def reading(file: IO[bytes], options: Mapping[str, Any]) -> Iterator[Reading]:
    """Opens a file of any of the formats. Refuses (Invalid), in words, what can't be read; also later, row by row."""
    with _on_disk(file) as source:
        start = source.read(8)
        source.seek(0)
        limits = {"memory": MEMORY, "seconds": WHOLE_SECONDS, "needs_calamine": start.startswith(OLE)}
        process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, json.dumps({**limits, **options})],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(PACKAGE_HOME), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
            cwd=os.sep,
        )
        try:
            with _Watch(process) as watch:
                lines = watch.lines()
                yield Reading(next(lines), lines)
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def head_of(file: IO[bytes], options: Mapping[str, Any], rows: int = HEAD_ROWS) -> Head:
    """The first rows. Refuses (Invalid) what can't be read."""
    with reading(file, {**options, "limit": rows, "seconds": HEAD_SECONDS}) as found:
        return Head(found.told, list(found.rows))


class _Watch:
    """Ends the program when it has been silent for too long, however it manages that."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.heard = time.monotonic()
        self.waits = False
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.is_over.set()

    def _watch(self) -> None:
        while not self.is_over.wait(1.0):
            if self.waits and time.monotonic() - self.heard > SILENCE:
                self.process.kill()

    def lines(self) -> Iterator[Any]:
        """What the program says, until its end; a fault or a death of its own is raised in words."""
        assert self.process.stdout is not None  # noqa: S101 - it was asked for
        while True:
            self.heard, self.waits = time.monotonic(), True
            line = self.process.stdout.readline()
            self.waits = False
            if not line:
                raise Invalid({"file": [sentence(self._death(), {})]})
            value = json.loads(line)
            if isinstance(value, dict):
                if "fault" in value:
                    raise Invalid({"file": [sentence(value["fault"], value["facts"])]})
                if "end" in value:
                    return
            yield value

    def _death(self) -> str:
        """Killed for its time or for silence; any other sudden end is the memory's."""
        return "time" if self.process.wait(5) in (-9, -24) else "memory"


@contextmanager
def _on_disk(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """As a file that another program can be given; small uploads are only in memory."""
    file.seek(0)
    try:
        file.fileno()
    except (OSError, AttributeError):
        with tempfile.TemporaryFile() as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)
            copy.seek(0)
            yield copy
    else:
        with os.fdopen(os.dup(file.fileno()), "rb") as own:
            own.seek(0)
            yield own
