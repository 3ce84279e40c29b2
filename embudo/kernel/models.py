from typing import Any

from django.db import models

from embudo.kernel import clock


class CurrentTransaction(models.Func):
    """The id of the writing transaction; 0 on SQLite, whose writers come one after the other anyway."""

    function = "pg_current_xact_id"
    output_field = models.BigIntegerField()
    arity = 0

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return "0", []

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        return "pg_current_xact_id()::text::bigint", []


class OldestOpenTransaction(CurrentTransaction):
    """
    Everything below it has ended; on SQLite all that can be read has ended. PostgreSQL numbers the transactions of a
    whole cluster, so those known to belong to another database are left out: what runs long there (a backup, a
    report) must not hold up our reactions.
    """

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return "1", []

    def as_postgresql(self, *args: Any, **kwargs: Any) -> Any:
        return OLDEST_OPEN, []


class Beyond(models.Func):
    """
    What stands behind a place in the log, compared as a row: with "or" between two comparisons PostgreSQL would read the
    index from its beginning.
    """

    arity = 4

    def __init__(self, txid: int, seq: int) -> None:
        place = models.Value(txid), models.Value(seq)
        super().__init__(models.F("txid"), models.F("seq"), *place, output_field=models.BooleanField())

    def as_sql(self, compiler: Any, *_args: Any, **_extra: Any) -> Any:
        parts = [compiler.compile(one) for one in self.source_expressions]
        txid, seq, *place = (sql for sql, _params in parts)
        return f"({txid}, {seq}) > ({', '.join(place)})", [
            value for _sql, params in parts for value in params
        ]


OLDEST_OPEN = """(
    SELECT coalesce(min(running::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    FROM pg_snapshot_xip(pg_current_snapshot()) AS running
    WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE backend_xid = running::xid AND datname <> current_database()
    )
)"""


class LogEntry(models.Model):
    """One event of one act: audit trail, timeline, outbox and search feed in one. Append-only by trigger."""

    seq = models.BigAutoField(primary_key=True)
    txid = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    at = models.DateTimeField(default=clock.now)
    act = models.UUIDField(db_index=True)
    name = models.CharField(max_length=80)  # "sales.LeadConverted"
    command = models.CharField(max_length=80)  # "sales.convert_lead"
    actor_kind = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(
        max_length=120, blank=True
    )  # of actors that are no users; users are looked up
    origin = models.CharField(max_length=12, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    about_kind = models.CharField(max_length=60, blank=True)
    about_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    changes = models.JSONField(default=list)

    class Meta:
        indexes = (
            models.Index(fields=["txid", "seq"], name="log_order"),
            models.Index(fields=["name", "txid", "seq"], name="log_name"),
            models.Index(fields=["about_id", "seq"], name="log_about"),
            models.Index(fields=["actor_id", "seq"], name="log_actor"),
        )


class LogAbout(models.Model):
    """The further records an event concerns (the first stands in the entry itself)."""

    entry = models.ForeignKey(LogEntry, on_delete=models.PROTECT, related_name="further")
    kind = models.CharField(max_length=60)
    record_id = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["record_id", "entry"], name="log_about_further"),)


class Seal(models.Model):
    """A link of the chain over the log: `leaves` holds 8 bytes of number and 32 of hash for each entry it covers."""

    to_seq = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    leaves = models.BinaryField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)


class PersonalKey(models.Model):
    """The key under which one subject's personal values stand in the log; destroying it erases them there."""

    subject = models.UUIDField(primary_key=True)
    key = models.BinaryField(null=True)  # itself encrypted under the installation's secret; null = destroyed
    destroyed = models.DateTimeField(null=True)


class Cursor(models.Model):
    """How far one reaction has followed the log."""

    name = models.CharField(max_length=120, primary_key=True)
    txid = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)


class Job(models.Model):
    class State(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    task = models.CharField(max_length=160)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    queue = models.CharField(max_length=32, default="default")
    key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001 - null is "no key", and unique ignores it
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    run_at = models.DateTimeField(default=clock.now)
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=8)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)
    done_steps = models.PositiveIntegerField(default=0)
    all_steps = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=clock.now)
    finished = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["state", "run_at"], name="job_due"),)


class Schedule(models.Model):
    """The last slot of time for which a schedule was run; unique, so two workers never run the same slot."""

    name = models.CharField(max_length=120, primary_key=True)
    slot = models.BigIntegerField(default=0)


class IdempotencyKey(models.Model):
    holder = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first call runs
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    lease = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["holder", "key"], name="idempotency_once"),)


class RateBucket(models.Model):
    key = models.CharField(max_length=200, primary_key=True)
    tokens = models.FloatField()
    at = models.FloatField()  # seconds since 1970, of the last refill
