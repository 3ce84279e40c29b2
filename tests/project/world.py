"""A small installation driven by lines on standard input, each answered by one line of JSON. Run as a program."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.files.base import File  # noqa: E402
from django.db import connection  # noqa: E402

from embudo.business.directory import commands as directory  # noqa: E402
from embudo.business.directory.models import Person  # noqa: E402
from embudo.foundation.access import commands as access  # noqa: E402
from embudo.foundation.access.models import User  # noqa: E402
from embudo.foundation.audit.tests.builders import sealed_whole  # noqa: E402
from embudo.foundation.documents import commands as documents  # noqa: E402
from embudo.foundation.recycle import commands as recycle  # noqa: E402
from embudo.foundation.recycle.tests import scan  # noqa: E402
from embudo.kernel import seal  # noqa: E402
from embudo.kernel.actor import system_actor  # noqa: E402
from embudo.kernel.event import Event, Subscription  # noqa: E402
from embudo.kernel.follow import follow, subscriptions  # type: ignore[attr-defined] # noqa: E402
from embudo.kernel.models import LogEntry  # noqa: E402
from embudo.project import contents, setup  # noqa: E402

SYSTEM = system_actor("tests")
HEARD: list[int] = []
stop = threading.Event()
written: list[str] = []
thread: list[threading.Thread] = []


def start() -> str:
    setup.migrate()
    access.create_user(
        SYSTEM, email="ann@example.com", name="Ann Żółć", roles=("administrator",), password="a long one 1"
    )
    return "started"


def write(count: str) -> int:
    for number in range(int(count)):
        one_company(f"{number}")
    return int(count)


def one_company(name: str) -> None:
    company = directory.register_company(SYSTEM, name=f"Company {name}")
    text = File(BytesIO(f"text of {name}\n".encode()), name=f"{name}.txt")
    documents.attach_document(SYSTEM, about=company, name=f"{name}.txt", file=text)
    written.append(str(company.pk))


def write_on() -> str:
    def run() -> None:
        number = 0
        while not stop.is_set():
            one_company(f"of the writer {number}")
            number += 1
        connection.close()

    thread.append(threading.Thread(target=run))
    thread[0].start()
    return "writing"


def acknowledged() -> list[str]:
    return list(written)


def stop_writing() -> list[str]:
    stop.set()
    thread[0].join()
    return written


def digests() -> dict[str, Any]:
    return {**contents.digests(), "files": files()}


def files() -> dict[str, str]:
    root = Path(settings.MEDIA_ROOT)
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def table(name: str) -> list[str]:
    model = next(one for one in contents.stored_models() if one._meta.db_table == name)
    return list(contents.lines(model))


def hear(limit: str) -> list[int]:
    """Follows the log with one reaction only, until `limit` entries are heard in all or nothing is left."""

    def note(_event: Event, entry: LogEntry) -> None:
        HEARD.append(entry.seq)

    subscriptions.clear()
    subscriptions["tests.hear"] = Subscription("tests.hear", Event, note)
    while len(HEARD) < int(limit) and follow():
        pass
    return HEARD


def log() -> list[tuple[int, int]]:
    return list(LogEntry.objects.order_by("seq").values_list("seq", "txid"))


def sealed() -> int:
    return sealed_whole()


def verified() -> list[str]:
    return [f"{fault.kind} {fault.seq}" for fault in seal.verify()]


def know() -> str:
    """Somebody of whom everything is kept that the product keeps of people."""
    owner = User.objects.get(email="ann@example.com")
    return str(scan.a_known_person(owner).pk)


def erase(person_id: str) -> str:
    recycle.erase_record(SYSTEM, Person.objects.get(pk=person_id))
    return "erased"


def naming() -> list[str]:
    """Columns and files that hold the known person's name, mail address or number."""
    return scan.places_naming()


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        start,
        write,
        write_on,
        acknowledged,
        stop_writing,
        digests,
        table,
        hear,
        log,
        sealed,
        verified,
        know,
        erase,
        naming,
    )
}


def main() -> None:
    for line in sys.stdin:
        act, *given = line.split()
        print(json.dumps(ACTS[act](*given)), flush=True)


if __name__ == "__main__":
    main()
