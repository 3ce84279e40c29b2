from embudo.foundation.recycle.views.acts import DeleteRecord, EraseEntry, EraseRecord, RestoreEntry
from embudo.foundation.recycle.views.bin import Bin, Entry

__all__ = ["Bin", "DeleteRecord", "Entry", "EraseEntry", "EraseRecord", "RestoreEntry"]
