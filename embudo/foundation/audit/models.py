from django.db import models

from embudo.foundation.audit import permissions
from embudo.kernel.record import Record


class LogCheck(Record):
    """One walk over the whole chain, and what it found."""

    view_permission = permissions.VIEW_LOG

    entries = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64)
    faults = models.PositiveIntegerField()
    findings = models.JSONField(default=list)  # the first hundred: kind, number of the entry, detail
