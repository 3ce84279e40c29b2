from embudo.foundation.editing.rules.given import plain_values
from embudo.foundation.editing.rules.steps import (
    AT_ONCE,
    CANCELLABLE,
    CHUNK,
    MOST,
    MOVING,
    UNDOABLE,
    State,
    What,
    check_count,
    check_step,
)
from embudo.foundation.editing.rules.tags import tags_after

__all__ = [
    "AT_ONCE",
    "CANCELLABLE",
    "CHUNK",
    "MOST",
    "MOVING",
    "UNDOABLE",
    "State",
    "What",
    "check_count",
    "check_step",
    "plain_values",
    "tags_after",
]
