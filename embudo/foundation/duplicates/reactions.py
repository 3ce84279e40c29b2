from collections.abc import Sequence
from uuid import UUID

from embudo.foundation.duplicates import commands
from embudo.foundation.duplicates.events import ScanRequested
from embudo.foundation.duplicates.models import matched_kinds
from embudo.foundation.duplicates.queries import kinds_without_keys
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import Event, every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import LogAbout, LogEntry

KEEPER = system_actor("duplicates")


@on(Event, batched=True)
def follow_matched_records(entries: Sequence[LogEntry]) -> None:
    """Whatever an event concerns may look like something else now."""
    about: dict[str, set[UUID]] = {kind.name: set() for kind in matched_kinds()}
    fresh: set[UUID] = set()
    for entry in entries:
        if entry.about_id and entry.about_kind in about:
            about[entry.about_kind].add(entry.about_id)
        for change in entry.changes:
            if change["kind"] in about:
                about[change["kind"]].add(UUID(change["id"]))
                if change["before"] is None:
                    fresh.add(UUID(change["id"]))
    further = LogAbout.objects.filter(entry__in=[entry.pk for entry in entries], kind__in=list(about))
    for kind, record_id in further.values_list("kind", "record_id"):
        about[kind].add(record_id)
    for kind, ids in about.items():
        if ids:
            commands.match_records(kind, ids, fresh & ids)


@on(ScanRequested)
def scan_on_request(event: ScanRequested, _entry: LogEntry) -> None:
    enqueue(scan_records, str(event.scan_id), unique_key=f"duplicates.scan:{event.scan_id}")


@task(in_chunks=True)
def scan_records(scan_id: str) -> int:
    return commands.run_scan(UUID(scan_id))


@every("hour")
def make_missing_keys() -> None:
    """Of records that were there before their kind was looked after, or that came by other means."""
    for name in kinds_without_keys():
        enqueue(make_keys, name, unique_key=f"duplicates.keys:{name}:{clock.today()}")


@every("day")
def sweep_keys() -> None:
    """Once a month keys are made anew: those that no record has any more go."""
    if clock.today().day == 1:
        for kind in matched_kinds():
            enqueue(make_keys, kind.name, unique_key=f"duplicates.keys:{kind.name}:{clock.today()}")


@task(in_chunks=True)
def make_keys(kind_name: str) -> int:
    return commands.rebuild_keys(kind_name).keys


@every("day")
def forget_old_snapshots() -> None:
    commands.forget_snapshots(KEEPER)
