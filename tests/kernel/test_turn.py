"""SQLite's writers, one at a time."""

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest
from django.db.utils import OperationalError

from embudo.kernel import worker
from embudo.kernel.sqlite import turn
from embudo.kernel.sqlite.turn import Writers


@pytest.fixture
def writers(tmp_path: Path) -> Writers:
    return Writers(tmp_path / "base.writer")


def test_threads_come_in_the_order_in_which_they_asked(writers: Writers) -> None:
    came: list[int] = []

    def write(number: int) -> None:
        handle = writers.take()
        came.append(number)
        writers.give(handle)

    held = writers.take()
    threads = [threading.Thread(target=write, args=[number]) for number in range(5)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while len(writers.waiting) < number:
            time.sleep(0.001)
    writers.give(held)
    for thread in threads:
        thread.join(5)
    assert came == [0, 1, 2, 3, 4]


def test_who_waits_too_long_is_told_and_holds_up_nobody(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "WAIT_SECONDS", 0.02)
    held = writers.take()
    with pytest.raises(OperationalError, match="no turn to write"):
        writers.take()
    writers.give(held)
    writers.give(writers.take())


def test_another_process_is_waited_for_and_its_end_frees_the_turn(writers: Writers) -> None:
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        handle = os.open(writers.path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(tell, b"x")
        time.sleep(0.1)
        os._exit(9)  # without giving anything back
    os.read(ready, 1)
    assert not writers.asked()
    writers.give(writers.take())
    os.waitpid(child, 0)
    assert (writers.asked(), writers.asked()) == (True, False)


def test_a_child_has_none_of_its_parents_turns(tmp_path: Path) -> None:
    path = tmp_path / "other.writer"
    mine = turn.writers_of(path)
    handle = mine.take()
    child = os.fork()
    if child == 0:
        os._exit(turn.writers_of(path) is mine)  # 0 when it has a queue of its own
    mine.give(handle)
    assert os.waitpid(child, 0)[1] == 0


def test_worker_rests_after_writing_while_others_did(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            rests.append(timeout or 0.0)
            self.set()
            return True

    def step(*_args: object) -> bool:
        time.sleep(0.02)
        return True

    monkeypatch.setattr(worker, "step", step)
    for others, enough in ((False, 0.0), (True, 0.04)):
        monkeypatch.setattr(worker, "had_to_wait_for_its_turn", lambda others=others: others)
        worker.run(Stop())
        assert rests[-1] >= enough
    assert rests[0] == 0.0
