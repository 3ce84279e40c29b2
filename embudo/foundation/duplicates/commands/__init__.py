from embudo.foundation.duplicates.commands.keys import match_records, rebuild_keys
from embudo.foundation.duplicates.commands.merging import merge_records
from embudo.foundation.duplicates.commands.pairs import dismiss_pair, reopen_pair
from embudo.foundation.duplicates.commands.scanning import cancel_scan, request_scan, run_scan
from embudo.foundation.duplicates.commands.undoing import forget_snapshots, undo_merge

__all__ = [
    "cancel_scan",
    "dismiss_pair",
    "forget_snapshots",
    "match_records",
    "merge_records",
    "rebuild_keys",
    "reopen_pair",
    "request_scan",
    "run_scan",
    "undo_merge",
]
