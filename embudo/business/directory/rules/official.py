import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid

SUBCLASS = re.compile(r"(\d{2})\.?(\d{2})\.?([A-Z])")
FEWEST = 300  # the list has more than 700 subclasses: far fewer, and it is another file
LONGEST_NAME = 300


def list_file() -> Path:
    """Where the official list of PKD 2025 is kept once somebody has taken it in; beside the documents, so backups hold it."""
    return Path(settings.MEDIA_ROOT) / "lists" / "pkd_2025.json"


def subclasses() -> Mapping[str, str]:
    """The official subclasses ("62.10.B") and their names; empty until the list is taken in. Read again when the file changes."""
    try:
        changed = list_file().stat().st_mtime_ns
    except OSError:
        return {}
    return _read(str(list_file()), changed)


@lru_cache(maxsize=2)
def _read(path: str, _changed: int) -> Mapping[str, str]:
    return json.loads(Path(path).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def subclasses_in(rows: Iterable[Sequence[Any]]) -> dict[str, str]:
    """
    Codes and names found in a spreadsheet's rows, whatever its columns: the cell that is a subclass's code, and the longest
    text behind it. Refuses (Invalid) a file that is not the list.
    """
    found: dict[str, str] = {}
    for row in rows:
        cells = [" ".join(str(cell).split()) for cell in row if cell is not None]
        for place, cell in enumerate(cells):
            code = SUBCLASS.fullmatch(cell)
            name = max(cells[place + 1 :], key=len, default="")
            if code and any(letter.isalpha() for letter in name) and len(name) > 2:
                found[".".join(code.groups())] = name[:LONGEST_NAME]
                break
    if len(found) < FEWEST:
        fault = _("This is not the list: only %(n)d lines hold a code such as 62.10.B and its name.") % {
            "n": len(found)
        }
        raise Invalid({"file": [fault]})
    return found


def keep_subclasses(found: Mapping[str, str]) -> None:
    """Puts the list in place at once, whole."""
    target = list_file()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.new")
    draft.write_text(json.dumps(dict(sorted(found.items())), ensure_ascii=False), encoding="utf-8")
    draft.replace(target)
