from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer import permissions
from embudo.foundation.transfer.rules.steps import State
from embudo.kernel import clock
from embudo.kernel.record import OwnedRecord


class Import(OwnedRecord):
    """
    One file on its way into the records of a kind. How far it has come is counted while it runs, without an act of its
    own: the acts are those of the chunks.
    """

    view_permission = permissions.IMPORT
    personal_fields: ClassVar[tuple[str, ...]] = ("name",)
    secret_fields: ClassVar[tuple[str, ...]] = (
        "path", "staged", "sha256", "told", "headings", "total", "valid", "faulty", "known", "done", "place", "chunks", "created_count",
        "updated_count", "same_count", "skipped_count", "failed_count", "undone_count", "left_count", "problem", "beaten",
        "sample", "alike", "alike_rows",
    )  # fmt: skip

    kind = models.CharField(_("kind"), max_length=60)
    name = models.CharField(_("file"), max_length=160)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.NEW)
    turn = models.PositiveIntegerField(
        default=0
    )  # how often it was set going; an older job sees that and ends
    size = models.PositiveBigIntegerField(default=0)
    mapping = models.JSONField(default=dict)  # number of the column -> name of the field
    reading = models.JSONField(default=dict)  # what somebody corrected of how the file is read
    rule = models.JSONField(
        default=dict
    )  # key, what to do with new and with known rows, who owns new records

    path = models.CharField(max_length=80, blank=True, editable=False)
    staged = models.CharField(max_length=80, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    told = models.JSONField(default=dict, editable=False)  # how the file is read
    headings = models.JSONField(default=list, editable=False)
    sample = models.JSONField(default=list, editable=False)  # the first checked rows, for the preview
    alike_rows = models.JSONField(
        default=list, editable=False
    )  # the first that look like a known record: [number, what it says, record, of 100]
    choices = models.JSONField(default=dict, editable=False)  # number of such a row -> what somebody chose
    problem = models.CharField(max_length=400, blank=True, editable=False)
    beaten = models.DateTimeField(null=True, editable=False)  # when it last came on

    total = models.PositiveIntegerField(default=0, editable=False)
    valid = models.PositiveIntegerField(default=0, editable=False)
    faulty = models.PositiveIntegerField(default=0, editable=False)
    known = models.PositiveIntegerField(default=0, editable=False)
    alike = models.PositiveIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    place = models.PositiveBigIntegerField(
        default=0, editable=False
    )  # where the next chunk begins in the staged file
    chunks = models.PositiveIntegerField(default=0, editable=False)
    created_count = models.PositiveIntegerField(default=0, editable=False)
    updated_count = models.PositiveIntegerField(default=0, editable=False)
    same_count = models.PositiveIntegerField(default=0, editable=False)
    skipped_count = models.PositiveIntegerField(default=0, editable=False)
    failed_count = models.PositiveIntegerField(default=0, editable=False)
    undone_count = models.PositiveIntegerField(default=0, editable=False)
    left_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-created", "-id"], name="import_owner_newest"),
            models.Index(fields=["-created", "-id"], name="import_newest"),
            models.Index(fields=["sha256"], name="import_same_file"),
        )

    def __str__(self) -> str:
        return self.name


class ImportChunk(models.Model):
    """
    What one transaction of an import wrote: the act that did it, and what became of each row. It stands or falls with
    the records, so a run that was killed goes on right behind its last chunk.
    """

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    act = models.UUIDField(null=True)  # null where nothing was written
    rows = models.PositiveIntegerField(default=0)
    failures: Any = models.JSONField(default=list)  # [number of the row, its cells, the reason]
    skipped: Any = models.JSONField(default=list)  # [number of the row, the reason]
    left: Any = models.JSONField(default=list)  # [kind, id] of what undoing left alone
    written = models.DateTimeField(default=clock.now)
    undone = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="import_chunk_once"),)


class ImportPreset(OwnedRecord):
    """Which column means what in files with these headings; offered again for the same ones."""

    view_permission = permissions.IMPORT

    kind = models.CharField(max_length=60)
    headings_key = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    rule = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "kind", "headings_key"], name="import_preset_once"),
        )
