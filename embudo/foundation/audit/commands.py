from dataclasses import asdict

from embudo.foundation.audit import permissions
from embudo.foundation.audit.events import LogChecked, LogCheckRequested
from embudo.foundation.audit.models import LogCheck
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.models import LogEntry
from embudo.kernel.seal import Fault

KEPT_FINDINGS = 100


@command(permissions.CHECK_LOG)
def request_check(actor: Actor) -> None:
    """Asks for a walk over the whole chain; its result appears on the page of the log's state."""
    publish(LogCheckRequested())


@command(permissions.CHECK_LOG)
def record_check(actor: Actor, *, faults: tuple[Fault, ...], head: str) -> LogCheck:
    """Keeps what a walk over the chain found."""
    check = create(
        LogCheck(
            entries=LogEntry.objects.count(),
            head=head,
            faults=len(faults),
            findings=[asdict(fault) for fault in faults[:KEPT_FINDINGS]],
        )
    )
    publish(LogChecked(check.id, check.faults), check)
    return check
