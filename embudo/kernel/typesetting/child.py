"""
Run as a program of its own (`python -I child.py TEMPLATE FONTS`): reads JSON from standard input, writes a tagged
PDF to standard output. It limits itself before the typesetter is loaded, so that a bad document can neither take the
machine's memory nor its time; it has no network where the system lets it give that up, and never needs one.
"""

import ctypes
import json
import resource
import sys
from pathlib import Path
from typing import Any

CPU_SECONDS = 15
MEMORY = 2 * 1024**3  # address space: the typesetter's fonts and code are mapped, not all of it is used
NEW_USER, NEW_NET = 0x10000000, 0x40000000


def limit_itself() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # writes no file; standard output is a pipe
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    leave_network()


def leave_network() -> None:
    """A network of its own, with nothing in it. Containers may forbid that: then there is still nothing that asks."""
    try:
        ctypes.CDLL(None, use_errno=True).unshare(NEW_USER | NEW_NET)
    except (OSError, AttributeError):
        return


def typeset(template: Path, fonts: Path, data: str) -> bytes:
    """PDF/UA-1 as a rule. A letter that no font here can draw is forbidden by it; then tagged PDF, rather than none."""
    import typst  # noqa: PLC0415 - after the limits are set

    given: dict[str, Any] = {
        "root": template.parent,
        "font_paths": [fonts],
        "sys_inputs": {"data": data},
        "format": "pdf",
    }
    given |= {"package_path": "/nonexistent", "package_cache_path": "/nonexistent"}
    try:
        made: bytes = typst.compile(template, pdf_standards=["ua-1"], **given)
    except typst.TypstError as fault:
        if "could not be displayed" not in str(fault):
            raise
        made = typst.compile(template, **given)
    return made


if __name__ == "__main__":
    limit_itself()
    given = json.dumps(json.load(sys.stdin), ensure_ascii=False)
    sys.stdout.buffer.write(typeset(Path(sys.argv[1]), Path(sys.argv[2]), given))
