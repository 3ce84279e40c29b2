"""
A measurement in a fresh process: the one that made the large set holds its memory for good, so nothing could be seen to grow
in it. Run as python -m … MODULE FUNCTION ANSWER_FILE ARGUMENTS.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from embudo.project.bench.sse import memory_of, server_pids

LOOK = 0.2  # seconds between two looks at a process
SELDOM = 5  # looks between two at the whole of it: that takes longer


@dataclass
class Height:
    """The most that processes held together, in MB: of their own, and with the files that they map (PSS)."""

    own: float = 0.0
    whole: float = 0.0


def own_memory(pid: int | str = "self") -> float:
    """What a process holds of its own, in MB; 0 when it is gone."""
    with suppress(OSError):
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        lines = dict(line.split(":", 1) for line in told.splitlines())
        return sum(int(lines[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in lines) / 1024
    return 0.0


def _whole_memory(pids: Sequence[int]) -> float:
    with suppress(OSError, StopIteration):  # one of them has just gone
        return memory_of(pids) / 1024
    return 0.0


def apart(measure: Callable[..., Any], *arguments: str) -> tuple[Any, Height]:
    """The function's answer (as JSON keeps it), and the most that its process and those it started held together."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.json"
        named = [measure.__module__, measure.__name__, str(file), *arguments]
        process = subprocess.Popen([sys.executable, "-m", __name__, *named])
        most, look = Height(), 0
        while process.poll() is None:
            pids = server_pids(process.pid)
            most.own = max(most.own, sum(map(own_memory, pids)))
            if look % SELDOM == 0:
                most.whole = max(most.whole, _whole_memory(pids))
            look += 1
            sleep(LOOK)
        if process.returncode:
            raise RuntimeError(f"{measure.__name__} ended with {process.returncode}")
        return json.loads(file.read_text(encoding="utf-8")), most


def main(module: str, function: str, file: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embudo.project.settings")
    import django  # noqa: PLC0415 - only here, in the process of its own

    django.setup()
    answer = getattr(importlib.import_module(module), function)(*arguments)
    Path(file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
