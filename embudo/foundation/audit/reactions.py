from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, ngettext, override

from embudo.foundation.access.queries import active_members
from embudo.foundation.audit import commands
from embudo.foundation.audit.events import LogChecked, LogCheckRequested
from embudo.foundation.notify.commands import tell_user
from embudo.kernel import clock, seal
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import LogEntry

HEADS = "audit-heads.txt"
CHECKER = system_actor("check of the log")


@every("5 seconds")
def seal_log() -> None:
    """In batches, outside the acts: a chain inside each write would put all writers in one row."""
    seal.seal_new()


@every("day")
def check_daily() -> None:
    enqueue(walk_chain, unique_key=f"audit.walk:{clock.today()}")


@on(LogCheckRequested)
def check_on_request(_event: LogCheckRequested, entry: LogEntry) -> None:
    enqueue(walk_chain, unique_key=f"audit.walk:{entry.pk}")


@task(in_chunks=True)
def walk_chain() -> None:
    """
    Reads the whole log outside a transaction, compares with the newest head that was written down outside the database,
    then writes today's down.
    """
    file = Path(settings.DATA) / HEADS
    known = file.read_text(encoding="utf-8").split() if file.exists() else []
    seal.seal_new()
    faults = seal.verify(head=known[-1] if known else None)
    head = seal.chain_head()
    commands.record_check(CHECKER, faults=tuple(faults), head=head)
    with file.open("a", encoding="utf-8") as heads:
        heads.write(f"{clock.today().isoformat()} {head}\n")


@on(LogChecked)
def warn_of_tampering(event: LogChecked, _entry: LogEntry) -> None:
    if not event.faults:
        return
    for user in active_members("administrator"):
        with override(user.language):
            title = gettext("The log has been tampered with")
            body = ngettext("%(n)s fault was found.", "%(n)s faults were found.", event.faults) % {
                "n": event.faults
            }
        tell_user(
            CHECKER, user=user, kind="audit.tampering", title=title, body=body, url=reverse("audit:chain")
        )
