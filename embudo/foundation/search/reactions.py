from collections.abc import Sequence
from uuid import UUID

from embudo.foundation.search.commands import index_records
from embudo.kernel.event import Event, on
from embudo.kernel.models import LogAbout, LogEntry


@on(Event, batched=True)
def follow_records(entries: Sequence[LogEntry]) -> None:
    """Whatever an event concerns may read differently now."""
    about: dict[str, set[UUID]] = {}
    for entry in entries:
        if entry.about_id:
            about.setdefault(entry.about_kind, set()).add(entry.about_id)
        for change in entry.changes:
            about.setdefault(change["kind"], set()).add(UUID(change["id"]))
    further = LogAbout.objects.filter(entry__in=[entry.pk for entry in entries])
    for kind, record_id in further.values_list("kind", "record_id"):
        about.setdefault(kind, set()).add(record_id)
    for kind_name, ids in about.items():
        index_records(kind_name, ids)
