"""Documents set as tagged PDF (PDF/UA-1) by a child process with limits and no network: `child.py` says how."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FONTS = HERE / "fonts"
SECONDS = 30


class NotTypeset(RuntimeError):
    """The document could not be made; the message is the typesetter's."""


def typeset(template: Path, data: Mapping[str, Any]) -> bytes:
    """The template with `data`, which it reads as values and never as markup."""
    quiet = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-I", str(HERE / "child.py"), str(template), str(FONTS)],
        input=json.dumps(data).encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env=quiet,
    )
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise NotTypeset(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout
