"""
Run as a program of its own, with the file as standard input: writes how it is read, then a JSON list a row, then how it
ended. It limits itself first, so that a hostile file can neither take the machine's memory nor its time; it opens no
file and no connection once it reads.
"""

import ctypes
import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from embudo.foundation.transfer.rules.readers import sniff
from embudo.foundation.transfer.rules.readers.fault import MOST_ROWS, FileFault

NEW_USER, NEW_NET = 0x10000000, 0x40000000
FLUSHED = 200


def limit_itself(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # standard output is a pipe
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(
        OSError, AttributeError
    ):  # containers may forbid it; without descriptors there is no connection either
        ctypes.CDLL(None, use_errno=True).unshare(NEW_USER | NEW_NET)


def close_doors() -> None:
    """No further descriptor: neither a file nor a socket can be opened."""
    open_ones = Path("/proc/self/fd")
    highest = max(int(one.name) for one in open_ones.iterdir()) if open_ones.is_dir() else 16
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))


def tell(out: IO[str], value: Any) -> None:
    out.write(json.dumps(value, ensure_ascii=True))
    out.write("\n")


def work(file: IO[bytes], out: IO[str], options: dict[str, Any]) -> None:
    table = sniff.read(file, options)
    tell(out, {"format": table.format, **table.told})
    limit = options.get("limit") or MOST_ROWS + 1
    count = 0
    for row in table.rows:
        count += 1
        if count > MOST_ROWS:
            raise FileFault("rows", most=MOST_ROWS)
        tell(out, row)
        if count >= limit:
            break
    tell(out, {"end": count})


def main(options: dict[str, Any]) -> None:
    limit_itself(options["memory"], options["seconds"])
    if options.get("needs_calamine"):
        import python_calamine  # noqa: F401, PLC0415 - loaded while files may still be opened
    close_doors()
    out = os.fdopen(1, "w", buffering=1 << 16, encoding="ascii", closefd=False)
    try:
        work(os.fdopen(0, "rb", closefd=False), out, options)
    except FileFault as fault:
        tell(out, {"fault": fault.code, "facts": fault.facts})
    except MemoryError:
        tell(out, {"fault": "memory", "facts": {}})
    except RecursionError:
        tell(out, {"fault": "damaged", "facts": {}})
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # calamine's own way to fail
            raise
        tell(out, {"fault": "damaged", "facts": {}})
    out.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
