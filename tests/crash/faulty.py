"""`embudo serve` with a fault planted in it, so that the proof is seen to find it: `faulty.py NAME serve ...`."""

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import django

django.setup(set_prefix=False)

import uuid_utils.compat  # noqa: E402 - Django must be set up first
from django.conf import settings  # noqa: E402
from django.core import wsgi  # noqa: E402
from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections, connection, transaction  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from embudo.kernel import job, worker  # noqa: E402
from embudo.kernel.models import Job  # noqa: E402
from embudo.project.main import main  # noqa: E402

App = Callable[..., Any]
COMMITTED_AFTER, RUN_AFTER = 0.3, 60.0  # seconds between what is said and what is done: kills fall into them
_ids = threading.local()
_new_id = uuid_utils.compat.uuid7


@contextmanager
def ids(given: list[UUID], kept: list[UUID]) -> Iterator[None]:
    """New ids of this thread: first the given ones, then fresh ones; all are kept."""
    _ids.given, _ids.kept = list(given), kept
    try:
        yield
    finally:
        del _ids.given, _ids.kept


def next_id(*_args: Any) -> UUID:
    if not hasattr(_ids, "given"):
        return _new_id()
    one: UUID = _ids.given.pop(0) if _ids.given else _new_id()
    _ids.kept.append(one)
    return one


def answering_early(app: App) -> App:
    """A lead is acknowledged first and committed later, under the id that was told."""

    def early(environ: dict[str, Any], start_response: App) -> Any:
        if environ["REQUEST_METHOD"] != "POST":
            return app(environ, start_response)
        body, told = environ["wsgi.input"].read(), list[UUID]()
        with ids([], told), transaction.atomic():
            answer = app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)
            transaction.set_rollback(True)
        threading.Thread(target=late, args=({**environ, "wsgi.input": io.BytesIO(body)}, told)).start()
        return answer

    def late(environ: dict[str, Any], told: list[UUID]) -> None:
        time.sleep(COMMITTED_AFTER)
        with ids(told, []):
            app(environ, lambda *_args: None)
        connection.close()

    for signal in (
        request_started,
        request_finished,
    ):  # they would close the connection of the planted transaction
        signal.disconnect(close_old_connections)
    return early


def forgetful(found: Job) -> None:
    """A mail counts as sent before it is."""
    if found.task.endswith("deliver_mail"):
        job.finished(found, None)
        (Path(settings.DATA) / "forgotten").touch()
        time.sleep(RUN_AFTER)
        return
    with transaction.atomic():
        job.finished(found, import_string(found.task).func(*found.args, **found.kwargs))


def plant(fault: str) -> None:
    if fault == "early":
        mock.patch.object(uuid_utils.compat, "uuid7", next_id).start()
        whole = answering_early(wsgi.get_wsgi_application())
        mock.patch.object(wsgi, "get_wsgi_application", return_value=whole).start()
    else:
        mock.patch.object(worker, "execute", forgetful).start()


if __name__ == "__main__":
    plant(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
