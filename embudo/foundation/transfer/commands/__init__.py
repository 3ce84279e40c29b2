from embudo.foundation.transfer.commands.checking import check_rows
from embudo.foundation.transfer.commands.exports import record_export
from embudo.foundation.transfer.commands.imports import (
    cancel_import,
    choose_rows,
    mark_failed,
    match_columns,
    pause_import,
    prune_import_files,
    run_import,
    start_import,
    undo_import,
)
from embudo.foundation.transfer.commands.running import write_chunk
from embudo.foundation.transfer.commands.undoing import undo_chunk

__all__ = [
    "cancel_import",
    "check_rows",
    "choose_rows",
    "mark_failed",
    "match_columns",
    "pause_import",
    "prune_import_files",
    "record_export",
    "run_import",
    "start_import",
    "undo_chunk",
    "undo_import",
    "write_chunk",
]
