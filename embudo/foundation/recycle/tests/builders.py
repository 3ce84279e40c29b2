from typing import Any

from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.record import Record


def a_deleted(record: Record, by: Actor | None = None, **kwargs: Any) -> Recycled:
    """A record in the recycle bin."""
    return recycle_record(by or system_actor("tests"), record, **kwargs)
