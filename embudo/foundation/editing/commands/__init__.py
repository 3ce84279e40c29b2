from embudo.foundation.editing.commands.inline import Edited, restore_value, set_value, undo_value
from embudo.foundation.editing.commands.running import (
    BulkAct,
    cancel_run,
    change_many,
    mark_stopped,
    write_part,
)
from embudo.foundation.editing.commands.undoing import undo_part, undo_run

__all__ = [
    "BulkAct",
    "Edited",
    "cancel_run",
    "change_many",
    "mark_stopped",
    "restore_value",
    "set_value",
    "undo_part",
    "undo_run",
    "undo_value",
    "write_part",
]
