from embudo.foundation.recycle.commands.deleting import Outcome, recycle_record, recycle_records
from embudo.foundation.recycle.commands.erasing import erase_again, erase_record, erase_recycled
from embudo.foundation.recycle.commands.keeping import empty_bin, keep_list, repeat_erasures
from embudo.foundation.recycle.commands.restoring import restore_record

__all__ = [
    "Outcome",
    "empty_bin",
    "erase_again",
    "erase_record",
    "erase_recycled",
    "keep_list",
    "recycle_record",
    "recycle_records",
    "repeat_erasures",
    "restore_record",
]
