import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

NAME = "erasures.jsonl"

# Ids only, beside the database: what a backup brings back is erased again by this list.


def place_of_list() -> Path:
    return Path(settings.DATA) / NAME


def note_erasures(erasures: Iterable[dict[str, Any]]) -> int:
    """Adds to the list what it does not have yet; returns how many lines those were."""
    known = {(one["kind"], one["id"]) for one in noted_erasures()}
    fresh = [one for one in erasures if (one["kind"], one["id"]) not in known]
    if fresh:
        path = place_of_list()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{json.dumps(one)}\n" for one in fresh))
            file.flush()
            os.fsync(file.fileno())
    return len(fresh)


def noted_erasures() -> Iterator[dict[str, Any]]:
    """What the list holds; a last line that was cut off by a crash is left out."""
    path = place_of_list()
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
