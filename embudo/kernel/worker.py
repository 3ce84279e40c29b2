import logging
import os
import socket
import threading
import traceback
from datetime import timedelta
from time import monotonic
from typing import Any

from django.db import close_old_connections, connection, transaction
from django.db.utils import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from embudo.kernel import clock, idempotency, job, limit
from embudo.kernel.demand import demand
from embudo.kernel.event import Schedule, every, schedules
from embudo.kernel.follow import BATCH, SECONDS, follow
from embudo.kernel.models import Job, Schedule as ScheduleRow

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
IDLE = 0.2  # seconds between two looks when nothing was found
# What happens within a tenth of a second is answered together: every turn of a reaction is a commit, and a commit takes the
# writer and the disk from those who work.
GATHERING = 0.1
LEAVES = 5.0  # the time left to people for each second that the worker worked while they waited
LONGEST_REST = 2.0


def worker_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def run(stop: threading.Event) -> None:
    """Follows the log, the clock and the queue until `stop` is set; a lost database is waited for."""
    pace = Pace()
    while not stop.is_set():
        started = monotonic()
        try:
            busy = step(worker_name(), pace)
        except (OperationalError, InterfaceError):
            logger.warning("the database does not answer; trying again", exc_info=True)
            connection.close()
            stop.wait(1.0)
            continue
        if not busy:
            close_old_connections()
        rest = 0.0 if busy else pace.rest()
        if demand.is_high() or had_to_wait_for_its_turn():
            rest = max(rest, min(LEAVES * (monotonic() - started), LONGEST_REST))
        stop.wait(rest)


def had_to_wait_for_its_turn() -> bool:
    """Whether people are writing on SQLite, which has one writer: what they wait for comes before what they do not."""
    writers = getattr(connection, "writers", None)
    return writers is not None and writers.asked()


class Pace:
    """When a worker follows the log again."""

    def __init__(self) -> None:
        self.next, self.is_quiet = 0.0, True

    def has_come(self) -> bool:
        return monotonic() >= self.next

    def followed(self, handled: int, took: float) -> None:
        """A backlog is worked off at once: many events, or as many as the time of a turn sufficed for."""
        self.is_quiet = not handled
        has_backlog = handled >= BATCH or (handled > 0 and took >= SECONDS)
        self.next = 0.0 if has_backlog else monotonic() + GATHERING

    def rest(self) -> float:
        """Seconds until the next look, when there is nothing else to do."""
        return IDLE if self.is_quiet else max(0.0, self.next - monotonic())


def step(worker: str, pace: Pace | None = None) -> bool:
    """
    One round: the log and the clock when their time has come, one job. True when there is more to do at once, or
    without a pace when there was anything to do.
    """
    is_busy = False
    if pace is None or pace.has_come():
        started = monotonic()
        handled = follow()
        is_busy = bool(run_schedules()) or handled >= (BATCH if pace else 1)
        if pace:
            pace.followed(handled, monotonic() - started)
    found = job.claim(worker, LEASE)
    if found is not None:
        execute(found)
    return is_busy or found is not None


def execute(found: Job) -> None:
    """Runs one claimed job. Short ones commit their effects together with "done"; all keep their lease alive."""
    beat = _HeartBeat(found)
    beat.start()
    try:
        task = import_string(found.task)
        if task.in_chunks:
            result = task.func(*found.args, **found.kwargs)
            job.finished(found, result)
        else:
            with transaction.atomic():
                job.finished(found, task.func(*found.args, **found.kwargs))
    except Exception:
        logger.exception("job %s (%s) failed", found.pk, found.task)
        job.failed(found, traceback.format_exc())
    finally:
        beat.stop()


class _HeartBeat(threading.Thread):
    """Renews the lease of a long job. On its own connection: SQLite's writer may be busy, then the next beat does it."""

    def __init__(self, found: Job) -> None:
        super().__init__(daemon=True)
        self.found = found
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(LEASE.total_seconds() / 3):
            try:
                job.renew(self.found, LEASE)
            except OperationalError:
                logger.warning("heart-beat of job %s came too late", self.found.pk)
        connection.close()

    def stop(self) -> None:
        self.done.set()


def run_schedules() -> int:
    """Starts each schedule whose slot has come, once however many workers look; missed slots are not made up for."""
    now = int(clock.now().timestamp())
    rows = dict(ScheduleRow.objects.values_list("name", "slot"))
    due = [one for one in schedules.values() if rows.get(one.name, 0) < now // one.seconds]
    return sum(_run_slot(one, now // one.seconds) for one in due)


def _run_slot(schedule: Schedule, slot: int) -> int:
    ScheduleRow.objects.get_or_create(name=schedule.name)
    try:
        with transaction.atomic():
            if not ScheduleRow.objects.filter(name=schedule.name, slot__lt=slot).update(slot=slot):
                return 0
            schedule.handler()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("schedule %s failed", schedule.name)
        with transaction.atomic():
            ScheduleRow.objects.filter(name=schedule.name, slot__lt=slot).update(slot=slot)
            job.enqueue(run_schedule_again, schedule.name, unique_key=f"{schedule.name}:{slot}")
    return 1


@job.task()
def run_schedule_again(name: str) -> None:
    """The retry of one slot of a schedule."""
    schedules[name].handler()


@every("hour")
def tidy() -> None:
    idempotency.prune()
    limit.prune()
    job.prune()


def drain(rounds: int = 20) -> None:
    """For tests: reactions and due jobs until nothing is left, within the test's own transaction."""
    for _round in range(rounds):
        handled = follow(in_own_transaction=False)
        found = job.claim("test", LEASE)
        if found is not None:
            run_now(found)
        if not handled and found is None:
            return


def run_now(found: Job) -> Any:
    """For tests: one job in this thread, errors raised."""
    task = import_string(found.task)
    result = task.func(*found.args, **found.kwargs)
    job.finished(found, result)
    return result
