from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string
from django_tasks import task as django_task
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from embudo.kernel import clock
from embudo.kernel.event import plain
from embudo.kernel.models import Job

STATUS = {
    Job.State.READY: TaskResultStatus.READY,
    Job.State.RUNNING: TaskResultStatus.RUNNING,
    Job.State.DONE: TaskResultStatus.SUCCESSFUL,
    Job.State.DEAD: TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedTask(Task[Any, Any]):
    """A short task runs in one transaction with its own "done"; one `in_chunks` opens a transaction for each chunk."""

    in_chunks: bool = False
    max_attempts: int = 8


class LeaseBackend(BaseTaskBackend):
    """Django's Tasks API over our own table: leases, heart-beat, retries with back-off, unique keys, dead letters."""

    task_class = LeasedTask
    supports_defer = True
    supports_get_result = True

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        return self._result(enqueue(task, *args, **kwargs), task)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        job = Job.objects.filter(pk=result_id).first()
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        return self._result(job, import_string(job.task))

    def _result(self, job: Job, task: Task[Any, Any]) -> TaskResult[Any]:
        return TaskResult(
            task=task,
            id=str(job.pk),
            status=STATUS[Job.State(job.state)],
            enqueued_at=job.created,
            started_at=None,
            finished_at=job.finished,
            last_attempted_at=None,
            args=job.args,
            kwargs=job.kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[job.worker] if job.worker else [],
        )


def task(*, in_chunks: bool = False, max_attempts: int = 8) -> Callable[[Callable[..., Any]], LeasedTask]:
    """Makes a module-level function of plain JSON arguments a background task (see LeasedTask)."""
    return django_task(in_chunks=in_chunks, max_attempts=max_attempts)  # type: ignore[return-value]


def enqueue(
    task: Task[Any, Any],
    *args: Any,
    unique_key: str | None = None,
    run_at: datetime | None = None,
    **kwargs: Any,
) -> Job:
    """
    Puts the task in the queue, within the caller's transaction. With `unique_key` a second call gives the first job
    back: the same work is never queued twice.
    """
    fields: Mapping[str, Any] = {
        "task": task.module_path,
        "args": plain_list(args),
        "kwargs": {name: plain(value) for name, value in kwargs.items()},
        "run_at": run_at or task.run_after or clock.now(),
        "max_attempts": getattr(task, "max_attempts", 8),
    }
    if unique_key is None:
        return Job.objects.create(**fields)
    return Job.objects.get_or_create(key=unique_key, defaults=fields)[0]


def plain_list(values: Sequence[Any]) -> list[Any]:
    return [plain(value) for value in values]


def back_off(attempts: int) -> timedelta:
    """2, 4, 8 … seconds, an hour at most."""
    return timedelta(seconds=min(2**attempts, 3600))


def claim(worker: str, lease: timedelta) -> Job | None:
    """Takes the next due job, or one whose worker let its lease run out; None when nothing is due."""
    now = clock.now()
    due = Job.objects.filter(state=Job.State.READY, run_at__lte=now) | Job.objects.filter(
        state=Job.State.RUNNING, leased_until__lt=now
    )
    if not due.exists():  # without this look SQLite's single writer would be asked for every time
        return None
    with transaction.atomic():
        job = due.order_by("run_at", "pk").select_for_update(skip_locked=True).first()
        if job is None:
            return None
        job.state, job.worker, job.leased_until = Job.State.RUNNING, worker, now + lease
        job.attempts += 1
        job.save(update_fields=["state", "worker", "leased_until", "attempts"])
    return job


def renew(job: Job, lease: timedelta) -> bool:
    """The heart-beat. False when another worker has taken the job over, or somebody cancelled it."""
    held = Job.objects.filter(pk=job.pk, worker=job.worker, attempts=job.attempts, state=Job.State.RUNNING)
    return bool(held.update(leased_until=clock.now() + lease))


def progress(job_id: int, done: int, total: int) -> None:
    Job.objects.filter(pk=job_id).update(done_steps=done, all_steps=total)


def finished(job: Job, result: Any) -> None:
    """Raises when the job is no longer ours, which rolls back what it did: another worker does it again."""
    held = Job.objects.filter(pk=job.pk, worker=job.worker, attempts=job.attempts, state=Job.State.RUNNING)
    if not held.update(
        state=Job.State.DONE, finished=clock.now(), leased_until=None, error="", result=result
    ):
        raise RuntimeError(f"job {job.pk} was taken over")


def failed(job: Job, error: str) -> None:
    """Back into the queue with a growing pause; after its last attempt a dead letter, which an administrator sees."""
    is_last = job.attempts >= job.max_attempts
    now = clock.now()
    Job.objects.filter(pk=job.pk, attempts=job.attempts).update(
        state=Job.State.DEAD if is_last else Job.State.READY,
        run_at=now + back_off(job.attempts),
        finished=now if is_last else None,
        leased_until=None,
        error=error[-4000:],
    )


def prune() -> int:
    """Jobs done more than a week ago go; dead letters stay."""
    old = clock.now() - timedelta(days=7)
    return Job.objects.filter(state=Job.State.DONE, finished__lt=old).delete()[0]
