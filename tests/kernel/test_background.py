from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from embudo.kernel import clock, event, job, worker
from embudo.kernel.act import acting
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Invalid, Refused, TooMany
from embudo.kernel.event import Event, Subscription, on, publish
from embudo.kernel.follow import follow
from embudo.kernel.idempotency import Answer, begin, claiming, finish
from embudo.kernel.limit import take
from embudo.kernel.models import Cursor, Job, LogEntry

pytestmark = pytest.mark.django_db
heard: list[int] = []
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Rang(Event):
    number: int


def listen(happening: Rang, entry: LogEntry) -> None:
    if happening.number == 13:
        heard.append(-13)
        raise ValueError("thirteen")
    heard.append(happening.number)


@pytest.fixture(autouse=True)
def _only_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    heard.clear()
    monkeypatch.setattr(event, "subscriptions", {})
    monkeypatch.setattr(
        "embudo.kernel.follow.subscriptions", {"kernel.listen": Subscription("kernel.listen", Rang, listen)}
    )


def ring(*numbers: int) -> None:
    for number in numbers:
        with acting(system_actor("test"), "test.ring"):
            publish(Rang(number))


def test_reaction_hears_each_event_once_in_order() -> None:
    ring(1, 2, 3)
    follow(in_own_transaction=False)
    follow(in_own_transaction=False)
    assert heard == [1, 2, 3]


def test_reaction_hears_what_came_after_its_cursor() -> None:
    ring(1)
    follow(in_own_transaction=False)
    ring(2)
    follow(in_own_transaction=False)
    assert heard == [1, 2]


def test_failing_reaction_is_repeated_by_a_job_and_holds_nobody_up() -> None:
    ring(1, 13, 2)
    follow(in_own_transaction=False)
    assert heard == [1, -13, 2]
    assert [one.args for one in Job.objects.all()] == [
        ["kernel.listen", LogEntry.objects.order_by("seq")[1].seq]
    ]


def test_reaction_with_nothing_of_interest_moves_its_cursor() -> None:
    ring(1)
    follow(in_own_transaction=False)
    with acting(system_actor("test"), "test.other"):
        publish(Event())
    follow(in_own_transaction=False)
    last = LogEntry.objects.order_by("seq").last()
    assert last is not None
    assert Cursor.objects.get().seq == last.seq


def test_immediate_reaction_fails_together_with_the_act(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event, "immediate", {})

    @on(Rang, now=True)
    def refuse(happening: Rang) -> None:
        raise Refused("test.no", "no")

    with pytest.raises(Refused):
        ring(1)
    assert not LogEntry.objects.exists()


@job.task(max_attempts=2)
def count_to(number: int) -> int:
    heard.append(number)
    if number < 0:
        raise ValueError("negative")
    return number


def test_unique_key_queues_the_same_work_once() -> None:
    first, second = (job.enqueue(count_to, 1, unique_key="one") for _time in range(2))
    assert first.pk == second.pk


def test_job_runs_and_keeps_its_result() -> None:
    job.enqueue(count_to, 7)
    worker.drain()
    assert (heard, Job.objects.get().state, Job.objects.get().result) == ([7], Job.State.DONE, 7)


def test_failing_job_waits_longer_then_becomes_a_dead_letter() -> None:
    with clock.at(NOON):
        job.enqueue(count_to, -1)
        for minutes in (0, 1):
            with clock.at(NOON + timedelta(minutes=minutes)):
                claimed = job.claim("a", worker.LEASE)
                assert claimed is not None
                worker.execute(claimed)
    kept = Job.objects.get()
    assert (kept.state, kept.attempts, "negative" in kept.error) == (Job.State.DEAD, 2, True)


def test_job_of_a_dead_worker_is_taken_over_after_its_lease() -> None:
    job.enqueue(count_to, 1)
    first = job.claim("dead", worker.LEASE)
    assert job.claim("alive", worker.LEASE) is None
    with clock.at(clock.now() + timedelta(minutes=1)):
        second = job.claim("alive", worker.LEASE)
    assert first is not None
    assert second is not None
    assert (first.pk, second.worker) == (second.pk, "alive")
    with pytest.raises(RuntimeError, match="taken over"):
        job.finished(first, None)


def test_heart_beat_of_a_lost_job_says_so() -> None:
    job.enqueue(count_to, 1)
    held = job.claim("a", worker.LEASE)
    assert held is not None
    assert job.renew(held, worker.LEASE)
    Job.objects.update(worker="b")
    assert not job.renew(held, worker.LEASE)


def test_schedule_runs_once_in_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "schedules", {"t": event.Schedule("t", 60, lambda: heard.append(1))})
    with clock.at(NOON):
        worker.run_schedules()
        worker.run_schedules()
    with clock.at(NOON + timedelta(seconds=61)):
        worker.run_schedules()
    assert heard == [1, 1]


def test_failing_schedule_is_repeated_by_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("broken")

    monkeypatch.setattr(worker, "schedules", {"t": event.Schedule("t", 60, fail)})
    with clock.at(NOON):
        worker.run_schedules()
    assert Job.objects.get().args == ["t"]


def test_same_key_and_body_gives_the_first_answer() -> None:
    assert begin("u", "k", "body") is None
    finish("u", "k", Answer(201, b"made", {}))
    assert begin("u", "k", "body") == Answer(201, b"made", {})


def test_same_key_with_another_body_is_invalid() -> None:
    begin("u", "k", "body")
    with pytest.raises(Invalid):
        begin("u", "k", "other")


def test_key_of_a_running_call_is_refused() -> None:
    begin("u", "k", "body")
    with pytest.raises(Refused) as refused:
        begin("u", "k", "body")
    assert refused.value.code == "kernel.still_running"


def test_key_of_a_call_that_died_may_be_used_again() -> None:
    with clock.at(NOON):
        begin("u", "k", "body")
    with clock.at(NOON + timedelta(seconds=61)):
        assert begin("u", "k", "body") is None


def failing_call() -> None:
    with claiming("u", "k"):
        begin("u", "k", "body")
        raise ZeroDivisionError


def test_key_of_a_call_that_failed_is_free() -> None:
    with pytest.raises(ZeroDivisionError):
        failing_call()
    assert begin("u", "k", "other") is None


def test_bucket_empties_and_refills() -> None:
    with clock.at(NOON):
        take("k", limit=2, seconds=60)
        take("k", limit=2, seconds=60)
        with pytest.raises(TooMany) as refused:
            take("k", limit=2, seconds=60)
    assert refused.value.retry_after == 30
    with clock.at(NOON + timedelta(seconds=30)):
        take("k", limit=2, seconds=60)
