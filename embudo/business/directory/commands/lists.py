from collections.abc import Iterable, Sequence
from typing import Any

from embudo.business.directory import events
from embudo.business.directory.permissions import MANAGE_REGISTERS
from embudo.business.directory.rules.official import keep_subclasses, subclasses_in
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.event import publish


@command(MANAGE_REGISTERS)
def take_activity_list(actor: Actor, *, rows: Iterable[Sequence[Any]]) -> int:
    """Takes in the official list of PKD 2025 from a spreadsheet's rows; answers how many subclasses. Refuses another file."""
    found = subclasses_in(rows)
    keep_subclasses(found)
    publish(events.ActivityListTaken(len(found)))
    return len(found)
