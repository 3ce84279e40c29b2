"""Keys of calls that run at once, and of calls whose process dies."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from embudo.kernel.errors import Refused
from embudo.kernel.idempotency import Answer, begin, claiming, finish_together, number_of
from embudo.kernel.models import IdempotencyKey
from embudo.kernel.sqlite.keys import held

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[..., list[Any]]


def call(body: str = "body", before: Callable[[], object] = str) -> Answer | None:
    with claiming("u", "k") as after:
        kept = begin("u", "k", body)
        if kept is None:
            before()
            finish_together(after, "u", "k", Answer(201, b"made", {"A": "b"}))
        return kept


def test_key_of_a_call_that_runs_is_refused_at_once_and_answered_when_it_has_ended(
    together: Together,
) -> None:
    is_running, may_end = Event(), Event()

    def first() -> Any:
        def wait() -> None:
            is_running.set()
            may_end.wait(30)

        return call(before=wait)

    def second() -> Any:
        is_running.wait(30)
        try:
            return call()
        finally:
            may_end.set()

    results = together(first, second)
    assert results[0] is None
    assert isinstance(results[1], Refused)
    assert results[1].code == "kernel.still_running"
    assert together(call) == [Answer(201, b"made", {"A": "b"})]


def test_call_that_fails_leaves_nothing_and_its_key_free(together: Together) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    results = together(lambda: call(before=fail))
    assert isinstance(results[0], ZeroDivisionError)
    assert together(IdempotencyKey.objects.count) == [0]
    assert together(lambda: call("another")) == [None]


def test_key_that_many_send_at_once_is_done_once(together: Together) -> None:
    everybody, done = Barrier(6), list[int]()

    def one() -> Any:
        everybody.wait(30)
        return call(before=lambda: done.append(1))

    results = together(*[one] * 6)
    assert len(done) == 1
    assert results.count(None) == 1
    assert all(one is None or isinstance(one, Answer | Refused) for one in results)


def test_number_that_a_process_held_is_free_when_it_is_killed(tmp_path: Path) -> None:
    path, number = tmp_path / "keys", number_of("u", "k")
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        with held(path, number):
            os.write(told, b"x")
            signal.pause()
        os._exit(0)
    os.read(ready, 1)
    with held(path, number) as mine, held(path, number_of("u", "other")) as other:
        assert (mine, other) == (False, True)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with held(path, number) as mine, held(path, number) as again:
        assert (mine, again) == (True, False)
